"""The comparison in a real browser, on a stand-in model and as an exported file: keys, words, themes, no leaks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.player.assets import comparison_front
from cyberdesk_nb.player.compare import TrajectoryComparison
from tests.browser.contrast import LOW_CONTRAST
from tests.browser.harness import open_widget, read_picture
from tests.browser.recordings import room_kept_and_taken
from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

COLOURS = ("navy", "maroon", "darkgreen", "gold", "gray", "teal")
HOSTILE = '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>\u202egnp.exe'
TRAITS = ("row", "n_rows", "view", "space", "differences_only")
SHOTS = ".cdp-frame > .cdp-shot"
DRAWN = f"() => [...document.querySelectorAll('{SHOTS}')].every(i => i.naturalWidth === 1024)"
# Row by row: same, changed, only A, same, only B, same.
OPS = ["same", "changed", "deleted", "same", "inserted", "same"]


def step(name: str, *args: Any, colour: str = "navy", **more: Any) -> dict[str, Any]:
    """Return one step with a screen of one colour."""
    screen = inline(picture(size=(1024, 768), colour=colour))
    snapshot = {"screenshot": screen, "last_agent_thought": more.pop("thought", "")}
    return {"func_name": name, "args": list(args), "pre_check_snapshot": snapshot, "result": "ok"} | more


def recording(name: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """Return a trajectory."""
    return {"id": name, "name": name, "trajectory_data": list(steps)}


def comparison(**words: str) -> TrajectoryComparison:
    """Return a comparison with a row of each kind, `OPS`."""
    name = words.get("name", "Ada")
    first, last = step("click", 100, 100), step("key", "Enter", colour="gray")
    middle = step("scroll", 300, 300, colour="gold")
    a = recording("left", first, step("type", name, thought=name), step("click", 900, 700), middle, last)
    b = recording("right", first, step("type", f"{name}!", thought="Other"), middle, step("wait", 2, error=name), last)
    return TrajectoryComparison(a, b)


def open_comparison(page: Page, shown: TrajectoryComparison, *, dark: bool = False, **state: Any) -> None:
    """Load the page and wait until the comparison has its story."""
    positions = range(len(shown._a.images) + len(shown._b.images))
    full = {i: read_picture(shown._request, i, small=False) for i in positions}
    traits = {name: getattr(shown, name) for name in TRAITS} | state
    data = {"story": shown._story, "pictures": {"full": full, "small": {}}, "state": traits, "holding": False}
    open_widget(page, comparison_front(), data, dark=dark)


def row(page: Page) -> int:
    """Return the row of the stand-in model."""
    return page.evaluate("model.get('row')")


def test_rows_out_of_sight_keep_the_room_they_take(page: Page) -> None:
    """A row that comes into sight does not move the others, even under a press of the mouse."""
    steps = [{"func_name": "click", "args": [i, 100]} for i in range(300)]
    shown = TrajectoryComparison(recording("left", *steps), recording("right", *steps[:250]))
    open_comparison(page, shown)
    kept, taken = room_kept_and_taken(page, ".cdc-list")
    assert kept == pytest.approx(taken, abs=2)


def test_both_sides_show_the_steps_of_the_row(page: Page) -> None:
    """Each side shows its own step's screen with its action on it; the list marks what differs, in words."""
    shown = comparison()
    assert shown.frame["op"].tolist() == OPS
    open_comparison(page, shown, row=1)
    left, right = page.locator(".cdc-screen-a"), page.locator(".cdc-screen-b")
    expect(left.locator(".cdp-caption")).to_have_text("Ada")
    expect(right.locator(".cdp-caption")).to_have_text("Ada!")
    expect(left.locator(".cdp-counts")).to_have_text("step 2 of 5")
    expect(page.locator(".cdc-changes tbody")).to_contain_text('text"Ada""Ada!"')
    expect(page.locator(".cdc-differences")).to_contain_text("Thought of B")
    marks = page.locator(".cdc-list .cdc-op").all_inner_texts()
    assert [mark.split(" ", 1)[1] for mark in marks] == ["same", "changed", "only A", "same", "only B", "same"]
    expect(page.locator(".cdc-counts")).to_have_text("3 same1 changed1 only B1 only A")
    page.evaluate("model.set('row', 3)")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cdc .cdp-frame > .cdp-shot')].every(i => i.naturalWidth)"
    )
    assert page.locator(".cdc .cdp-frame > .cdp-shot").evaluate_all("all => all.map(i => i.dataset.position)") == [
        "3",
        "2",
    ]


