"""The comparison of two recordings: side by side, one aligned list, differences marked, in a notebook."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, cast

import anywidget
import pandas as pd
import traitlets

from cyberdesk_nb.analysis.diff import diff_trajectories
from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.compare_assets import page_front, widget_front
from cyberdesk_nb.player.compare_story import build_comparison, recorded, redactors
from cyberdesk_nb.player.images import NoPicture, Picture, Pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from ipywidgets import Widget
    from PIL import Image

    from cyberdesk_nb.frames.steps import Step
    from cyberdesk_nb.player.export import Export
    from cyberdesk_nb.player.recordings import Recording
    from cyberdesk_nb.player.redaction import Redaction, Redactor

    Fetch = Callable[[str], Future[bytes]]
    Found = dict[int, Picture | NoPicture]

_PATIENCE_S = 1.0
_FETCH_S = 60.0
_STILL_WIDTHS = (300, 220, 150, 100)
_STILL_BYTES_MAX = 300_000


class TrajectoryComparison(anywidget.AnyWidget):
    """Shows two trajectories or runs side by side, aligned step by step, with what differs marked.

    Pictures and texts travel to the browser on demand and are no part of the widget's state; all that a saved notebook
    holds of them is the small still picture that `still` allows.

    Parameters
    ----------
    a, b
        A trajectory or a run with its message history each, a model or a dict.
    images_a, images_b
        Fetch a ``supabase://`` reference of that side and return a future of the picture's bytes. None: such pictures
        show as placeholders.
    tolerance_px
        Clicks at most so many pixels apart count as the same.
    compare_screens
        Whether the screens count, too: all pictures are fetched and decoded for it before anything shows. False opens
        at once, and aligns by the calls alone.
    still
        Whether the cell's output also keeps a small still picture of up to 8 differences (at most 300 kB), which
        GitHub, nbviewer and printed notebooks show in place of the widget. A `Redaction` says what is left out of it.

    Attributes
    ----------
    frame : pandas.DataFrame
        The alignment, as `diff_trajectories` gives it; ``comparison.frame.iloc[comparison.row]`` is the row shown.
    row : int
        Position of the row shown, from 0; kept within the frame. Set it, observe it, or link it.
    n_rows : int
        Number of rows.
    view : str
        ``"before"``, ``"after"`` or ``"changes"``, as in `TrajectoryPlayer`, for both sides.
    space : str
        What coordinates count, as in `TrajectoryPlayer`.
    differences_only : bool
        Whether rows that are the same are hidden.

    Raises
    ------
    RequestError
        When a run came without its history.
    ConfigurationError
        When the ``analysis`` extra is not installed.

    Examples
    --------
    >>> a = {"id": "a", "trajectory_data": [{"func_name": "click", "args": [850, 450]}]}
    >>> b = {"id": "b", "trajectory_data": [{"func_name": "click", "args": [850, 475]}]}
    >>> TrajectoryComparison(a, b)
    TrajectoryComparison('trajectory a', 'trajectory b', 1 changed)
    """

    _esm = widget_front().script
    _css = widget_front().style

    row = traitlets.Int(0).tag(sync=True)
    n_rows = traitlets.Int(0).tag(sync=True)
    view = traitlets.Enum(("before", "after", "changes"), "before").tag(sync=True)
    space = traitlets.Enum(("auto", "screenshot", "display"), "auto").tag(sync=True)
    differences_only = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self,
        a: object,
        b: object,
        *,
        images_a: Fetch | None = None,
        images_b: Fetch | None = None,
        tolerance_px: float = 0.0,
        compare_screens: bool = True,
        still: bool | Redaction = True,
    ) -> None:
        self._callbacks: list[Callable[[pd.Series], object]] = []
        super().__init__()
        self._a, self._b = recorded(a), recorded(b)
        read = _reader(self._a, self._b, [images_a, images_b])
        self.frame = diff_trajectories(a, b, tolerance_px=tolerance_px, compare_screens=compare_screens, pictures=read)
        self._story = build_comparison(self._a, self._b, self.frame)
        self._pictures = Pictures(self._a.images, images_a), Pictures(self._b.images, images_b)
        self._still = still
        self.n_rows = len(self.frame)
        self.row = next(iter(self._differing()), 0)
        self.on_msg(self._on_message)  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types

    @property
    def current(self) -> pd.Series | None:
        """The row shown; None when both recordings have no steps."""
        return self.frame.iloc[self.row] if self.n_rows else None

    @property
    def steps(self) -> tuple[Step | None, Step | None]:
        """The steps of the row shown, of `a` and of `b`; None on a side that has none there."""
        row = self._story["rows"][self.row] if self.n_rows else {"a": None, "b": None}
        return _step(self._a, row["a"]), _step(self._b, row["b"])

    def on_row(self, callback: Callable[[pd.Series], object]) -> Callable[[], None]:
        """Call `callback` with the row shown, whenever it changes.

        Returns
        -------
        callable
            Ends the calls.
        """
        self._callbacks.append(callback)

        def stop() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return stop

    def to_html(self, path: str | Path, *, redact: Redaction | None = None, budget_mb: float = 20.0) -> Export:
        """Write the comparison as one HTML file, without kernel or network; as `TrajectoryPlayer.to_html`.

        Inputs, typed texts and values named in `redact` are masked on both sides, from whichever side they come.
        """
        from cyberdesk_nb.player.export import write_page

        story, (a, b) = self._redacted(redact, None)
        state = {name: getattr(self, name) for name in ("row", "view", "space", "differences_only")}
        pictures = [*a.values(), *b.values()]
        return write_page(path, story=story, state=state, pictures=pictures, budget_mb=budget_mb, front=page_front())

    def contact_sheet(
        self, *, width_px: int = 400, differences_only: bool = True, redact: Redaction | None = None
    ) -> Image.Image:
        """Draw the rows as one still picture, for places that show no widgets.

        Parameters
        ----------
        width_px
            Width of one screen in pixels.
        differences_only
            Whether rows that are the same are left out; without any difference all rows are drawn.
        redact
            What to leave out. None leaves out nothing.
        """
        from cyberdesk_nb.player.compare_stills import comparison_sheet

        rows = self._differing() if differences_only else []
        story, pictures = self._redacted(redact, None)
        return comparison_sheet(story, pictures, only=rows or range(self.n_rows), width=width_px)

    def close(self) -> None:
        """Take the comparison down: stop its fetches, forget its callbacks, close its views."""
        self._callbacks.clear()
        for pictures in self._pictures:
            pictures.close()
        layout = cast("Widget", self.layout)  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types
        super().close()
        # ipywidgets makes a layout for each widget, and leaves its comm open when the widget closes.
        layout.close()

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {op}" for op, count in self.frame.attrs["counts"].items() if count)
        titles = ", ".join(repr(printable(side.title, 60)) for side in (self._a, self._b))
        return f"TrajectoryComparison({titles}, {counts or 'no steps'})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = cast("tuple[dict[str, Any], dict[str, Any]] | None", super()._repr_mimebundle_(**kwargs))  # pyright: ignore[reportUnknownMemberType] - anywidget's dicts
        if bundle is not None and self._still is not False and self.n_rows:
            bundle[0]["image/png"] = b64encode(self._poster()).decode()
        return bundle

    def _poster(self) -> bytes:
        """Draw the still picture that the cell's output keeps."""
        from cyberdesk_nb.player.compare_stills import ROWS_MAX, as_png, comparison_sheet, telling

        rows = telling(self._story["rows"], ROWS_MAX)
        story, pictures = self._redacted(None if isinstance(self._still, bool) else self._still, rows)
        data = b""
        for width in _STILL_WIDTHS:
            data = as_png(comparison_sheet(story, pictures, only=rows, width=width))
            if len(data) <= _STILL_BYTES_MAX:
                break
        return data

    def _differing(self) -> list[int]:
        return [index for index, row in enumerate(self._story["rows"]) if row["op"] != "same"]

    def _redacted(
        self, redact: Redaction | None, rows: Sequence[int] | None
    ) -> tuple[dict[str, Any], tuple[Found, Found]]:
        """Return the story and both sides' pictures without what must be left out; of some rows without waiting."""
        from cyberdesk_nb.player.redaction import Redaction

        masks = redactors(redact or Redaction(), self._a, self._b)
        story = build_comparison(masks[0].recording(), masks[1].recording(), self.frame)
        a, b = (self._found(side, mask, rows) for side, mask in zip("ab", masks, strict=True))
        return story, (a, b)

    def _found(self, side: str, mask: Redactor, rows: Sequence[int] | None) -> Found:
        pictures = self._pictures["ab".index(side)]
        if rows is None:
            return {position: mask.picture(picture) for position, picture in enumerate(pictures.all())}
        told = [(self._story["rows"][row][side], self._story[side]["steps"]) for row in rows]
        positions = [steps[step]["picture"] for step, steps in told if step is not None]
        found = pictures.some([position for position in positions if position is not None], _PATIENCE_S)
        return {position: mask.picture(picture) for position, picture in found.items()}

    @traitlets.validate("row")
    def _within(self, proposal: Mapping[str, Any]) -> int:
        return max(0, min(int(proposal["value"]), self.n_rows - 1))

    @traitlets.observe("row")
    def _notify(self, _change: object) -> None:
        row = self.current
        for callback in list(self._callbacks) if row is not None else ():
            try:
                callback(cast("pd.Series", row))
            except Exception as error:  # noqa: BLE001 - a callback's error would vanish; it is shown in the widget
                text = f"A function given to on_row failed: {type(error).__name__}: {printable(str(error))}"
                self._tell({"kind": "notice", "text": text})

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        """Answer the front end: what is compared, and the pictures it wants to show."""
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if message.get("kind") == "open":
            self._tell({"kind": "story", "edition": 0, "story": self._story})
        if message.get("kind") == "pictures":
            wanted = cast("list[Any]", message.get("positions") or [])
            for position in [item for item in wanted if type(item) is int][:64]:
                self._send_picture(position, small=message.get("size") == "small")

    def _tell(self, message: dict[str, Any], *buffers: bytes) -> None:
        self.send(message, list(buffers))  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types

    def _send_picture(self, position: int, *, small: bool) -> None:
        head: dict[str, Any] = {"kind": "picture", "edition": 0, "position": position}
        head["size"] = "small" if small else "full"

        def deliver(picture: Picture | NoPicture) -> None:
            if isinstance(picture, NoPicture):
                self._tell({**head, "reason": picture.reason, "passing": picture.passing})
            else:
                size = {"mime": picture.mime, "width": picture.width, "height": picture.height}
                self._tell({**head, **size}, picture.data)

        self._request(position, deliver, small=small)

    def _request(self, position: int, deliver: Callable[[Picture | NoPicture], None], *, small: bool) -> None:
        """Read one picture; those of `b` have the positions after those of `a`."""
        offset = self._story["offset"]
        side, place = (0, position) if position < offset else (1, position - offset)
        self._pictures[side].request(place, deliver, small=small)


def _step(side: Recording, index: int | None) -> Step | None:
    return None if index is None else side.steps[index]


def _reader(a: Recording, b: Recording, fetchers: Sequence[Fetch | None]) -> Callable[[Step], bytes]:
    """Give what reads a step's stored picture, through the side that it belongs to."""
    sides = [(side, fetch) for side, fetch in zip((a, b), fetchers, strict=True) if fetch is not None]
    sources = {reference: fetch for side, fetch in sides for reference in side.images if reference}

    def read(step: Step) -> bytes:
        reference = step.image or ""
        if reference not in sources:
            raise LookupError("The picture is kept by the server.")
        return sources[reference](reference).result(_FETCH_S)

    return read
