"""A running simulator, as tests, notebooks and `demo()` hold it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cyberdesk_nb.simulator.app import bare_routes, create_app
from cyberdesk_nb.simulator.clock import Clock
from cyberdesk_nb.simulator.faults.control import Faults, FaultSource
from cyberdesk_nb.simulator.options import ApiOptions, WorldOptions
from cyberdesk_nb.simulator.persistence import Journal
from cyberdesk_nb.simulator.persistence.replay import replay
from cyberdesk_nb.simulator.server import ServerThread, bind, url_of
from cyberdesk_nb.simulator.web.links import Links
from cyberdesk_nb.simulator.world.world import Record, World


class Simulator:
    """The API of one simulated world on 127.0.0.1, served by a thread until `close`.

    Attributes
    ----------
    url, api_key
        What a client needs.
    world, clock
        The state behind the API, and its time: `clock.advance(60)` lets a minute pass at once.
    links
        The signer of links to pictures and files.
    faults
        What goes wrong on demand: rules that can change at any time, and a log.
    app
        The ASGI app; `app.state.desks` holds the screens under direct control.

    """

    def __init__(
        self,
        options: WorldOptions,
        api: ApiOptions | None = None,
        *,
        port: int = 0,
        faults: FaultSource | None = None,
        journal: Journal | None = None,
    ) -> None:
        # Rules that cannot be read are told before the fleet is seeded.
        self.faults = Faults(faults, seed=options.seed)
        with ExitStack() as on_failure:
            # So is a taken port.
            listener = on_failure.enter_context(bind(port))
            self.url = url_of(listener)
            self.world = World(options) if journal is None else journal.new_world()
            self.links = Links() if journal is None else Links(secret=journal.link_secret)
            self.app = create_app(self.world, api, links=self.links, faults=self.faults, journal=journal)
            if journal is not None:
                replay(journal, bare_routes(self.app), self.world, self.app.state.answers)
            self._journal = journal
            self._thread = ServerThread(self.app, listener)
            on_failure.pop_all()

    @property
    def api_key(self) -> str:
        """The key that this simulator accepts; it opens nothing else."""
        return self.world.api_key

    @property
    def clock(self) -> Clock:
        """The virtual time of the world."""
        return self.world.clock

    def truth(self) -> Record:
        """Return the causes planted in the seeded fleet, which analysis should find; the API never shows them."""
        return self.world.truth()

    def close(self) -> None:
        """Stop serving; the thread and the port are free afterwards."""
        self.faults.close()
        self._thread.close()
        if self._journal is not None:
            self._journal.close(self.clock.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        options = self.world.options
        return f"<Simulator {self.url}: seed {options.seed}, {options.machines} machines, {options.runs} runs>"


def simulator(
    *,
    seed: int | None = None,
    speed: float | None = None,
    port: int = 0,
    now: datetime | None = None,
    machines: int | None = None,
    runs: int | None = None,
    screens: bool | None = None,
    api: ApiOptions | None = None,
    faults: FaultSource | None = None,
    db: str | PathLike[str] | None = None,
    **options: Any,
) -> Simulator:
    """Start a local simulator of the API and return its handle; use it in a `with` block, or call `close`.

    What is None is as `WorldOptions` has it, or, with `db`, as the fleet in the file has it.

    Parameters
    ----------
    seed
        The same seed (and the same `now`) gives the same fleet.
    speed
        Virtual seconds per real second while runs are live; 0 moves time only by `clock.advance`.
    port
        Port on 127.0.0.1; 0 takes a free one.
    now
        Aware time at which the fleet's past ends; None is the real time.
    machines, runs
        Sizes of the seeded fleet.
    screens
        False leaves all pictures out.
    api
        Switches of the API itself: rate limit, shapes of errors, what is visible.
    faults
        What goes wrong on demand: the name of a preset, a rules file, or rules (see `simulator.faults`).
    db
        File in which the fleet is kept: made where there is none, gone on with where there is one. What is changed
        through the API is in it before the answer leaves, secrets excepted; None keeps all in memory.
    **options
        The other fields of `WorldOptions`.

    Raises
    ------
    ConfigurationError
        When the port is taken, the rules in `faults` are not valid, or `db` is in use, damaged, no file of the
        simulator, or holds another fleet than the one asked for.

    Examples
    --------
    >>> with simulator(runs=50) as sim:
    ...     print(sim.url.startswith("http://127.0.0.1:"))
    True

    """
    options |= {"seed": seed, "speed": speed, "now": now, "machines": machines, "runs": runs, "screens": screens}
    given = {name: value for name, value in options.items() if value is not None}
    if db is None:
        return Simulator(WorldOptions(**given), api, port=port, faults=faults)
    with ExitStack() as on_failure:
        journal = Journal.open(Path(db), given)
        on_failure.callback(journal.close)
        running = Simulator(journal.options, api, port=port, faults=faults, journal=journal)
        on_failure.pop_all()
        return running
