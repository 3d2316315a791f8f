"""The fleet report in a real browser: offline, inert, readable in every width, in light, dark and print."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.player.hostile import HOSTILE
from tests.player.pictures import picture
from tests.report.fleets import report, run

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


class Screens:
    """Gives every run the same last screen, and a replay of a line."""

    def last_screen(self, _run_id: str) -> bytes:
        """Give a picture."""
        return picture(size=(1024, 768), colour="teal")

    def write_replay(self, _run_id: str, path: Path) -> None:
        """Write a page that is one line."""
        path.write_text("<!doctype html><title>replay</title><p>A replay.", encoding="utf-8")


def hostile_run(number: int, text: str) -> dict[str, Any]:
    """Give a run with a text in every field that may hold one."""
    named = {"id": text, "name": text}
    fields: dict[str, Any] = {
        "workflow_id": text, "workflow": named, "machine_id": text, "machine": named, "error": [text, text],
        "input_values": {text: text}, "output_data": {text: [text]}, "session_alias": text, "session_id": text,
        "user_id": text, "future_field": text,
    }  # fmt: skip
    return run(number, text if number % 7 == 0 else "error" if number % 2 else "success", **fields)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a fleet of which every text means harm."""
    made = report([hostile_run(n, HOSTILE) for n in range(1, 30)], recordings=Screens(), form="csv")
    return made.save(tmp_path_factory.mktemp("hostile") / "fleet.html").path


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a usual fleet with a failing machine."""
    records = [run(n, "error" if n % 4 == 1 else "success") for n in range(1, 200)]
    made = report(records, recordings=Screens())
    return made.save(tmp_path_factory.mktemp("usual") / "fleet.html").path


def check_pictures(page: Page, least: int) -> None:
    """See that every picture is one."""
    sizes = page.evaluate("Array.from(document.images).map(image => [image.alt, image.naturalWidth])")
    assert len(sizes) >= least
    assert [alt for alt, width in sizes if not width] == []


def test_hostile_text_is_text(page: Page, hostile: Path) -> None:
    """Whatever stands in any field of any record, the page shows it as text; nothing runs and nothing is asked for."""
    page.goto(hostile.as_uri())
    check_pictures(page, 12)
    assert page.evaluate("window.hacked") is None
    assert page.locator("script, iframe, object, embed, svg, [onerror], [onload]").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    expect(page.locator("main")).to_contain_text("onerror=")
    assert page.evaluate("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:'))") == []


def test_hostile_text_stays_text_in_a_notebook(page: Page) -> None:
    """Shown in a cell, the page is a frame that can reach nothing around it."""
    shown = report([hostile_run(n, HOSTILE) for n in range(1, 9)])._repr_html_()
    page.set_content(f"<p id=cell>{shown}</p>")
    frame = page.frames[1]
    expect(frame.get_by_role("heading", name="What to look at first")).to_be_visible()
    assert page.evaluate("[window.hacked, document.querySelectorAll('script').length]") == [None, 0]
    frame.get_by_role("link", name="Machines").click()
    expect(frame.get_by_role("heading", name="Machines", exact=True)).to_be_in_viewport()


def test_the_contents_lead_to_every_section(page: Page, usual: Path) -> None:
    """Each line of the table of contents leads to a heading of the same words."""
    page.goto(usual.as_uri())
    links = page.locator("nav a")
    for place in range(links.count()):
        name = links.nth(place).inner_text()
        links.nth(place).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_in_viewport()


def test_attached_frames_come_down_and_replays_open(page: Page, usual: Path, tmp_path: Path) -> None:
    """A click on a frame saves its file, a click on a replay opens the file beside the report, both offline."""
    page.goto(usual.as_uri())
    with page.expect_download() as download:
        page.get_by_role("link", name="report-findings.parquet").click()
    download.value.save_as(tmp_path / "findings.parquet")
    assert (tmp_path / "findings.parquet").read_bytes()[:4] == b"PAR1"
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Replay this run").first.click()
    expect(opened.value.locator("p")).to_have_text("A replay.")


@pytest.mark.parametrize("width", [1280, 800, 375])
@pytest.mark.parametrize("name", ["usual", "hostile"])
def test_the_page_fits_every_width(page: Page, request: pytest.FixtureRequest, width: int, name: str) -> None:
    """On a screen of any width nothing hangs out at the side; wide tables scroll by themselves."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(request.getfixturevalue(name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_screen_says_what_to_look_at(page: Page, usual: Path) -> None:
    """At 1280 by 800 the verdict and the age and completeness of the data are seen without scrolling."""
    page.goto(usual.as_uri())
    expect(page.locator(".verdict")).to_be_in_viewport(ratio=1)
    expect(page.locator(".trust")).to_be_in_viewport(ratio=1)
    expect(page.locator(".figures")).to_be_in_viewport()


def test_the_page_is_dark_where_the_reader_wants_it(page: Page, usual: Path) -> None:
    """In dark mode the page is dark and its figures keep their white ground."""
    page.emulate_media(color_scheme="dark")
    page.goto(usual.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    ground = page.locator("figure img").first.evaluate("image => getComputedStyle(image).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_the_page_prints_on_paper(page: Page, usual: Path) -> None:
    """Printed it is A4, black on white, with every section, and no figure is cut by a page."""
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(usual.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    paper = page.pdf(prefer_css_page_size=True)
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", paper)}
    assert {(round(box[2]), round(box[3])) for box in boxes} == {(595, 842)}
    breaks = "Array.from(document.querySelectorAll('figure')).map(f => getComputedStyle(f).breakInside)"
    assert set(page.evaluate(breaks)) == {"avoid"}


def test_nothing_hostile_is_a_name_of_a_file(hostile: Path) -> None:
    """Names of files beside the page are ours, whatever ids of runs are."""
    names = [path.name for path in (hostile.parent / "fleet_replays").iterdir()]
    assert names
    assert [name for name in names if not re.fullmatch(r"report-replay-\d+\.html", name)] == []
    assert json.dumps(names).isascii()
