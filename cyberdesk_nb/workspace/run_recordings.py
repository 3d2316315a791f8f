"""What was recorded of single runs, for the report: last screens and replays, without what is masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.player.images import NoPicture, decode_inline, read_picture
from cyberdesk_nb.player.recordings import recorded_run
from cyberdesk_nb.player.redaction import Redaction, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cyberdesk_nb.models import RunResponse
    from cyberdesk_nb.player import TrajectoryPlayer
    from cyberdesk_nb.workspace.plain import PlainClient

_STORED = "supabase://"


class RunRecordings:
    """Gives last screens and replays of runs.

    Parameters
    ----------
    api
        Where runs and their screens come from.
    replay
        Opens the player of a run.
    redaction
        What is left out of a run's screens and replay.
    hide
        Blots the API key out of a file.
    """

    def __init__(
        self,
        api: PlainClient,
        replay: Callable[[RunResponse], TrajectoryPlayer],
        redaction: Callable[[str], Redaction],
        hide: Callable[[bytes], bytes],
    ) -> None:
        self._api = api
        self._replay = replay
        self._redaction = redaction
        self._hide = hide

    def last_screen(self, run_id: str) -> bytes | str:
        """Give the picture of a run's last screen, or why there is none."""
        run = self._run(run_id)
        recording = recorded_run(run)
        reference = next((image for image in reversed(recording.images) if image), None)
        if reference is None:
            return "No screen was recorded."
        if reference.startswith(_STORED):
            picture = read_picture(self._api.runs.image(run_id, reference))
        else:
            picture = decode_inline(reference)
        shown = Redactor(self._redaction(run_id), recording).picture(picture)
        return shown.reason if isinstance(shown, NoPicture) else shown.data

    def write_replay(self, run_id: str, path: Path) -> None:
        """Write a run's replay as one HTML file."""
        player = self._replay(self._run(run_id))
        try:
            player.to_html(path, redact=self._redaction(run_id))
        finally:
            player.close()
        written = path.read_bytes()
        hidden = self._hide(written)
        if hidden != written:
            path.write_bytes(hidden)

    def _run(self, run_id: str) -> RunResponse:
        # Each time anew: a report may be saved long after it was made, and histories are large.
        return self._api.runs.get(run_id, include=["workflow", "machine"])