@pytest.mark.parametrize(("at", "words"), [(2, ("B", "only A")), (4, ("A", "only B"))])
def test_a_side_without_a_step_says_so(page: Page, at: int, words: tuple[str, str]) -> None:
    """Where only one recording has a step, the other side says whose it is instead of showing another screen."""
    open_comparison(page, comparison(), row=at)
    side = page.locator(f".cdc-screen-{words[0].lower()}")
    expect(side.locator(".cdc-gap")).to_have_text(f"No step here: {words[1]} does this.")
    expect(side.locator(".cdc-gap")).to_be_visible()
    expect(side.locator(".cdp-stage")).to_be_hidden()
    expect(page.locator(".cdc-differences h4")).to_contain_text(f"{words[1]} does this")


@pytest.mark.parametrize(
    ("start", "key", "expected"),
    [
        (1, "ArrowDown", 2),
        (1, "ArrowRight", 2),
        (2, "ArrowUp", 1),
        (2, "ArrowLeft", 1),
        (0, "ArrowUp", 0),
        (5, "ArrowDown", 5),
        (3, "Home", 0),
        (0, "End", 5),
        (0, "PageDown", 5),
        (5, "PageUp", 0),
        (2, "n", 4),
        (2, "d", 4),
        (4, "p", 2),
        (4, "Shift+D", 2),
        (4, "n", 1),
        (1, "p", 4),
    ],
)
def test_keys_move_the_row(page: Page, start: int, key: str, expected: int) -> None:
    """Arrows move by rows and stop at the ends; N and P go to the next and previous difference, around the end."""
    open_comparison(page, comparison(), row=start)
    page.locator(".cdc-list").focus()
    page.keyboard.press(key)
    assert row(page) == expected
    expect(page.locator("[role=option][aria-selected=true]")).to_have_attribute("data-index", str(expected))
    expect(page.locator(".cdp-count")).to_have_text(f"{expected + 1} / 6")


