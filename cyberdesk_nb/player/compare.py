"""The comparison of two recordings: side by side, one aligned list, differences marked, in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from cyberdesk_nb.analysis.recordings.diff import diff_trajectories
from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.assets import comparison_front, for_page
from cyberdesk_nb.player.compare_story import build_comparison, recorded, redactors
from cyberdesk_nb.player.images import NoPicture, Picture, Pictures
from cyberdesk_nb.player.replay_widget import ReplayWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from PIL import Image

    from cyberdesk_nb.frames.steps import Step
    from cyberdesk_nb.player.export import Export
    from cyberdesk_nb.player.recordings import Recording
    from cyberdesk_nb.player.redaction import Redaction, Redactor

    Fetch = Callable[[str], Future[bytes]]
    Found = dict[int, Picture | NoPicture]

_PATIENCE_S = 1.0
_FETCH_S = 60.0


class TrajectoryComparison(ReplayWidget):
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

    _esm = comparison_front().script
    _css = comparison_front().style
    _subscription = "on_row"

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
        super().__init__(still)
        self._a, self._b = recorded(a), recorded(b)
        read = _reader(self._a, self._b, [images_a, images_b])
        self.frame = diff_trajectories(a, b, tolerance_px=tolerance_px, compare_screens=compare_screens, pictures=read)
        self._story = build_comparison(self._a, self._b, self.frame)
        self._stores = Pictures(self._a.images, images_a), Pictures(self._b.images, images_b)
        self.n_rows = len(self.frame)
        self.row = next(iter(self._differing()), 0)

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
        return self._subscribe(callback)

    def to_html(self, path: str | Path, *, redact: Redaction | None = None, budget_mb: float = 20.0) -> Export:
        """Write the comparison as one HTML file, without kernel or network; as `TrajectoryPlayer.to_html`.

        Inputs, typed texts and values named in `redact` are masked on both sides, from whichever side they come.
        """
        from cyberdesk_nb.player.export import write_page

        story, (a, b) = self._redacted(redact, None)
        state = {name: getattr(self, name) for name in ("row", "view", "space", "differences_only")}
        pictures = [*a.values(), *b.values()]
        return write_page(
            path, story=story, state=state, pictures=pictures, budget_mb=budget_mb, front=for_page(comparison_front())
        )

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

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {op}" for op, count in self.frame.attrs["counts"].items() if count)
        titles = ", ".join(repr(printable(side.title, 60)) for side in (self._a, self._b))
        return f"TrajectoryComparison({titles}, {counts or 'no steps'})"

    def _poster(self) -> bytes | None:
        """Draw the still picture that the cell's output keeps."""
        if not self.n_rows:
            return None
        from cyberdesk_nb.player.compare_stills import ROWS_MAX, comparison_sheet, telling
        from cyberdesk_nb.player.poster import small_png

        rows = telling(self._story["rows"], ROWS_MAX)
        story, pictures = self._redacted(None if isinstance(self._still, bool) else self._still, rows)
        return small_png(lambda width: comparison_sheet(story, pictures, only=rows, width=width))

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
        pictures = self._stores["ab".index(side)]
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
        if self.current is not None:
            self._call_back(self.current)


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
