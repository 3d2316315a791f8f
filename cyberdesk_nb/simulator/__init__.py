"""A local simulator of the API: a seeded fleet, drawn screens, virtual time, served on the loopback interface.

Its parts, from the outside in::

    handle, server        a running simulator, as tests and notebooks hold it
    app, web, routes      the API over HTTP: what all operations share, and one file of them per noun
    faults, persistence   layers before the routes: failing on demand, keeping the fleet in a file
    stores                what the API keeps beside the fleet: prompt images, provider keys, desktops under control
    world                 the organisation: its nouns behind one facade
    runs, engine, inputs  the runs of its past and present, what happens to them, and what they are given
    fleet                 the seeded past, with the causes planted in it
    catalog, screens      what each kind of workflow does, on which drawn desktop

After the instant at which the fleet was made nothing happens by itself but what was asked for through the API.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from cyberdesk_nb.simulator.handle import Simulator, simulator
from cyberdesk_nb.simulator.options import ApiOptions, WorldOptions
from cyberdesk_nb.simulator.world.world import World

__all__ = ["ApiOptions", "Simulator", "World", "WorldOptions", "simulator"]


class _CallableModule(ModuleType):
    # The package is also the public function `cyberdesk_nb.simulator(...)`; whichever of the two an earlier import
    # bound to that name, calling it starts a simulator.
    def __call__(self, **options: Any) -> Simulator:
        return simulator(**options)


sys.modules[__name__].__class__ = _CallableModule
