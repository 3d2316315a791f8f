"""The few building blocks that all panels are made of, so that they look and behave alike.

Text goes into labels, descriptions and text areas only; none of them reads it as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import anywidget
import ipywidgets as w

from cyberdesk_nb.errors import printable

_HERE = Path(__file__).parent
_OWNED = ("layout", "style")


class Frame(anywidget.AnyWidget):
    """Look and keyboard manners of a panel: shows nothing itself, stands once among its children."""

    _esm = (_HERE / "panels.js").read_text(encoding="utf-8")
    _css = (_HERE / "panels.css").read_text(encoding="utf-8")

    def bring(self, look: str) -> None:
        """Bring the part of the panel with this look into view, once it is drawn: for what a press opened."""
        cast("Any", self).send({"kind": "bring", "look": look})


def classed(widget: w.DOMWidget, *names: str) -> None:
    """Give a widget style classes of the panels' style sheet: `cdnb-<name>`."""
    for name in names:
        cast("Any", widget).add_class(f"cdnb-{name}")


def unclassed(widget: w.DOMWidget, *names: str) -> None:
    """Take style classes away again."""
    for name in names:
        cast("Any", widget).remove_class(f"cdnb-{name}")


def one_line(text: str, limit: int = 600) -> str:
    """Give text from outside as one line that can be shown: no control characters, nothing that reorders it."""
    return printable(" ".join(text.split()), limit)


def block(text: str) -> str:
    """Give text from outside in its lines, without what cannot travel to the browser."""
    return text.encode("utf-8", "replace").decode()


def words(text: str = "", *looks: str) -> w.Label:
    """Make a text that wraps; the empty one takes no room."""
    label = w.Label(value=one_line(text))
    classed(label, "words", *looks)
    visible(label, shown=bool(text))
    return label


def say(label: w.Label, text: str) -> None:
    """Change the text of `words`; the empty one takes no room."""
    label.value = one_line(text)
    visible(label, shown=bool(text))


def button(text: str, pressed: Callable[[], object], *looks: str, tooltip: str = "") -> w.Button:
    """Make a button that calls `pressed`."""
    made = w.Button(description=text, tooltip=tooltip or text)
    classed(made, "button", *looks)

    def clicked(_: w.Button) -> None:
        pressed()

    cast("Any", made).on_click(clicked)
    return made


def column(*children: w.Widget, looks: tuple[str, ...] = ()) -> w.VBox:
    """Stack widgets."""
    box = w.VBox(list(children))
    classed(box, "column", *looks)
    return box


def row(*children: w.Widget, looks: tuple[str, ...] = ()) -> w.HBox:
    """Put widgets side by side; they wrap where there is little room."""
    box = w.HBox(list(children))
    classed(box, "row", *looks)
    return box


def read_only(text: str = "", label: str = "") -> w.Textarea:
    """Make a text that can be selected and copied, in a fixed-width font, not changed."""
    area = w.Textarea(description=label, disabled=True)
    classed(area, "code", "field")
    fill(area, text)
    return area


def fill(area: w.Textarea, text: str) -> None:
    """Change the text of `read_only`; the empty one takes no room."""
    area.value = block(text)
    area.rows = lines_of(text)
    visible(area, shown=bool(text))


def lines_of(text: str, most: int = 14) -> int:
    """Give the rows that a text area needs to show `text`."""
    return max(2, min(most, text.count("\n") + 1))


def visible(widget: w.DOMWidget, *, shown: bool) -> None:
    """Show a widget, or take it out of the page."""
    cast("Any", widget).layout.display = None if shown else "none"


def is_visible(widget: w.DOMWidget) -> bool:
    """Whether `visible` left the widget in the page."""
    return cast("Any", widget).layout.display != "none"


def observe(widget: w.Widget, changed: Callable[[Any], object], trait: str = "value") -> None:
    """Call `changed` with each new value of a trait."""

    def tell(change: Any) -> None:
        changed(change["new"])

    cast("Any", widget).observe(tell, trait)


def value_of(widget: w.Widget) -> Any:
    """Read the `value` of a control."""
    return cast("Any", widget).value


def put(box: w.Box, *children: w.Widget) -> None:
    """Replace what a box holds; what it held before is not closed."""
    box.children = children


def children_of(box: w.Widget) -> tuple[w.Widget, ...]:
    """Give what a box holds."""
    return getattr(box, "children", ())


def append(box: w.Box, child: w.Widget) -> None:
    """Put one more widget at the end of a box."""
    box.children = (*children_of(box), child)


def close_all(widget: w.Widget) -> None:
    """Close a widget and all that it holds, so that neither a comm nor a listener stays."""
    close_inside(widget)
    widget.close()


def close_inside(widget: w.Widget) -> None:
    """Close all that a widget holds, and drop who listens to it; the widget itself stays open."""
    for owned in list(_owned(widget)):
        close_all(owned)
    widget.unobserve_all()


def _owned(widget: w.Widget) -> Iterator[w.Widget]:
    yield from children_of(widget)
    for name in _OWNED:
        part = getattr(widget, name, None)
        if isinstance(part, w.Widget):
            yield part
