"""What a player leaves behind without a kernel: a page, an animated picture, still pictures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.player.story import build_story

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image

    from cyberdesk_nb.player.export import Export
    from cyberdesk_nb.player.images import NoPicture, Picture, Pictures
    from cyberdesk_nb.player.recordings import Recording
    from cyberdesk_nb.player.redaction import Redaction, Redactor


class Copies:
    """The part of a player that writes its recording down."""

    space: Any
    _recording: Recording
    _stores: tuple[Pictures, ...]
    _still: bool | Redaction

    def to_html(self, path: str | Path, *, redact: Redaction | None = None, budget_mb: float = 20.0) -> Export:
        """Write the recording as one HTML file: this player, from its current step, without kernel or network.

        Parameters
        ----------
        path
            The file; an existing one is replaced.
        redact
            What to leave out. None leaves out nothing.
        budget_mb
            Largest size of the file in millions of bytes. To keep it, pictures are compressed again, made smaller,
            and at last left out; the page says which.

        Returns
        -------
        Export
            Path, size, and how the pictures stand in the file.

        Raises
        ------
        ConfigurationError
            When the texts alone do not fit, or `redact` names an input that the recording does not have.
        """
        from cyberdesk_nb.player.export import write_page

        story, pictures = self._redacted(redact)
        state = {name: getattr(self, name) for name in ("step", "speed", "view", "space")} | {"playing": False}
        return write_page(path, story=story, state=state, pictures=list(pictures.values()), budget_mb=budget_mb)

    def to_gif(
        self, path: str | Path, *, redact: Redaction | None = None, step_s: float = 1.2, budget_mb: float = 10.0
    ) -> Export:
        """Write the recording as an animated GIF, each step's screen with the action on it.

        Parameters
        ----------
        path
            The file; an existing one is replaced.
        redact
            What to leave out. None leaves out nothing.
        step_s
            Seconds that each step shows.
        budget_mb
            Largest size of the file in millions of bytes; frames become smaller to keep it.

        Raises
        ------
        ConfigurationError
            When there is no step, or the smallest frames do not fit.
        """
        from cyberdesk_nb.player.gif import write_gif
        from cyberdesk_nb.player.stills import stills

        story, pictures = self._redacted(redact)
        frames = partial(stills, story, pictures, space=self.space)
        return write_gif(path, draw=frames, count=len(story["steps"]), step_s=step_s, budget_mb=budget_mb)

    def contact_sheet(self, *, columns: int = 4, width_px: int = 320, redact: Redaction | None = None) -> Image.Image:
        """Draw all steps as one still picture, for places that show no widgets (nbviewer, GitHub, a printed page).

        Shown as a cell's result it is part of the saved notebook, unlike the player.

        Parameters
        ----------
        columns
            Steps beside each other.
        width_px
            Width of one step in pixels.
        redact
            What to leave out. None leaves out nothing.

        Returns
        -------
        PIL.Image.Image
        """
        from cyberdesk_nb.player.stills import contact_sheet, stills

        story, pictures = self._redacted(redact)
        return contact_sheet(list(stills(story, pictures, width_px, space=self.space)), columns=columns)

    def _redactor(self, redact: Redaction | None) -> Redactor:
        from cyberdesk_nb.player.redaction import Redaction, Redactor

        return Redactor(redact or Redaction(), self._recording)

    def _redacted(self, redact: Redaction | None) -> tuple[dict[str, Any], dict[int, Picture | NoPicture]]:
        """Return the story and the pictures without what must be left out."""
        redactor = self._redactor(redact)
        pictures = {position: redactor.picture(picture) for position, picture in enumerate(self._stores[0].all())}
        return build_story(redactor.recording()), pictures

    def _poster(self) -> bytes | None:
        """Draw the still picture that the cell's output keeps."""
        if not self._recording.steps:
            return None
        from cyberdesk_nb.player.poster import draw_poster

        redactor = self._redactor(None if isinstance(self._still, bool) else self._still)

        def read(positions: Sequence[int], patience_s: float) -> dict[int, Picture | NoPicture]:
            found = self._stores[0].some(positions, patience_s)
            return {position: redactor.picture(picture) for position, picture in found.items()}

        return draw_poster(build_story(redactor.recording()), read, space=self.space)
