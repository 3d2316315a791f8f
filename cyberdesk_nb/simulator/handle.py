"""A running simulator, as tests, notebooks and `demo()` hold it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from cyberdesk_nb.simulator.app import ApiOptions, create_app
from cyberdesk_nb.simulator.clock import Clock
from cyberdesk_nb.simulator.faults.control import Faults, FaultSource
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.server import ServerThread, bind, url_of
from cyberdesk_nb.simulator.web.links import Links
from cyberdesk_nb.simulator.world import Record, World


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
    ) -> None:
        # Rules that cannot be read are told before the fleet is seeded.
        self.faults = Faults(faults, seed=options.seed)
        with ExitStack() as on_failure:
            # So is a taken port.
            listener = on_failure.enter_context(bind(port))
            self.url = url_of(listener)
            self.world = World(options)
            self.links = Links()
            self.app = create_app(self.world, api, links=self.links, faults=self.faults)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        options = self.world.options
        return f"<Simulator {self.url}: seed {options.seed}, {options.machines} machines, {options.runs} runs>"


def simulator(
    *,
    seed: int = 7,
    speed: float = 20.0,
    port: int = 0,
    now: datetime | None = None,
    machines: int = 12,
    runs: int = 800,
    screens: bool = True,
    api: ApiOptions | None = None,
    faults: FaultSource | None = None,
    **options: Any,
) -> Simulator:
    """Start a local simulator of the API and return its handle; use it in a `with` block, or call `close`.

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
        Switches of the API itself: rate limit, older error shape.
    faults
        What goes wrong on demand: the name of a preset, a rules file, or rules (see `simulator.faults`).
    **options
        The other fields of `WorldOptions`.

    Raises
    ------
    ConfigurationError
        When the port is taken, or the rules in `faults` are not valid.

    Examples
    --------
    >>> with simulator(runs=50) as sim:
    ...     print(sim.url.startswith("http://127.0.0.1:"))
    True

    """
    world_options = WorldOptions(
        seed=seed, speed=speed, now=now, machines=machines, runs=runs, screens=screens, **options
    )
    return Simulator(world_options, api, port=port, faults=faults)
