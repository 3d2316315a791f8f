"""Records, futures and ways to reach into a panel, shared by its tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import ipywidgets as w

from cyberdesk_nb.models import (
    MachineResponse,
    MachineStatus,
    PoolResponse,
    RunResponse,
    RunStatus,
    WorkflowResponse,
    WorkflowTagResponse,
)
from cyberdesk_nb.panels.parts import children_of, is_visible

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SENTINEL = "sentinel-4711-do-not-leak"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["patient", "day", "$password"],
    "properties": {
        "patient": {"type": "string", "title": "Patient", "minLength": 2},
        "day": {"type": "string", "format": "date"},
        "count": {"type": "integer", "minimum": 1, "default": 3},
        "address": {"type": "object", "properties": {"zip": {"type": "string", "pattern": "^[0-9]{5}$"}}},
        "$password": {"type": "string", "title": "EHR password", "minLength": 4},
    },
}
INPUTS = {"patient": "Doe", "day": "2026-01-02"}

T = TypeVar("T")


def workflow(
    name: str = "Patient lookup",
    schema: object = SCHEMA,
    prompt: str = "Look up.",
    *,
    key: int = 1,
    tags: tuple[str, ...] = (),
) -> WorkflowResponse:
    """Make a workflow; `schema` is text, or written as text."""
    return WorkflowResponse(
        id=f"00000000-0000-4000-8000-{key:012}",
        name=name,
        main_prompt=prompt,
        created_at=AT,
        updated_at=AT,
        input_schema=schema if schema is None or isinstance(schema, str) else json.dumps(schema),
        tags=[_tag(tag) for tag in tags],
    )


def _tag(name: str) -> WorkflowTagResponse:
    return WorkflowTagResponse.model_validate(
        {"id": name, "name": name, "organization_id": "o", "order": 0, "created_at": AT, "updated_at": AT}
    )


def pool(name: str, **parameters: Any) -> PoolResponse:
    """Make a pool that fills in `parameters`."""
    return PoolResponse(
        id=f"pool-{name}", name=name, organization_id="o", created_at=AT, updated_at=AT, pool_parameters=parameters
    )


def machine(
    name: str, *pools: PoolResponse, connected: bool = True, free: bool = True, **fields: Any
) -> MachineResponse:
    """Make a machine in `pools`."""
    return MachineResponse(
        id=f"machine-{name}",
        name=name,
        unkey_key_id="k",
        status=MachineStatus.CONNECTED if connected else MachineStatus.DISCONNECTED,
        is_available=free,
        alerts_enabled=False,
        created_at=AT,
        last_seen=AT,
        pools=list(pools),
        **fields,
    )


def run(
    status: RunStatus = RunStatus.SCHEDULING, *, steps: int = 0, run_id: str = "run-1", **fields: Any
) -> RunResponse:
    """Make a run with so many steps in its history."""
    started = None if status == RunStatus.SCHEDULING else AT + timedelta(seconds=9)
    record = {"workflow_id": "w", "machine_id": None, "started_at": started, "run_message_history": _history(steps)}
    return RunResponse.model_validate(record | fields | {"id": run_id, "status": status, "created_at": AT})


def _history(steps: int) -> list[dict[str, Any]]:
    use = {"type": "tool_use", "tool_name": "computer", "tool_input": {"action": "screenshot"}}
    return [{"role": "assistant", "content": [use | {"tool_use_id": str(n)}]} for n in range(steps)]


def settled(outcome: T | BaseException) -> Future[T]:
    """Make a future that has its result or error."""
    future: Future[T] = Future()
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future


class Ticks:
    """A timer that ticks when the test says so; `running` counts those not stopped."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []

    @property
    def running(self) -> int:
        """How many timers are not stopped."""
        return len(self._callbacks)

    def every(self, period_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Start a timer, as the panel is given it."""
        assert period_s > 0
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    def tick(self, times: int = 1) -> None:
        """Let every timer tick so often."""
        for _ in range(times):
            for callback in list(self._callbacks):
                callback()


def tree(widget: w.Widget) -> Iterator[w.Widget]:
    """Yield a widget and all inside it that is in view."""
    if isinstance(widget, w.DOMWidget) and not is_visible(widget):
        return
    yield widget
    for child in children_of(widget):
        yield from tree(child)


def control(root: w.Widget, label: str) -> Any:
    """Find the control with this label, as a user does; a star after it does not count."""
    found = [one for one in tree(root) if getattr(one, "description", "").removesuffix(" *") == label]
    assert len(found) == 1, f"{len(found)} controls {label!r}; there are {labels(root)}"
    return found[0]


def labels(root: w.Widget) -> list[str]:
    """Give the labels of all controls in view."""
    return [text for one in tree(root) if (text := getattr(one, "description", ""))]


def texts(root: w.Widget) -> list[str]:
    """Give the texts in view."""
    return [one.value for one in tree(root) if isinstance(one, w.Label)]


def below(root: w.Widget, label: str) -> list[str]:
    """Give the texts in the same frame as the control with this label."""
    wanted = control(root, label)
    frame = next(one for one in tree(root) if wanted in children_of(one))
    return texts(frame)
