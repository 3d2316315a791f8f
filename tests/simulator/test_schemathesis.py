"""Random requests from the simulator's own description: each answer is one that the description announces."""

from __future__ import annotations

import os
import zlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from cyberdesk_nb.simulator import World, WorldOptions
from cyberdesk_nb.simulator.app import create_app
from tests.simulator.test_api_contract import OPERATIONS

# A 500 is a status that no operation describes; a 503 is what an offline machine gives.
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
]
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
EXAMPLES = int(os.environ.get("CYBERDESK_NB_EXAMPLES", "3"))


class Ids:
    """Ids that exist, for paths and bodies: random ones would only ever be unknown."""

    def __init__(self, world: World) -> None:
        self._world = world

    def known(self, name: str) -> list[str]:
        """Return ids of what a parameter or field names."""
        world = self._world
        tables: dict[str, Any] = {
            "machine_id": world.machines,
            "pool_id": world.pools,
            "workflow_id": world.workflows,
            "connection_id": world.connections,
            "log_id": world.request_logs,
            "tag_id": world.workflow_tags,
            "group_id": world.workflow_tag_groups,
            "trajectory_id": world.trajectories,
            "attachment_id": world.run_attachments,
            "model_configuration_id": world.model_configurations,
        }
        if name == "run_id":
            return [run["id"] for run in world.list_runs(limit=50, fields=[])[0]]
        return list(tables.get(name, ()))

    def put_into(self, values: Any) -> None:
        """Replace two of three generated ids by known ones; which follows from the generated value."""
        for name, value in values.items() if isinstance(values, dict) else ():
            known = self.known(name)
            dice = zlib.crc32(str(value).encode())
            if known and isinstance(value, str) and dice % 3:
                values[name] = known[dice % len(known)]


@pytest.fixture(scope="module")
def fleet() -> World:
    """Make a small fleet whose time stands still."""
    return World(WorldOptions(runs=40, trajectories=6, speed=0.0, screens=False))


@pytest.fixture(scope="module")
def described(fleet: World) -> Any:
    """Read the description of the API in front of it."""
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(fleet))


@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_as_described(described: Any, fleet: World, name: str) -> None:
    """No request gives a status, media type or body that is not described, least of all a 500, or passes keyless."""
    method, path = name.split()
    for machine_id in fleet.machines:
        fleet.update_machine(machine_id, {"status": "connected"})
    ids = Ids(fleet)
    headers = {"Authorization": f"Bearer {fleet.api_key}"}

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(case=described[path][method].as_strategy())
    def send(case: schemathesis.Case[Any]) -> None:
        for values in (case.path_parameters, case.query, case.body):
            ids.put_into(values)
        fleet.clock.advance(5)
        case.call_and_validate(headers=headers, checks=CHECKS)

    send()
