"""The field that takes files, in a real browser on a stand-in model: what it sends, and what it refuses to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.panels.launch.file_picker import FilePicker
from tests.browser.harness import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

_PAGE = """<!doctype html><meta charset="utf-8"><div id="cell"></div>
<script type="module">
import picker from "./picker.js";
const state = { label: "Choose files", note: "", error: "", room_bytes: 3_000_000 };
window.sent = [];
window.changed = [];
const model = {
  get: (name) => state[name],
  set: (name) => changed.push(name),
  on: () => {},
  off: () => {},
  send: (message, _callbacks, buffers = []) => sent.push({ ...message, sizes: buffers.map((one) => one.byteLength),
    last: buffers.map((one) => new Uint8Array(one).at(-1)) }),
};
window.gone = picker.render({ model, el: document.getElementById("cell") });
</script>"""


@pytest.fixture
def field(page: Page) -> Page:
    """Show the field."""
    files = {"": ("text/html", _PAGE), "picker.js": ("text/javascript", str(FilePicker._esm))}

    def serve(route: Route) -> None:
        mime, body = files.get(route.request.url.removeprefix(f"{ORIGIN}/"), ("text/plain", ""))
        route.fulfill(content_type=f"{mime}; charset=utf-8", body=body)

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")
    page.get_by_label("Choose files").wait_for()
    return page


def write(folder: Path, name: str, size: int) -> Path:
    """Write a file whose last byte is 7."""
    path = folder / name
    path.write_bytes(bytes(size - 1) + b"\x07" if size else b"")
    return path


def sent(page: Page, count: int) -> list[dict[str, Any]]:
    """Wait until so many messages were sent, and give them."""
    page.wait_for_function("(count) => sent.length >= count", arg=count)
    return page.evaluate("sent")


def test_files_leave_in_order_and_in_pieces(field: Page, tmp_path: Path) -> None:
    """Each file is announced, then sent in pieces of a megabyte; no trait is ever set."""
    paths = [write(tmp_path, "long.bin", 2**20 + 5), write(tmp_path, "none.txt", 0), write(tmp_path, "a.txt", 3)]
    field.get_by_label("Choose files").set_input_files(paths)
    messages = sent(field, 6)
    assert [(one["kind"], one.get("name"), one["sizes"]) for one in messages] == [
        ("begin", "long.bin", []),
        ("piece", None, [2**20]),
        ("piece", None, [5]),
        ("begin", "none.txt", []),
        ("begin", "a.txt", []),
        ("piece", None, [3]),
    ]
    assert [one["last"] for one in messages if one["sizes"]] == [[0], [7], [7]]
    assert len({one["file"] for one in messages}) == 3
    assert field.evaluate("changed") == []


def test_what_is_too_large_is_not_sent(field: Page, tmp_path: Path) -> None:
    """A file for which there is no room is refused in words before a byte leaves; smaller ones beside it are sent."""
    paths = [write(tmp_path, "small.bin", 2_500_000), write(tmp_path, "<b>large.bin", 600_000)]
    field.get_by_label("Choose files").set_input_files(paths)
    expect(field.get_by_role("alert")).to_have_text("<b>large.bin is too large: 0.5 MB are left.")
    assert [one["name"] for one in sent(field, 4) if one["kind"] == "begin"] == ["small.bin"]
    assert len(sent(field, 4)) == 4


def test_the_same_file_can_be_chosen_again(field: Page, tmp_path: Path) -> None:
    """Chosen, removed and chosen again, a file is sent again."""
    path = write(tmp_path, "a.txt", 3)
    for count in (2, 4):
        field.get_by_label("Choose files").set_input_files(path)
        sent(field, count)


def test_a_page_that_is_closed_stops_sending(field: Page, tmp_path: Path) -> None:
    """After the field is gone no more pieces leave, and the kernel is told that the file is not whole."""
    path = write(tmp_path, "long.bin", 2_500_000)
    field.evaluate("() => { const send = sent.push.bind(sent); sent.push = (one) => { gone(); return send(one); }; }")
    field.get_by_label("Choose files").set_input_files(path)
    assert [one["kind"] for one in sent(field, 2)] == ["begin", "broken"]
