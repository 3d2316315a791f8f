"""What could not be read while a frame was built."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.errors import IncompleteError, printable
from cyberdesk_nb.frames._cells import encodable
from cyberdesk_nb.frames._json import text_of
from cyberdesk_nb.models import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHOWN_MAX = 200
"""How many problems a frame carries in full. pandas copies `attrs` with every operation, so the list stays short."""

_RAW_MAX = 200


class ProblemLog:
    """Collects the problems of one frame; a cell that was reported before is not reported twice.

    Where several rows go by one id, as the steps of a run do, equal ids and columns are no one cell.
    """

    def __init__(self, *, has_one_row_each: bool = True) -> None:
        self._has_one_row_each = has_one_row_each
        self.problems: list[Problem] = []
        self._seen: set[tuple[str, str]] = set()

    def add(self, row_id: str | None, column: str, raw: object, reason: str) -> None:
        """Note one value that could not be read; column "" stands for the whole row."""
        row_id = encodable(row_id) if row_id is not None else None
        self.extend([Problem(row_id, column, printable(text_of(raw) or "", _RAW_MAX), reason)])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take over problems that were found earlier, for example by the client."""
        for problem in problems:
            cell = (problem.row_id or "", problem.column)
            if self._has_one_row_each and all(cell) and cell in self._seen:
                continue
            self._seen.add(cell)
            self.problems.append(problem)

    def summary(self) -> dict[str, Any]:
        """Give what a frame carries in its attrs: counts of all problems, and the first ones in full."""
        return {
            "problem_count": len(self.problems),
            "problems_by_column": dict(Counter(problem.column for problem in self.problems)),
            "problems": [asdict(problem) for problem in self.problems[:SHOWN_MAX]],
        }

    def added_to(self, attrs: Mapping[Any, Any]) -> dict[Any, Any]:
        """Give the attrs of a frame with these problems among its own; one that it states already stays one."""
        stated = list(attrs.get("problems", ()))
        fresh = [problem for problem in map(asdict, self.problems) if problem not in stated]
        if not fresh:
            return dict(attrs)
        counts = Counter[str](attrs.get("problems_by_column", {})) + Counter[str](each["column"] for each in fresh)
        return {
            **attrs,
            "problem_count": attrs.get("problem_count", 0) + len(fresh),
            "problems_by_column": dict(counts),
            "problems": (stated + fresh)[:SHOWN_MAX],
        }

    def raise_any(self, table: str) -> None:
        """Raise when there is a problem (for `strict=True`)."""
        if not self.problems:
            return
        first = self.problems[0]
        where = f"{first.column or 'the whole row'} of {first.row_id or 'a row without an id'}"
        message = f"{len(self.problems)} values of {table} could not be read; first: {where}: {first.reason}."
        hint = "Use strict=False to keep the other values and find these in df.attrs['problems']."
        raise IncompleteError(message, hint=hint, problems=list(self.problems))
