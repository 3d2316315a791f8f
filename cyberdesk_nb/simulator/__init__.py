"""A local simulator of the API: a seeded fleet, drawn screens, virtual time, served on the loopback interface."""

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
