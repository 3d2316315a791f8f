"""The notebook's face: tables and widgets of one organization, in plain calls."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from cyberdesk_nb._extras import load
from cyberdesk_nb.client import Client
from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.models import RunResponse, RunStatus, TrajectoryResponse
from cyberdesk_nb.workspace.launching import read_launched, send_launch
from cyberdesk_nb.workspace.portal import Portal
from cyberdesk_nb.workspace.reporting import Reporting
from cyberdesk_nb.workspace.when import When, as_span, as_time

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

    from cyberdesk_nb.panels import LaunchPanel
    from cyberdesk_nb.panels.fleet import FleetPanel
    from cyberdesk_nb.panels.launch.launches import Launched, Reply, Request
    from cyberdesk_nb.panels.monitor import Monitor
    from cyberdesk_nb.player import Redaction, TrajectoryComparison, TrajectoryPlayer
    from cyberdesk_nb.simulator import Simulator


def connect(api_key: str | None = None, base_url: str | None = None) -> Workspace:
    """Open a workspace on your organization.

    Parameters
    ----------
    api_key
        Your key; None reads ``CYBERDESK_API_KEY``.
    base_url
        Where the API is; None reads ``CYBERDESK_BASE_URL``, and without it takes ``https://api.cyberdesk.io``.

    Returns
    -------
    Workspace
        Nothing is sent yet: a wrong key shows at the first call.

    Raises
    ------
    ConfigurationError
        When there is no key, or it cannot be one.

    Examples
    --------
    >>> ws = cd.connect()  # doctest: +SKIP
    >>> runs = ws.runs(since="7d")  # doctest: +SKIP
    """
    client = Client(api_key=api_key, base_url=base_url)
    if not client.has_key:
        raise ConfigurationError(
            "No API key is set.", hint="Set CYBERDESK_API_KEY or pass api_key=...; cd.demo() needs none."
        )
    return Workspace(client)


def demo(seed: int = 7, *, speed: float = 20.0, runs: int = 800, **options: Any) -> Workspace:
    """Open a workspace on a simulated fleet on this machine; no account, no network.

    Parameters
    ----------
    seed
        Same seed, same fleet.
    speed
        How much faster than real time launched runs go.
    runs
        How many past runs the fleet has.
    **options
        Further arguments of `cyberdesk_nb.simulator`: ``machines``, ``db`` to keep the fleet in a file, ``faults``, ...

    Raises
    ------
    ConfigurationError
        When the ``demo`` extra is not installed.
    """
    sim = load("cyberdesk_nb.simulator", extra="demo").simulator(seed=seed, speed=speed, runs=runs, **options)
    return Workspace(Client(api_key=sim.api_key, base_url=sim.url), simulator=sim)


class Workspace(Reporting):
    """One organization, in plain calls; made by `connect()` or `demo()`.

    Each call runs on a background loop and waits for its answer here; the stop button cancels it at once. Lists are
    fetched whole, with a progress bar when that takes long, and say in ``frame.attrs["completeness"]`` whether they
    are. Use it in a ``with`` block, or call `close()`.

    Attributes
    ----------
    api : PlainClient
        Every operation of `Client`, as a plain call: ``ws.api.runs.get(run_id)``.
    simulator : Simulator or None
        The fleet behind `demo()`.
    """

    def __init__(self, client: Client, *, simulator: Simulator | None = None) -> None:
        self.simulator = simulator
        super().__init__(client, Portal())
        self._panels: WeakSet[LaunchPanel | FleetPanel | Monitor] = WeakSet()

    def __repr__(self) -> str:
        kind = "simulated fleet" if self.simulator is not None else "organization"
        return f"<Workspace: {kind} at {self._client.base_url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the panels, the background loop, the connections, and the simulator of a demo; later calls raise."""
        for panel in self._panels:
            panel.close()
        if not self._portal.is_closed:
            self._portal.call(self._client.aclose)
            self._portal.close()
        if self.simulator is not None:
            self.simulator.close()

    @property
    def _fleet_name(self) -> str:
        return "simulated fleet" if self.simulator is not None else super()._fleet_name

    # widgets

    def launch(self, workflow: str | None = None) -> LaunchPanel:
        """Show a panel that launches a workflow, many runs of it, or a chain of several, and follows them.

        Parameters
        ----------
        workflow
            Name or id to begin with; None begins with the choice.
        """
        from cyberdesk_nb.panels import LaunchPanel

        panel = LaunchPanel(
            self.api.workflows.iter(include=["tags"]),
            self.api.machines.iter(include=["pools"]),
            self.api.pools.iter(),
            self.api.model_configurations.list(),
            launch=self._submit_launch,
            poll=self._submit_poll,
            every=self._portal.every,
            replay=self.replay,
            workflow=workflow,
        )
        self._panels.add(panel)
        return panel

    def fleet(self, *, since: str | timedelta = "7d") -> FleetPanel:
        """Show a panel of all machines: who is idle, who is down, since when.

        Parameters
        ----------
        since
            How far back runs and connections count: ``"7d"`` or a timedelta.
        """
        from cyberdesk_nb.panels.fleet import FleetPanel
        from cyberdesk_nb.workspace.fleet_reading import FleetReader

        reader = FleetReader(self._client, as_span(since))
        panel = FleetPanel(
            read=lambda whole: self._portal.submit(reader.read, whole),
            screenshot=lambda machine_id: self._portal.submit(self._client.computer.screenshot, machine_id),
            every=self._portal.every,
            replay=self.replay,
        )
        self._panels.add(panel)
        return panel

    def monitor(
        self,
        runs: Any = None,
        since: When = None,
        workflow: str | None = None,
        machine: str | None = None,
        status: RunStatus | str | None = None,
    ) -> Monitor:
        """Show a live table of runs, in which they can be filtered, replayed, cancelled and retried.

        Parameters
        ----------
        runs
            The only ones to watch: an id, a run, several of these, or a frame such as `runs` gives. None watches all.
        since
            Watch those created since then, as in `runs`. None is unbounded; of a long list the newest 20,000 are shown.
        workflow, machine
            Name or id.
        status
            Status to show at first, or ``"live"``; the panel can show the others, too.

        Raises
        ------
        RequestError
            When a name, a time or `runs` cannot be read as one.

        Examples
        --------
        >>> ws.monitor(since="1d").wait()  # doctest: +SKIP
        """
        from cyberdesk_nb.workspace.monitoring import monitor_of

        start = as_time(since)
        filters = {
            "created_at_from": start,
            "workflow_id": self._id_of("workflow", workflow),
            "machine_id": self._id_of("machine", machine),
        }
        clock = self.simulator.clock.now if self.simulator is not None else None
        panel = monitor_of(self._client, self._portal, filters, runs, status=status, replay=self.replay, clock=clock)
        self._panels.add(panel)
        return panel

    def replay(
        self, record: str | RunResponse | TrajectoryResponse, *, still: bool | Redaction = True
    ) -> TrajectoryPlayer:
        """Show a player for a trajectory or a run: every step and the screen before it.

        Parameters
        ----------
        record
            Id of a trajectory or a run, or the record itself.
        still
            Whether the saved notebook keeps a small still picture, and what is left out of it; see `TrajectoryPlayer`.

        Raises
        ------
        NotFoundError
            When no trajectory and no run has this id.
        """
        from cyberdesk_nb.player import TrajectoryPlayer

        recording = self._recording(record)
        if isinstance(recording, TrajectoryResponse):
            return TrajectoryPlayer.from_trajectory(recording, images=self._images_of(recording), still=still)
        return TrajectoryPlayer.from_run(recording, images=self._images_of(recording), still=still)

    def compare(
        self,
        a: str | RunResponse | TrajectoryResponse,
        b: str | RunResponse | TrajectoryResponse,
        *,
        tolerance_px: float = 0.0,
        compare_screens: bool = True,
        still: bool | Redaction = True,
    ) -> TrajectoryComparison:
        """Show two trajectories or runs side by side, aligned step by step, with what differs marked.

        Parameters
        ----------
        a, b
            Ids of trajectories or runs, or the records themselves.
        tolerance_px
            Clicks at most so many pixels apart count as the same.
        compare_screens
            Whether the screens count, too: all pictures are fetched and decoded for it before anything shows.
        still
            Whether the saved notebook keeps a small still picture; see `TrajectoryComparison`.

        Raises
        ------
        NotFoundError
            When no trajectory and no run has this id.
        ConfigurationError
            When the ``analysis`` extra is not installed.
        """
        from cyberdesk_nb.player import TrajectoryComparison

        left, right = self._recording(a), self._recording(b)
        return TrajectoryComparison(
            left,
            right,
            images_a=self._images_of(left),
            images_b=self._images_of(right),
            tolerance_px=tolerance_px,
            compare_screens=compare_screens,
            still=still,
        )

    def approval_sheet(self, queue: pd.DataFrame, top: int = 3, *, redact: Redaction | None = None) -> Image.Image:
        """Draw the first trajectories of a queue step by step, to look at before approving one.

        Parameters
        ----------
        queue
            As `approval_queue` gives it.
        top
            How many.
        redact
            What to leave out. None leaves out nothing.

        Returns
        -------
        PIL.Image.Image
            For each its name, what it would save, and the contact sheet of its steps.
        """
        from cyberdesk_nb.player.sheets import stacked

        sheets: list[tuple[str, Image.Image]] = []
        for place, row in enumerate(queue.head(top).to_dict("records"), 1):
            player = self.replay(row["id"], still=False)
            most = "at most " if row["basis"] == "bound" else ""
            title = f"{place}. {row['name']}: saves {most}{row['steps_saved_per_week']:.0f} agentic steps a week"
            sheets.append((title, player.contact_sheet(columns=6, width_px=220, redact=redact)))
            player.close()
        return stacked(sheets)

    # plumbing

    def _submit_launch(self, request: Request, idempotency_key: str) -> Future[Reply]:
        return self._portal.submit(send_launch, self._client, request, idempotency_key)

    def _submit_poll(self, launched: Launched) -> Future[list[RunResponse]]:
        return self._portal.submit(read_launched, self._client, launched)

    def _images_of(self, recording: RunResponse | TrajectoryResponse) -> Callable[[str], Future[bytes]] | None:
        # The API signs no trajectory's pictures, only those of runs: what a trajectory shares with its run shows.
        run_id = recording.run_id if isinstance(recording, TrajectoryResponse) else recording.id
        if not run_id:
            return None

        def image(reference: str) -> Future[bytes]:
            return self._portal.submit(self._client.runs.image, run_id, reference)

        return image
