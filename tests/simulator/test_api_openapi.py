"""The simulator's description of itself, held against the official SDK's generated client."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from enum import Enum
from types import ModuleType
from typing import Any

import httpx
import pytest

from cyberdesk_nb.simulator import Simulator

PACKAGE = "openapi_client.cyberdesk_cloud_client"
LOGIN_PLUMBING = "cyberdriver_auth"
UNSET = importlib.import_module(f"{PACKAGE}.types").UNSET
SERVER_DEFAULTS = {("/v1/runs", "sort_mode"): "activity", ("/v1/usage/aggregate", "mode"): "simulated"}


def operations() -> Iterator[tuple[str, ModuleType]]:
    """Give every generated operation of the SDK: its name and its module."""
    api = importlib.import_module(f"{PACKAGE}.api")
    for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        name = found.name.rsplit(".", 1)[-1]
        if not found.ispkg and LOGIN_PLUMBING not in found.name:
            yield name, importlib.import_module(found.name)


def request_of(module: ModuleType) -> tuple[str, str, dict[str, inspect.Parameter]]:
    """Give the method, the path template and the parameters of an operation."""
    parameters = dict(inspect.signature(module._get_kwargs).parameters)
    source = inspect.getsource(module._get_kwargs)
    method, path = (source.split(f'"{key}": "', 1)[1].split('"', 1)[0] for key in ("method", "url"))
    return method, path, parameters


@pytest.fixture(scope="module")
def described(sim: Simulator) -> dict[str, Any]:
    """Read what the simulator says of itself, which needs no key."""
    return httpx.get(f"{sim.url}/openapi.json").json()


@pytest.mark.parametrize(
    ("name", "module"), list(operations()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_operation_is_described_as_the_sdk_calls_it(described: dict[str, Any], name: str, module: ModuleType) -> None:
    """Each operation has the SDK's path, parameters, defaults, body, key header and parsed statuses."""
    method, path, parameters = request_of(module)
    operation = described["paths"][path][method]
    declared = {one["name"].replace("-", "_").lower(): one for one in operation.get("parameters", [])}
    assert set(declared) == set(parameters) - {"body"}
    for parameter, one in declared.items():
        default = parameters[parameter].default
        expected = SERVER_DEFAULTS.get((path, parameter), None if default is UNSET else default)
        if default is not inspect.Parameter.empty:
            assert one["schema"].get("default") == expected, parameter
        assert one["required"] == (default is inspect.Parameter.empty), parameter
    assert ("requestBody" in operation) == ("body" in parameters)
    assert parsed_statuses(module) <= {int(status) for status in operation["responses"]}
    assert operation["operationId"].replace("__", "_").strip("_") == name


def parsed_statuses(module: ModuleType) -> set[int]:
    """Give the statuses that the SDK can parse for an operation."""
    source = inspect.getsource(module._parse_response)
    return {int(line.split("==")[1].strip(" :")) for line in source.splitlines() if "response.status_code ==" in line}


def test_enums_list_the_values_of_the_sdk(described: dict[str, Any]) -> None:
    """Each enum of the description has exactly the SDK's values."""
    sdk = importlib.import_module(f"{PACKAGE}.models")
    enums = {
        name: set(schema["enum"]) for name, schema in described["components"]["schemas"].items() if "enum" in schema
    }
    assert len(enums) > 10
    for name, values in enums.items():
        known: type[Enum] = getattr(sdk, name)
        assert values == {member.value for member in known}, name


def test_the_description_needs_no_network(sim: Simulator) -> None:
    """There is no documentation page that would load scripts from elsewhere."""
    headers = {"Authorization": f"Bearer {sim.api_key}"}
    assert {httpx.get(f"{sim.url}/{page}", headers=headers).status_code for page in ("docs", "redoc")} == {404}