def test_controls_move_the_row(page: Page) -> None:
    """Buttons, the slider and a click on a row do what the keys do, and each button has a name."""
    open_comparison(page, comparison(), row=0)
    for name, expected in [
        ("Next row", 1),
        ("Last row", 5),
        ("Previous row", 4),
        ("First row", 0),
        ("Next difference", 1),
        ("Previous difference", 4),
    ]:
        page.get_by_role("button", name=name).click()
        assert row(page) == expected
    page.locator(".cdc-list [role=option]").nth(3).click()
    assert row(page) == 3
    page.get_by_role("slider", name="Row").fill("2")
    assert row(page) == 2
    for button in page.get_by_role("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()


def test_rows_that_are_the_same_can_be_hidden(page: Page) -> None:
    """With differences only, equal rows go from the list, and arrows pass over them; O brings them back."""
    open_comparison(page, comparison(), row=1)
    page.get_by_label("Differences only").check()
    assert page.evaluate("model.get('differences_only')") is True
    expect(page.locator(".cdc-list li:visible")).to_have_count(3)
    page.locator(".cdc-list").focus()
    visited: list[int] = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home"):
        page.keyboard.press(key)
        visited.append(row(page))
    assert visited == [2, 4, 4, 2, 1]
    page.keyboard.press("o")
    expect(page.locator(".cdc-list li:visible")).to_have_count(6)


def test_screens_before_after_and_changes(page: Page) -> None:
    """The choice of screen holds for both sides, by button and by B."""
    open_comparison(page, comparison(), row=0)
    page.get_by_role("button", name="After").click()
    expect(page.locator(".cdp-banner").first).to_have_text("After this step")
    expect(page.locator(".cdp-banner").nth(1)).to_have_text("After this step")
    page.locator(".cdc-list").focus()
    page.keyboard.press("b")
    assert page.evaluate("model.get('view')") == "changes"
    expect(page.locator(".cdp-changes:visible")).to_have_count(2)


def test_plain_keys_stay_in_the_comparison(page: Page) -> None:
    """The notebook sees no plain key while the comparison has the focus, sees Ctrl keys, and all others otherwise."""
    open_comparison(page, comparison())
    page.evaluate(
        "() => { window.seen = []; document.addEventListener('keydown', e => seen.push(e.key), true);"
        " const field = document.createElement('input'); field.id = 'outside'; document.body.append(field); }"
    )
    page.locator(".cdc-list").focus()
    for key in ("ArrowDown", "a", "b", "d", "x", "Enter", "z"):
        page.keyboard.press(key)
    assert page.evaluate("seen") == []
    page.keyboard.press("Control+s")
    page.locator("#outside").focus()
    before = row(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("seen") == ["Control", "s", "ArrowDown"]
    assert row(page) == before


def test_the_comparison_speaks(page: Page) -> None:
    """A screen reader is told the row with both steps and what changed, and reaches every part by Tab."""
    open_comparison(page, comparison(), row=0)
    expect(page.get_by_role("region", name=re.compile("^Comparison: left"))).to_be_visible()
    page.locator(".cdc-list").focus()
    page.keyboard.press("n")
    told = 'Row 2, changed. A Step 2: Type Ada. B Step 2: Type Ada!. text: "Ada" \u2192 "Ada!", 2 of 6'
    expect(page.get_by_role("status")).to_have_text(told)
    active = page.locator(".cdc-list").get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-label", told.removesuffix(", 2 of 6"))
    reached: set[str] = set()
    page.locator("body").focus()
    for _ in range(22):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()"))
    wanted = {"Before", "Full screen", "Steps of both recordings, aligned", "What differs", "Row", "Next difference"}
    assert wanted | {"Screen of A", "Screen of B"} <= reached


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("at", [1, 4])
def test_text_can_be_read_in_both_themes(page: Page, dark: bool, at: int) -> None:
    """Every text has a contrast of at least 4.5 to 1 with what is behind it."""
    open_comparison(page, comparison(), dark=dark, row=at)
    assert page.evaluate(LOW_CONTRAST) == []


@pytest.mark.parametrize("page", [(680, 900, 1)], indirect=True)
def test_a_narrow_cell_stacks_the_screens(page: Page) -> None:
    """In a cell under 700 pixels the screens stand one above the other, and nothing is wider than the cell."""
    open_comparison(page, comparison(), row=1)
    a, b = (page.locator(f".cdc-screen-{side}").bounding_box() for side in "ab")
    assert a
    assert b
    assert b["y"] >= a["y"] + a["height"]
    assert b["x"] == a["x"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_text_is_text(page: Page, tmp_path: Path) -> None:
    """Markup in names, arguments, thoughts and errors is shown as it is, live and in the file, and does nothing."""
    shown = comparison(name=HOSTILE)
    open_comparison(page, shown, row=1)
    for at in (1, 4):
        page.evaluate("at => model.set('row', at)", at)
        assert "onerror=" in page.locator(".cdc-differences").inner_text()
    assert page.locator(".cdc-list img, .cdc-differences img, .cdc script").count() == 0
    assert page.evaluate("window.hacked") is None
    page.goto(shown.to_html(tmp_path / "a.html").path.as_uri())
    page.locator(".cdc[aria-busy=false]").wait_for()
    assert "onerror=" in page.locator(".cdc").inner_text()
    assert page.evaluate("window.hacked") is None


def test_the_file_works_by_itself(page: Page, tmp_path: Path) -> None:
    """Opened from the disk, the file is the comparison at the row where it was exported, with both sides' screens."""
    shown = comparison()
    shown.row = 1
    page.goto(shown.to_html(tmp_path / "a.html").path.as_uri())
    expect(page.locator(".cdp-count")).to_have_text("2 / 6")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cdp-frame > .cdp-shot')].every(i => i.naturalWidth === 1024)"
    )
    page.locator(".cdc-list").focus()
    page.keyboard.press("n")
    expect(page.locator(".cdc-screen-b .cdc-gap")).to_be_visible()


def test_hiding_the_comparison_leaves_nothing_behind(page: Page) -> None:
    """After many views opened and closed: no listener, no object URL, no element."""
    page.add_init_script(
        """
        window.urls = new Set(); window.keys = 0;
        const make = URL.createObjectURL, revoke = URL.revokeObjectURL, add = window.addEventListener;
        URL.createObjectURL = (b) => { const u = make.call(URL, b); urls.add(u); return u; };
        URL.revokeObjectURL = (u) => { urls.delete(u); revoke.call(URL, u); };
        window.addEventListener = function (type, f, options) {
          if (type === 'keydown') { keys += 1; options?.signal?.addEventListener('abort', () => { keys -= 1; }); }
          return add.call(this, type, f, options);
        };
        """
    )
    open_comparison(page, comparison(), row=1)
    page.wait_for_function("() => urls.size > 0 && keys === 1")
    page.evaluate("() => { hide(); for (let i = 0; i < 100; i++) show()(); }")
    page.wait_for_function("() => urls.size === 0")
    page.evaluate("detach()")
    assert page.evaluate("[keys, model.listeners.length, document.querySelectorAll('.cdp').length]") == [0, 0, 0]


def test_recordings_without_steps_say_so(page: Page) -> None:
    """Two empty recordings show words in place of screens, and no key fails."""
    open_comparison(page, TrajectoryComparison(recording("a"), recording("b")))
    expect(page.locator(".cdc-gap").first).to_have_text("No steps.")
    page.locator(".cdc-list").focus()
    for key in ("ArrowDown", "End", "n", "o"):
        page.keyboard.press(key)
    expect(page.locator(".cdp-count")).to_have_text("0 / 0")
