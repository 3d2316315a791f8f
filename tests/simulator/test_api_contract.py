"""The simulator's description of itself, held against the facts of the API contract in `contract/*.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator import notation

FACTS = Path(__file__).parent / "contract"
OPERATIONS: dict[str, Any] = json.loads((FACTS / "operations.json").read_text(encoding="utf-8"))
MODELS: dict[str, Any] = json.loads((FACTS / "models.json").read_text(encoding="utf-8"))
WEBHOOKS = {"DownedMachine", "DownedMachinesEvent", "RunCompletedEvent", "RunCompletedWebhookRunPayload"}
OUR_ERRORS = {"StructuredError", "DriverError"}


@pytest.fixture(scope="module")
def document(api: httpx.Client) -> dict[str, Any]:
    """Read what the simulator says of itself."""
    return api.get("/openapi.json").json()


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_is_the_contracts(document: dict[str, Any], name: str) -> None:
    """Each operation has the contract's parameters, types, defaults, ranges, body, headers and answers."""
    fact, told = OPERATIONS[name], notation.operations(document)[name]
    # The contract names few errors; ours say more about them, and never less.
    said = {status: kind for status, kind in told["answers"].items() if status in fact["answers"]}
    said = {status: "none" if kind in OUR_ERRORS else kind for status, kind in said.items()}
    assert {**told, "answers": said} == fact


def test_no_operation_is_made_up(document: dict[str, Any]) -> None:
    """The simulator describes the contract's operations, and no other."""
    assert notation.operations(document).keys() == OPERATIONS.keys()


def test_models_are_the_contracts(document: dict[str, Any]) -> None:
    """Each model has the contract's fields, with type, nullability, presence and default; each enum its values."""
    told = notation.models(document)
    assert told.keys() - OUR_ERRORS == MODELS.keys() - WEBHOOKS
    assert {name: told[name] for name in MODELS.keys() - WEBHOOKS} == {
        name: fact for name, fact in MODELS.items() if name not in WEBHOOKS
    }
