"""The tables of machines and of their membership in pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Table
from cyberdesk_nb.frames._derive import json_items, per_text
from cyberdesk_nb.frames._embedded import build_embedded
from cyberdesk_nb.frames._problems import ProblemLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

STATUSES = ("connected", "disconnected", "error")


def _pool_names(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    return per_text(frame["pools"], lambda text: ", ".join(str(pool.get("name")) for pool in json_items(text)))


# fmt: off
TABLE = Table(
    "machines",
    (
        Column("id", "string", "Id of the machine.", "identity", required=True),
        Column("name", "string", "Its name; names are not unique.", "identity"),
        Column("hostname", "string", "Name of the computer.", "identity"),
        Column("status", "category", "Whether its connection is up.", "state", required=True, categories=STATUSES),
        Column("is_available", "boolean", "Whether a run may be placed on it.", "state", required=True),
        Column("reserved_session_id", "string", "Session that holds it.", "state"),
        Column("last_seen", "time", "When it was last heard of.", "timing", required=True),
        Column("created_at", "time", "When it was registered.", "timing", required=True),
        Column("pool_names", "string", "Names of its pools, joined by commas; missing when pools were not asked for.",
               "pools", source=Derived("names in pools", _pool_names, ("pools",))),
        Column("pools", "json", "Its pools, with include=pools.", "pools"),
        Column("version", "string", "Version of the desktop client.", "system"),
        Column("os_info", "string", "Operating system.", "system"),
        Column("physical_server_id", "string", "Host of the connection; missing while disconnected.", "system"),
        Column("alerts_enabled", "boolean", "Whether downtime is reported.", "config", required=True),
        Column("machine_parameters", "json", "Parameters for its runs.", "config"),
        Column("machine_sensitive_parameters", "json", "Vault aliases of secret parameters.", "config"),
        Column("linked_keepalive_machine_id", "string", "Machine that keeps it awake.", "config"),
        Column("unkey_key_id", "string", "Id of the key that it connected with.", "owner", required=True),
        Column("user_id", "string", "Who registered it.", "owner"),
        Column("organization_id", "string", "Organization that owns it.", "owner"),
        EXTRA,
    ),
    unlisted=("included",),
)

MEMBERSHIP = Table(
    "machine_pools",
    (
        Column("machine_id", "string", "Machine.", "identity", source="machine.id", required=True),
        Column("machine_name", "string", "Its name.", "identity", source="machine.name"),
        Column("pool_id", "string", "Pool that it is in.", "identity", source="id", required=True),
        Column("pool_name", "string", "Name of that pool.", "identity", source="name"),
    ),
    key="machine.id",
)
# fmt: on


def machines_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of machines (`GET /v1/machines`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("machines")``.

    Examples
    --------
    >>> machines_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)


def machine_pools_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame with a row for each machine and pool that it is in (`GET /v1/machines?include=pools`).

    Parameters
    ----------
    records
        Machines that embed their pools, in any form that `machines_frame` takes. A machine without pools, or that was
        fetched without them, has no row.
    columns, included, completeness, strict
        As in `runs_frame`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``columns("machine_pools")``.

    Examples
    --------
    >>> machine_pools_frame({"id": "m", "name": "VM 4", "pools": [{"id": "p", "name": "Night"}]}).pool_name[0]
    'Night'
    """
    return build_embedded(
        MEMBERSHIP,
        records,
        "pools",
        "machine",
        columns=columns,
        included=included,
        completeness=completeness,
        strict=strict,
    )
