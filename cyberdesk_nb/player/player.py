"""The trajectory player: steps through what an agent did, with its screens, in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import traitlets

from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.assets import player_front
from cyberdesk_nb.player.copies import Copies
from cyberdesk_nb.player.images import Pictures
from cyberdesk_nb.player.recordings import Ending, Recording, recorded_run, recorded_trajectory
from cyberdesk_nb.player.replay_widget import ReplayWidget
from cyberdesk_nb.player.story import build_story

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    import pandas as pd

    from cyberdesk_nb.frames.steps import Step
    from cyberdesk_nb.models import RunResponse, TrajectoryResponse
    from cyberdesk_nb.player.redaction import Redaction


class TrajectoryPlayer(Copies, ReplayWidget):
    """Steps through a trajectory or a run: each action drawn over the screen that it was done on.

    Pictures and texts travel to the browser on demand and are no part of the widget's state: all that a saved notebook
    holds of them is the small still picture that `still` allows.

    Parameters
    ----------
    steps
        The steps in order, from `trajectory_steps` or `history_steps`.
    dimensions
        Width and height in pixels of the display that was recorded; None when it is not told.
    images
        Fetches a ``supabase://`` reference and returns a future of the picture's bytes. None: such pictures show as
        placeholders. Pictures that stand in the record as base64 need no fetching.
    title
        Name shown above the player.
    ending
        How the run stands after its last step.
    inputs
        Input values of the recording by name, so that an export can leave them out.
    still
        Whether the cell's output also keeps a small still picture of up to 12 steps (at most 300 kB), which GitHub,
        nbviewer and printed notebooks show in the player's place. A `Redaction` leaves that out of it; False keeps
        the saved notebook free of screens.

    Attributes
    ----------
    step : int
        Position of the step shown, from 0; kept within the recording. Set it, observe it, or link two players with
        ``traitlets.link((a, "step"), (b, "step"))``.
    n_steps : int
        Number of steps.
    playing : bool
        Whether the player moves on by itself.
    speed : float
        Pace of playing, 0.25 to 8; 1 shows a step for 1.2 seconds.
    view : str
        ``"before"`` shows the screen before the action, ``"after"`` the next one taken, ``"changes"`` what differs.
    space : str
        What the coordinates count: pixels of the ``"screenshot"`` or of the recorded ``"display"``. ``"auto"`` takes
        the screenshot's unless an action lies beyond it.

    Examples
    --------
    >>> from cyberdesk_nb.frames.steps import trajectory_steps
    >>> TrajectoryPlayer(trajectory_steps({"trajectory_data": [{"func_name": "click", "args": [850, 450]}]}))
    TrajectoryPlayer('recording', 1 step)
    """

    _esm = player_front().script
    _css = player_front().style
    _subscription = "on_step"

    step = traitlets.Int(0).tag(sync=True)
    n_steps = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(default_value=False).tag(sync=True)
    speed = traitlets.Float(1.0, min=0.25, max=8.0).tag(sync=True)
    view = traitlets.Enum(("before", "after", "changes"), "before").tag(sync=True)
    space = traitlets.Enum(("auto", "screenshot", "display"), "auto").tag(sync=True)

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        dimensions: tuple[int, int] | None = None,
        images: Callable[[str], Future[bytes]] | None = None,
        title: str = "",
        ending: Ending | None = None,
        inputs: Mapping[str, Any] | None = None,
        still: bool | Redaction = True,
    ) -> None:
        self._is_loading = False
        super().__init__(still)
        recording = Recording(tuple(steps), title or "recording", dimensions, ending or Ending(), inputs or {})
        self._load(recording, images)

    @classmethod
    def from_trajectory(
        cls,
        record: TrajectoryResponse | Mapping[str, Any],
        *,
        images: Callable[[str], Future[bytes]] | None = None,
        title: str | None = None,
        still: bool | Redaction = True,
    ) -> Self:
        """Play a trajectory (`GET /v1/trajectories/{id}`).

        Parameters
        ----------
        record
            A model or a dict of the same shape.
        images, still
            As for `TrajectoryPlayer`.
        title
            None takes the trajectory's name.
        """
        return cls._of(recorded_trajectory(record), images, title=title, still=still)

    @classmethod
    def from_run(
        cls,
        record: RunResponse | Mapping[str, Any],
        *,
        images: Callable[[str], Future[bytes]] | None = None,
        dimensions: tuple[int, int] | None = None,
        title: str | None = None,
        still: bool | Redaction = True,
    ) -> Self:
        """Play what a run did, out of its message history (`GET /v1/runs/{id}`).

        Parameters
        ----------
        record
            A model or a dict of the same shape.
        images, dimensions, still
            As for `TrajectoryPlayer`.
        title
            None takes the name of the run's workflow where it was included.
        """
        return cls._of(recorded_run(record), images, title=title, dimensions=dimensions, still=still)

    @classmethod
    def _of(
        cls,
        recording: Recording,
        images: Callable[[str], Future[bytes]] | None,
        *,
        title: str | None,
        still: bool | Redaction,
        dimensions: tuple[int, int] | None = None,
    ) -> Self:
        return cls(
            recording.steps,
            dimensions=dimensions or recording.dimensions,
            images=images,
            title=title or recording.title,
            ending=recording.ending,
            inputs=recording.inputs,
            still=still,
        )

    def update(self, other: TrajectoryPlayer) -> None:
        """Show what another player shows: its recording, its step, its view. Callbacks stay, and are called once."""
        self._load(other._recording, other._images, step=other.step)
        self.view, self.space, self.speed = other.view, other.space, other.speed
        self._tell_story()
        self._notify(None)

    def on_step(self, callback: Callable[[Step], object]) -> Callable[[], None]:
        """Call `callback` with the step shown, whenever it changes.

        Returns
        -------
        callable
            Ends the calls.
        """
        return self._subscribe(callback)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps."""
        return self._recording.steps

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Input values of the recording by name; a `Redaction` leaves them out by these names."""
        return self._recording.inputs

    @property
    def current(self) -> Step | None:
        """The step shown; None when there is none."""
        return self.steps[self.step] if self.steps else None

    @property
    def frame(self) -> pd.DataFrame:
        """The steps as a frame (see `steps_frame`), made anew each time; `selected` is the row of the step shown."""
        from cyberdesk_nb.frames import steps_frame

        return steps_frame(self.steps, dimensions=self._recording.dimensions)

    @property
    def selected(self) -> pd.Series[Any] | None:
        """The row of `frame` for the step shown; None when there is none."""
        return self.frame.iloc[self.step] if self.steps else None

    @property
    def summaries(self) -> list[str]:
        """One line a step: what was done."""
        return [f"{row['label']} {row['detail']}".strip() for row in self._story["steps"]]

    def __repr__(self) -> str:
        steps = "1 step" if self.n_steps == 1 else f"{self.n_steps} steps"
        failed = [str(index + 1) for index, row in enumerate(self._story["steps"]) if row["failed"]]
        where = f"failed at step {', '.join(failed[:5])}" if failed else ""
        notes = ", ".join(filter(None, [steps, self._story["status"], where]))
        return f"TrajectoryPlayer({printable(self._recording.title, 80)!r}, {notes})"

    def _load(self, recording: Recording, images: Callable[[str], Future[bytes]] | None, step: int = 0) -> None:
        story = build_story(recording)
        for pictures in self._stores:
            pictures.close()
        self._recording, self._images, self._story = recording, images, story
        self._stores = (Pictures(recording.images, images),)
        self._edition += 1
        self._is_loading = True
        try:
            self.playing = False
            self.n_steps = len(recording.steps)
            self.step = step
        finally:
            self._is_loading = False

    @traitlets.validate("step")
    def _within(self, proposal: Mapping[str, Any]) -> int:
        return max(0, min(int(proposal["value"]), self.n_steps - 1))

    @traitlets.observe("step")
    def _notify(self, _change: object) -> None:
        if self.current is not None and not self._is_loading:
            self._call_back(self.current)
