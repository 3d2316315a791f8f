"""A list of runs that changes with every request, as a live fleet's does."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.client.server import Request, Wire

START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class LiveList:
    """Serves GET /v1/runs over rows that come, go and flip between any two requests."""

    count: int = 1000
    inserts: int = 0
    deletes: int = 0
    flips: int = 0
    ties: int = 0
    cap: int = 1000
    is_short: bool = False
    repeats: int = 0
    hidden: float = 0.0
    order: str = "created_at"
    total: Any = "true"
    seed: int = 3
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    gone: set[str] = field(default_factory=set[str])
    requests: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        at = START
        for index in range(self.count):
            is_tied = self.count // 3 <= index < self.count // 3 + self.ties
            at += timedelta(seconds=0 if is_tied else round(self.chance.expovariate(1 / 600), 6))
            self.insert(at)
        self.first = {row["id"] for row in self.rows}

    def insert(self, at: datetime) -> None:
        """Add a row."""
        identity = str(UUID(int=self.chance.getrandbits(128)))
        stamp = at.isoformat().replace("+00:00", "Z")
        self.rows.append(
            {
                "id": identity,
                "workflow_id": "w",
                "machine_id": None,
                "status": "running",
                "created_at": stamp,
                "updated_at": stamp,
                "at": at,
            }
        )

    @property
    def lasting(self) -> set[str]:
        """The rows that were there from beginning to end."""
        return self.first - self.gone

    def change(self) -> None:
        """Let the fleet live for a moment."""
        newest = max((row["at"] for row in self.rows), default=START)
        for _ in range(self.inserts):
            newest += timedelta(seconds=1)
            self.insert(newest)
        for _ in range(min(self.deletes, len(self.rows))):
            row = self.rows.pop(self.chance.randrange(len(self.rows)))
            self.gone.add(row["id"])
        for row in self.chance.sample(self.rows, min(self.flips, len(self.rows))):
            row["status"] = self.chance.choice(["running", "success", "error"])
            row["updated_at"] = (newest + timedelta(seconds=self.requests)).isoformat()

    def page(self, request: Request) -> dict[str, Any]:
        """Answer one list call."""
        start, end = (
            datetime.fromisoformat(text) if (text := request.one(f"created_at_{edge}")) else None
            for edge in ("from", "to")
        )
        found = [r for r in self.rows if (start is None or r["at"] >= start) and (end is None or r["at"] <= end)]
        if self.order == "created_at":
            found.sort(key=lambda row: (row["at"], self.chance.random() if self.ties else row["id"]), reverse=True)
        elif self.order == "shuffled":
            found.sort(key=lambda row: row["id"])
        elif self.order == "updated_at":
            found.sort(key=lambda row: row["updated_at"], reverse=True)
        skip, limit = int(request.one("skip") or 0), min(int(request.one("limit") or 100), self.cap)
        if self.is_short:
            limit = max(1, self.chance.randint(limit // 2, limit))
        items = [{key: value for key, value in row.items() if key != "at"} for row in found[skip : skip + limit]]
        if self.hidden:
            items = [item for item in items if self.chance.random() >= self.hidden]
        items += items[: self.repeats]
        total = {"true": len(found), "page": len(items)}.get(self.total, self.total)
        if self.total == "growing":
            total = len(found) + 1000 * self.requests
        return {"items": items, "total": total, "skip": skip, "limit": limit}

    async def answer(self, request: Request, wire: Wire) -> None:
        """Answer, then change."""
        self.requests += 1
        body = self.page(request)
        self.change()
        await wire.reply(200, body)
