"""Lists that change or lie between one page and the next."""

from __future__ import annotations

import random
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from cyberdesk_nb.simulator.faults.answers import Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.fault import Fault

_TRIES = 8
_LIMIT_MAX = 1000

Row = dict[str, Any]


class Rows(Fault):
    """Moves rows between pages, hides or repeats them, and lies about their number; other answers stay as they are.

    `insert` and `delete` are real: rows are made and deleted through the API itself, so all other answers agree with
    them. The rest is told for one page only.
    """

    fault: Literal["rows"] = "rows"
    insert: Annotated[int, Field(ge=0, le=100)] = 0
    """Rows that are made, as copies of others, before each page."""
    delete: Annotated[int, Field(ge=0, le=100)] = 0
    """Rows that are deleted before each page, where possible from those that came on earlier pages."""
    slide: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """So many rows slid in ahead of each page (rows come twice), or with a minus out (rows are never shown)."""
    jitter: Annotated[int, Field(ge=0, le=1000)] = 0
    """Each page but the first begins up to so many rows too early or too late, as if the order had changed."""
    shuffle: bool = False
    """Rows of a page come in another order."""
    repeat: Annotated[int, Field(ge=0, le=1000)] = 0
    """Rows that come twice on the same page."""
    hide: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the rows that are left out, others at each turn."""
    longer: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """So many rows more than `limit` asked for, or with a minus fewer."""
    total: Literal["page", "zero", "negative", "grows", "shrinks", "text", "null", "missing"] | int | None = None
    """What `total` says: only the page's own rows, more or fewer at each turn, nothing readable; a number is added to
    the truth."""

    async def on_request(self, asked: Asked, dice: Dice) -> Answer | None:
        """Change the list itself, and what is asked of it."""
        if asked.method != "GET":
            return
        for number in range(self.insert):
            await _insert(asked, dice, number)
        for number in range(self.delete):
            await _delete(asked, dice, number)
        skip, limit = _number(asked, "skip", 0), _number(asked, "limit", 100)
        if skip and limit:
            off = round((2 * dice.unit(asked.identity, asked.turn) - 1) * self.jitter)
            asked.ask_for(skip=max(0, skip - self.slide * (skip // limit) + off))
        if self.longer:
            asked.ask_for(limit=min(_LIMIT_MAX, max(1, limit + self.longer)))

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Change what the page shows and says."""
        fields = _page(answer)
        if not fields:
            return answer
        shown = self._shown(fields["items"], asked, dice)
        if "skip" in fields and "limit" in fields:
            told = dict(asked.told)
            fields |= {"skip": _whole(told.get("skip"), 0), "limit": _whole(told.get("limit"), 100)}
        fields["items"] = shown
        self._count(fields, asked.turn)
        return answer.with_json(fields)

    def _shown(self, rows: list[Row], asked: Asked, dice: Dice) -> list[Row]:
        place = (asked.identity, asked.turn)
        kept = [row for row in rows if dice.unit("hide", row.get("id"), *place) >= self.hide]
        twice = [dice.pick(kept, "repeat", number, *place) for number in range(self.repeat if kept else 0)]
        shown = [*kept, *twice]
        if self.shuffle:
            random.Random(dice.number("shuffle", *place)).shuffle(shown)
        return shown

    def _count(self, page: Row, turn: int) -> None:
        true = page.get("total")
        if self.total is None or not isinstance(true, int):
            return
        if self.total == "missing":
            del page["total"]
            return
        lies: dict[object, object] = {
            "page": len(page["items"]),
            "zero": 0,
            "negative": -1,
            "grows": true + 10 * (turn + 1),
            "shrinks": max(0, true - 10 * (turn + 1)),
            "text": "many",
            "null": None,
        }
        page["total"] = lies[self.total] if self.total in lies else true + int(self.total)


async def _insert(asked: Asked, dice: Dice, number: int) -> None:
    """Make a row by sending back what the API takes of another one."""
    maker = asked.operations.find("POST", asked.path)
    if maker is None:
        return
    taken = asked.operations.resolve(maker.body, {}).get("properties", {})
    for attempt in range(_TRIES):
        row = await _some_row(asked, dice.number("insert", asked.identity, asked.turn, number, attempt))
        body = {name: value for name, value in row.items() if name in taken and value is not None}
        if "name" in body:
            body["name"] = f"{body['name']} (copy {dice.number(asked.identity, asked.turn, number) % 10**6})"
        made = await asked.ask("POST", asked.path, body=body)
        if made.status < 300:
            asked.notes.append(f"made {made.json()['id']}")
            return


async def _delete(asked: Asked, dice: Dice, number: int) -> None:
    """Delete a row, live runs and other rows that the API keeps excepted."""
    ahead = _number(asked, "skip", 0) or None
    for attempt in range(2 * _TRIES):
        # Live runs stand in front and cannot be deleted: in the end any row will do.
        among = ahead if attempt < _TRIES else None
        row = await _some_row(asked, dice.number("delete", asked.identity, asked.turn, number, attempt), among)
        if "id" in row and (await asked.ask("DELETE", f"{asked.path}/{row['id']}")).status < 300:
            asked.notes.append(f"deleted {row['id']}")
            return


async def _some_row(asked: Asked, chance: int, among: int | None = None) -> Row:
    filters = {name: value for name, value in asked.query if name not in ("skip", "limit", "fields")}
    total: int = _page(await asked.ask("GET", asked.path, query={**filters, "limit": 1})).get("total", 0)
    if not total:
        return {}
    skip = chance % min(total, among or total)
    page = _page(await asked.ask("GET", asked.path, query={**filters, "skip": skip, "limit": 1}))
    return page["items"][0] if page and page["items"] else {}


def _page(answer: Answer) -> Row:
    """Return a page of rows; empty where the answer is none."""
    content = answer.json() if answer.status == 200 else None
    page = cast("Row", content) if isinstance(content, dict) else {}
    return page if isinstance(page.get("items"), list) else {}


def _number(asked: Asked, name: str, default: int) -> int:
    return _whole(asked.one(name), default)


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default
