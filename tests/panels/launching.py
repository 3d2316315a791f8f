"""What a launch panel is given in tests: replies and polls as the test wants them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels import LaunchPanel
from cyberdesk_nb.panels.launch.launches import Launched, Request
from tests.panels.records import AT, INPUTS, SENTINEL, Ticks, control, machine, pool, run, settled, tree, workflow

FRONT = pool("Front")
DESK = machine("Desk", FRONT)
WORKFLOWS = [workflow(), workflow("Export", None, "Export it.", key=2)]
ENDED = run(
    RunStatus.SUCCESS,
    steps=4,
    machine_id=DESK.id,
    ended_at=AT.replace(minute=2),
    output_data={"total": 12, "who": "<b>Łukasz</b>"},
)


class Fleet:
    """What the panel is given: every launch and poll is answered by what the test put there."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.sent: list[tuple[Request, str]] = []
        self.reply: Callable[[], Future[Any]] = lambda: settled(run())
        self.states: list[RunResponse | Exception] = [ENDED]
        self.panels: list[LaunchPanel] = []

    def launch(self, request: Request, key: str) -> Future[Any]:
        """Take a launch and answer it."""
        self.sent.append((request, key))
        return self.reply()

    def poll(self, launched: Launched) -> Future[list[RunResponse]]:
        """Answer a poll; the last state stays."""
        assert launched.run_ids == ("run-1",)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return settled(state if isinstance(state, Exception) else [state])

    def panel(self, **more: Any) -> LaunchPanel:
        """Make a panel on the first workflow."""
        options: dict[str, Any] = {"workflow": "Patient lookup"} | more
        made = LaunchPanel(
            WORKFLOWS,
            [DESK],
            [FRONT],
            launch=self.launch,
            poll=self.poll,
            every=self.ticks.every,
            **options,
        )
        self.panels.append(made)
        return made

    def filled(self, **more: Any) -> LaunchPanel:
        """Make a panel with all that the workflow needs."""
        made = self.panel(**more)
        made.inputs = INPUTS
        made.secrets = {"password": SENTINEL}
        return made


def press(panel: LaunchPanel, label: str) -> None:
    """Press a button."""
    control(panel, label).click()


def secret_field(panel: LaunchPanel) -> Any:
    """Find the one secret field."""
    return next(one for one in tree(panel) if type(one).__name__ == "SecretField")


@contextmanager
def one_fleet() -> Generator[Fleet]:
    """Give a fleet whose panels are closed in the end."""
    made = Fleet()
    yield made
    for panel in made.panels:
        panel.close()
