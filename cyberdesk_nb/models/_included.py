"""Join the records that `include` brings beside a page to the records that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from cyberdesk_nb.models._base import ApiModel, relate
from cyberdesk_nb.models._parse import Problem, parse_record
from cyberdesk_nb.models.machines import MachineResponse
from cyberdesk_nb.models.pool_contents import PoolResponseWithIncludes
from cyberdesk_nb.models.pools import PoolResponse
from cyberdesk_nb.models.workflows import WorkflowResponse

M = TypeVar("M", bound=ApiModel)

Related = Mapping[tuple[str, str], ApiModel]

_MODELS: dict[str, type[ApiModel]] = {"workflow": WorkflowResponse, "machine": MachineResponse, "pool": PoolResponse}
_REFERENCES = {"workflow_id": "workflow", "machine_id": "machine"}


def parse_included(included: object) -> tuple[Related, list[Problem]]:
    """Read a page's `included` into records by (type, id); types not known here stay in the raw list only."""
    related: dict[tuple[str, str], ApiModel] = {}
    problems: list[Problem] = []
    for entry in cast("list[object]", included) if isinstance(included, list) else []:
        fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else dict[str, Any]()
        kind, row_id = str(fields.get("type")), str(fields.get("id"))
        if kind not in _MODELS:
            continue
        record, wrong = parse_record(_MODELS[kind], fields)
        problems += wrong
        if record is not None:
            related[kind, row_id] = record
    return related, problems


def attach_included(records: Sequence[M], related: Related) -> list[M]:
    """Give the records with their related records reachable: `run.workflow`, `run.machine.pools`, `pool.machines`.

    A machine's pools are those embedded in it; a pool's machines are the included ones that embed the pool.
    Where the API gave neither, they stay None: unknown, not empty.
    """
    machines = [record for record in related.values() if isinstance(record, MachineResponse)]
    return [_attach(record, related, machines) for record in records]


def _attach(record: M, related: Related, machines: Iterable[MachineResponse]) -> M:
    if isinstance(record, PoolResponseWithIncludes):
        return _with_machines(record, machines)
    for field, kind in _REFERENCES.items():
        target = related.get((kind, str(getattr(record, field, None))))
        if target is not None:
            relate(record, kind, target)
    return record


def _with_machines(pool: M, machines: Iterable[MachineResponse]) -> M:
    if getattr(pool, "machines", None) is not None:
        return pool
    members = [m for m in machines if m.pools is not None and any(p.id == getattr(pool, "id", None) for p in m.pools)]
    return pool.model_copy(update={"machines": members}) if members else pool
