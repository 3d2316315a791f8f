"""Machines, their pools and their connections: what users change, and what follows for the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cyberdesk_nb.simulator.chance import named_id
from cyberdesk_nb.simulator.engine.engine import Engine
from cyberdesk_nb.simulator.fleet.layout import DISPLAYS
from cyberdesk_nb.simulator.fleet.machines import PING_S, connection_record
from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.world.store import Record, Store, found

_PLAIN = ("name", "version", "hostname", "os_info", "alerts_enabled", "last_seen", "machine_parameters")


class Machines:
    """Changes machines, pools and connections, and keeps their records true to the dispatcher."""

    def __init__(self, store: Store, engine: Engine, book: RunBook) -> None:
        self._store = store
        self._engine = engine
        self._book = book
        self._blocked: set[str] = set()
        self._open = {row["machine_id"]: row for row in store.connections.values() if row["disconnected_at"] is None}

    # the present
    def refresh(self, now: datetime) -> None:
        """Bring status, availability, holds and pings of all machines up to `now`."""
        dispatcher = self._engine.dispatcher
        holds = {hold.slot: key for key, hold in dispatcher.sessions.items() if hold.slot is not None}
        for machine_id, slot in self._store.slots.items():
            record = self._store.machines[machine_id]
            row = self._open.get(machine_id)
            record["reserved_session_id"] = holds.get(slot)
            record["is_available"] = bool(dispatcher.idle >> slot & 1)
            record["status"] = "connected" if row is not None else _down_status(record)
            if row is not None:
                row["last_ping"] = record["last_seen"] = _ping(row["connected_at"], now)
            else:
                record["physical_server_id"] = None

    # machines
    def create(self, body: Record) -> Record:
        """MachineCreate: a machine that is not connected yet."""
        machine_id, now = self._store.new_id("machine"), self._store.clock.now()
        self._store.machines[machine_id] = {
            "id": machine_id,
            "unkey_key_id": body["unkey_key_id"],
            "status": "disconnected",
            "is_available": False,
            "alerts_enabled": True,
            "created_at": now,
            "last_seen": now,
            "name": body.get("name"),
            "version": body.get("version"),
            "hostname": body.get("hostname"),
            "os_info": body.get("os_info"),
            "machine_parameters": body.get("machine_parameters"),
            "machine_sensitive_parameters": self._sealed(machine_id, body.get("machine_sensitive_parameters")),
            "user_id": self._store.user_id,
            "organization_id": self._store.org_id,
            "reserved_session_id": None,
            "linked_keepalive_machine_id": None,
            "physical_server_id": None,
            "pools": None,
        }
        self._store.seat(machine_id, DISPLAYS.index(DISPLAYS[0]))
        return self._store.machines[machine_id]

    def update(self, machine_id: str, changes: Record) -> Record:
        """Apply MachineUpdate."""
        record, now = self._store.machine(machine_id), self._store.clock.now()
        if changes.get("reserved_session_id") is not None:
            raise Refusal(400, "A reservation can only be cleared: send null", code="reservation_not_settable")
        record.update({key: changes[key] for key in _PLAIN if key in changes and not _clears_required(key, changes)})
        if "machine_sensitive_parameters" in changes:
            record["machine_sensitive_parameters"] = self._sealed(machine_id, changes["machine_sensitive_parameters"])
        if "reserved_session_id" in changes:
            self._clear_reservation(machine_id, now)
            self._set_available(machine_id, now, is_available=True)
        if changes.get("status") is not None:
            self._set_status(machine_id, changes["status"], now)
        if changes.get("is_available") is not None:
            self._set_available(machine_id, now, is_available=changes["is_available"])
        self.refresh(now)
        return record

    def delete(self, machine_id: str) -> None:
        """Delete a machine with its connections and request logs; its runs stay, without it."""
        self._store.machine(machine_id)
        now, slot = self._store.clock.now(), self._store.slots[machine_id]
        # First of all, so that no waiting run is placed on a machine that is about to go.
        self._engine.disconnect(slot, now, "The machine was deleted during the run")
        self._clear_reservation(machine_id, now)
        for run in self._book.live(now):
            if run.wanted_machine_id == machine_id:
                self._engine.stop(run, now, "error", ["The machine that the run was to be placed on was deleted"])
        self._book.forget_machine(machine_id)
        self._store.pool_members -= {pair for pair in self._store.pool_members if pair[1] == machine_id}
        for table in (self._store.connections, self._store.request_logs):
            for key in [key for key, row in table.items() if row["machine_id"] == machine_id]:
                del table[key]
        for table in (self._store.machines, self._store.slots, self._open):
            table.pop(machine_id, None)
        self._recount(now)

    def _clear_reservation(self, machine_id: str, now: datetime) -> None:
        """Cancel the machine's run, end the hold and let the next run come."""
        slot = self._store.slots[machine_id]
        session = self._engine.dispatcher.holder(slot)
        if session is not None:
            self._engine.release_session(session, now)
            return
        number = self._engine.dispatcher.running.get(slot)
        if number is not None:
            self._engine.cancel(self._book.own[number], now)

    def _set_status(self, machine_id: str, status: str, now: datetime) -> None:
        if status != "connected" and machine_id in self._open:
            self._disconnect(self._open[machine_id], now, status)
        elif status != "connected":
            self._store.machines[machine_id]["status"] = status
        elif machine_id not in self._open:
            self.connect({"machine_id": machine_id, "websocket_id": f"ws_{self._store.new_id('websocket')[:18]}"})

    def _set_available(self, machine_id: str, now: datetime, *, is_available: bool) -> None:
        """Block a machine for new runs, or let it take part again."""
        slot = self._store.slots[machine_id]
        if not is_available:
            self._blocked.add(machine_id)
            self._engine.dispatcher.disconnect(slot)
        elif machine_id in self._blocked:
            self._blocked.discard(machine_id)
            if machine_id in self._open:
                self._engine.connect(slot, now)

    def _sealed(self, owner: str, secrets: Record | None) -> dict[str, str] | None:
        """Return an alias per secret; the secrets themselves are not kept."""
        return {key: named_id(self._store.options.seed, f"vault/{owner}", key) for key in secrets} if secrets else None

    # connections
    def connect(self, body: Record) -> Record:
        """ConnectionCreate: a machine connects; an older connection of it ends."""
        machine = self._store.machine(body["machine_id"])
        now, slot = self._store.clock.now(), self._store.slots[machine["id"]]
        if machine["id"] in self._open:
            self._disconnect(self._open[machine["id"]], now, "disconnected")
        row = connection_record(self._store.new_id("connection"), machine, now, slot)
        row["websocket_id"] = body["websocket_id"]
        for key in ("ip_address", "user_agent"):
            row[key] = body.get(key) or row[key]
        self._store.connections[row["id"]] = row
        self._open[machine["id"]] = row
        if machine["id"] not in self._blocked:
            self._engine.connect(slot, now)
        self.refresh(now)
        return row

    def update_connection(self, connection_id: str, changes: Record) -> Record:
        """Apply ConnectionUpdate; a disconnect takes the machine down and ends its run in an error."""
        row, now = found(self._store.connections, "Connection", connection_id), self._store.clock.now()
        status = changes.get("status")
        is_open = row["disconnected_at"] is None
        if is_open and (changes.get("disconnected_at") is not None or status in {"disconnected", "error"}):
            self._disconnect(row, changes.get("disconnected_at") or now, status or "disconnected")
        elif not is_open and status is not None:
            row["status"] = status
        if changes.get("last_ping") is not None:
            row["last_ping"] = changes["last_ping"]
        self.refresh(now)
        return row

    def delete_connection(self, connection_id: str) -> None:
        """Delete a row; an open connection ends with it."""
        row, now = found(self._store.connections, "Connection", connection_id), self._store.clock.now()
        if row["disconnected_at"] is None:
            self._disconnect(row, now, "disconnected")
        del self._store.connections[connection_id]
        self.refresh(now)

    def _disconnect(self, row: Record, at: datetime, status: str) -> None:
        machine_id, now = row["machine_id"], self._store.clock.now()
        row["disconnected_at"], row["status"] = at, status
        self._open.pop(machine_id, None)
        self._store.machines[machine_id]["status"] = status
        name = self._store.machines[machine_id]["name"] or machine_id
        words = f"Machine {name} disconnected during the run: its connection closed at {at:%H:%M:%S}"
        self._engine.disconnect(self._store.slots[machine_id], now, words)

    # pools
    def pools_of(self, machine_id: str) -> list[Record]:
        """Return the pools that a machine is in, by name."""
        self._store.machine(machine_id)
        return _by_name(self._store.pools[pool] for pool, machine in self._store.pool_members if machine == machine_id)

    def members_of(self, pool_id: str) -> list[Record]:
        """Return the machines of a pool, by name."""
        self._store.pool(pool_id)
        return _by_name(self._store.machines[machine] for pool, machine in self._store.pool_members if pool == pool_id)

    def set_pools(self, machine_id: str, pool_ids: Sequence[str]) -> Record:
        """Replace the set of a machine's pools."""
        machine = self._store.machine(machine_id)
        for pool_id in pool_ids:
            self._store.pool(pool_id)
        self._store.pool_members -= {pair for pair in self._store.pool_members if pair[1] == machine_id}
        self._store.pool_members |= {(pool_id, machine_id) for pool_id in pool_ids}
        self._recount(self._store.clock.now())
        return machine

    def create_pool(self, body: Record) -> Record:
        """PoolCreate -> PoolResponse."""
        pool_id, now = self._store.new_id("pool"), self._store.clock.now()
        self._store.pools[pool_id] = {
            "id": pool_id,
            "name": body["name"],
            "description": body.get("description"),
            "organization_id": self._store.org_id,
            "created_at": now,
            "updated_at": now,
            "pool_parameters": body.get("pool_parameters"),
            "pool_sensitive_parameters": self._sealed(pool_id, body.get("pool_sensitive_parameters")),
            "machine_count": 0,
        }
        return self._store.pools[pool_id]

    def update_pool(self, pool_id: str, changes: Record) -> Record:
        """Apply PoolUpdate."""
        pool = self._store.pool(pool_id)
        for key in ("description", "pool_parameters"):
            if key in changes:
                pool[key] = changes[key]
        pool["name"] = changes.get("name") or pool["name"]
        if "pool_sensitive_parameters" in changes:
            pool["pool_sensitive_parameters"] = self._sealed(pool_id, changes["pool_sensitive_parameters"])
        pool["updated_at"] = self._store.clock.now()
        return pool

    def delete_pool(self, pool_id: str) -> None:
        """Delete a pool; its machines survive."""
        self._store.pool(pool_id)
        del self._store.pools[pool_id]
        self._store.pool_members -= {pair for pair in self._store.pool_members if pair[0] == pool_id}
        self._recount(self._store.clock.now())

    def add_members(self, pool_id: str, machine_ids: Sequence[str]) -> Record:
        """Add machines to a pool."""
        pool = self._store.pool(pool_id)
        for machine_id in machine_ids:
            self._store.machine(machine_id)
        self._store.pool_members |= {(pool_id, machine_id) for machine_id in machine_ids}
        self._recount(self._store.clock.now())
        return pool

    def remove_members(self, pool_id: str, machine_ids: Sequence[str]) -> None:
        """Take machines out of a pool."""
        self._store.pool(pool_id)
        self._store.pool_members -= {(pool_id, machine_id) for machine_id in machine_ids}
        self._recount(self._store.clock.now())

    def _recount(self, now: datetime) -> None:
        for pool_id, pool in self._store.pools.items():
            pool["machine_count"] = sum(pair[0] == pool_id for pair in self._store.pool_members)
        self._engine.requeue(now)
        self.refresh(now)


def _by_name(records: Any) -> list[Record]:
    return sorted(records, key=lambda record: (record["name"] or "", record["id"]))


def _clears_required(key: str, changes: Record) -> bool:
    return changes[key] is None and key in {"alerts_enabled", "last_seen"}


def _down_status(record: Record) -> str:
    return "error" if record["status"] == "error" else "disconnected"


def _ping(since: datetime, now: datetime) -> datetime:
    """Return the last of the pings that an open connection sends."""
    return since + timedelta(seconds=max(0.0, (now - since).total_seconds()) // PING_S * PING_S)
