"""The seeded machines, their pools, and the rows of their connections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cyberdesk_nb.simulator.chance import mix, named_id, rng
from cyberdesk_nb.simulator.fleet.connections import Outage
from cyberdesk_nb.simulator.fleet.layout import Layout

Record = dict[str, Any]

_SITES = ("Ashford", "Brookline", "Carrick")
_PREFIXES = ("ASH", "BRK", "CRK")
_ROLES = ("reception", "intake", "billing", "claims", "ledger", "night shift")
_SYSTEMS = ("Windows 11 Pro 24H2 (26100)", "Windows 10 Enterprise LTSC (19044)", "Windows Server 2022 (20348)")
_VERSIONS = ("1.0.47", "1.0.47", "1.0.46", "0.0.39")
_POOLS = (
    ("Front office", "Machines that work beside the reception desks"),
    ("Billing", "Machines with the ERP and the payer portals"),
    ("Nightly batch", "Machines that are free for bulk work at night"),
)


def machine_records(seed: int, shape: Layout, org_id: str, user_id: str, since: datetime) -> list[Record]:
    """Return MachineResponse by slot, connected and available; the connections decide later."""
    return [_machine(seed, shape, slot, org_id, user_id, since) for slot in range(shape.size)]


def _machine(seed: int, shape: Layout, slot: int, org_id: str, user_id: str, since: datetime) -> Record:
    dice, site = rng(seed, 20, slot), shape.site(slot)
    machine_id = named_id(seed, "machine", slot)
    return {
        "id": machine_id,
        "unkey_key_id": f"key_{mix(seed, 21, slot):016x}",
        "status": "connected",
        "is_available": True,
        "alerts_enabled": slot % 3 != 2,
        "created_at": since - timedelta(days=dice.uniform(20, 200)),
        "last_seen": since,
        "name": f"{_SITES[site]} {_ROLES[6 * slot // shape.size % 6]} {slot + 1:02d}",
        "version": dice.choice(_VERSIONS),
        "hostname": f"{_PREFIXES[site]}-WS-{101 + slot}",
        "os_info": dice.choice(_SYSTEMS),
        "machine_parameters": {"site": _SITES[site], "printer": f"{_PREFIXES[site]}-PRN-{1 + slot % 2}"},
        "machine_sensitive_parameters": {"vpn_pin": named_id(seed, "vault", slot)} if slot % 4 == 0 else None,
        "user_id": user_id,
        "organization_id": org_id,
        "reserved_session_id": None,
        "linked_keepalive_machine_id": None,
        "physical_server_id": f"srv-{_PREFIXES[site].lower()}-{mix(seed, 22, site) % 10_000:04d}",
        "pools": None,
    }


def pool_records(seed: int, shape: Layout, org_id: str, since: datetime) -> list[Record]:
    """Return PoolResponse for each pool of the layout."""
    made = since - timedelta(days=19)
    return [
        {
            "id": named_id(seed, "pool", number),
            "name": name,
            "description": description,
            "organization_id": org_id,
            "created_at": made + timedelta(hours=number),
            "updated_at": made + timedelta(hours=30 + number),
            "pool_parameters": {"queue": name.lower().replace(" ", "-")},
            "pool_sensitive_parameters": None,
            "machine_count": len(shape.pools[number]),
        }
        for number, (name, description) in enumerate(_POOLS)
    ]


def connection_records(
    seed: int, slot: int, machine: Record, outages: Sequence[Outage], since: datetime, anchor: datetime
) -> list[Record]:
    """Return ConnectionResponse for each time between two outages, oldest first, and set the machine by the last."""
    starts = [since - timedelta(hours=rng(seed, 31, slot).uniform(1, 20)), *(outage.end for outage in outages)]
    rows: list[Record] = []
    for number, start in enumerate(starts):
        if start >= anchor:
            break
        outage = outages[number] if number < len(outages) else None
        rows.append(connection_record(named_id(seed, f"connection/{slot}", number), machine, start, slot))
        rows[-1]["last_ping"] = _last_ping(start, outage.start if outage else anchor)
        if outage is not None:
            rows[-1]["disconnected_at"] = outage.start
            rows[-1]["status"] = "disconnected" if outage.is_clean else "error"
    machine["last_seen"] = rows[-1]["last_ping"]
    machine["status"] = "connected" if rows[-1]["disconnected_at"] is None else "disconnected"
    return rows


def connection_record(connection_id: str, machine: Record, at: datetime, slot: int) -> Record:
    """Return the row of a websocket that opens at `at`."""
    return {
        "websocket_id": f"ws_{connection_id.replace('-', '')[:20]}",
        "id": connection_id,
        "machine_id": machine["id"],
        "connected_at": at,
        "disconnected_at": None,
        "last_ping": at,
        "status": "connected",
        "ip_address": f"10.{40 + slot // 250}.{1 + slot % 250}.{11 + slot % 200}",
        "user_agent": f"Cyberdriver/{machine['version'] or '1.0.47'}",
    }


PING_S = 15


def _last_ping(start: datetime, end: datetime) -> datetime:
    """Return the last of the pings that a connection sends every 15 seconds."""
    return start + timedelta(seconds=(end - start).total_seconds() // PING_S * PING_S)
