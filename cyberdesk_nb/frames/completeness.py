"""Whether a frame holds everything, and what of it could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb.errors import IncompleteError, RequestError
from cyberdesk_nb.frames._columns import STRING
from cyberdesk_nb.models import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS = ("row_id", "column", "raw", "reason")
_ASK_THE_ORIGINAL = "Ask the frame as ws or a *_frame function gave it, before it was filtered, joined or grouped."


def assert_complete(frame: pd.DataFrame, *, allow_problems: bool = False) -> pd.DataFrame:
    """Give a frame back when it is known to hold every row and every value that was asked for, and raise otherwise.

    Parameters
    ----------
    frame
        As `Workspace` or one of the ``*_frame`` functions gave it. pandas keeps what it says of itself in ``attrs``
        through most operations; one that dropped or added rows, or lost ``attrs``, cannot be known to be complete.
    allow_problems
        Let values pass that could not be read (`problems` lists them); rows must be there all the same.

    Returns
    -------
    pandas.DataFrame
        The same object.

    Raises
    ------
    IncompleteError
        With one sentence that says what is missing: rows that the server counted and did not give, entries that were
        no records, values that could not be read; or that it cannot be known, and why.

    Examples
    --------
    >>> from cyberdesk_nb.frames import pools_frame
    >>> fetched = {"complete": True, "server_total": 0, "rows": 0}
    >>> assert_complete(pools_frame([], completeness=fetched)).empty
    True
    """
    attrs = _attrs(frame)
    if attrs is None:
        raise IncompleteError("It cannot be known whether this frame is complete: it does not say how it was made.",
                              hint=_ASK_THE_ORIGINAL)  # fmt: skip
    record = attrs["completeness"]
    missing = [
        *(["nothing says whether its records are all there are"] if record is None else _unreached(record)),
        *_unlike(frame, attrs),
        *_dropped(attrs),
        *([] if allow_problems else _unread(attrs)),
    ]
    if missing:
        raise _incomplete(attrs, missing)
    return frame


def problems(frame: pd.DataFrame) -> pd.DataFrame:
    """List what could not be read while a frame was made.

    Parameters
    ----------
    frame
        As `Workspace` or one of the ``*_frame`` functions gave it.

    Returns
    -------
    pandas.DataFrame
        A row for each problem, in the order of the rows: ``row_id``, ``column`` ("" for a whole row), ``raw`` (the
        value as text, cut at 200 characters), ``reason``; all text. A frame carries its first 200 problems;
        ``attrs["problem_count"]`` counts them all.

    Raises
    ------
    RequestError
        When the frame does not say what could not be read.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> problems(runs_frame({"id": "r", "workflow_id": "w", "status": "error", "created_at": "soon"}))["column"][0]
    'created_at'
    """
    attrs = _attrs(frame)
    if attrs is None:
        raise RequestError("This frame does not say what could not be read.", hint=_ASK_THE_ORIGINAL)
    listed = pd.DataFrame(attrs["problems"], columns=list(_FIELDS), dtype=STRING)
    listed.attrs = {"table": attrs["table"], "problem_count": attrs["problem_count"]}
    return listed


def raise_unless_whole(frame: pd.DataFrame) -> None:
    """Raise when the frame's own record says that rows were not reached (for `strict=True`)."""
    if (record := frame.attrs["completeness"]) is not None and (missing := _unreached(record)):
        raise _incomplete(frame.attrs, missing)


def _attrs(frame: pd.DataFrame) -> Mapping[Any, Any] | None:
    """Give what a frame says of itself; None when it says nothing, or not enough."""
    needed = {"table", "completeness", "rows_in", "rows_dropped", "problem_count", "problems"}
    return frame.attrs if needed.issubset(frame.attrs) else None


def _unreached(record: Mapping[str, Any]) -> list[str]:
    if record.get("complete") is True:
        return []
    total, rows = record.get("server_total"), record.get("rows")
    counted = "" if total is None else f" (the server counted {total:,} rows"
    fetched = "" if rows is None else f"{', ' if counted else ' ('}{rows:,} came"
    return [f"{record.get('why') or 'not every row was reached'}{counted}{fetched}{')' if counted or fetched else ''}"]


def _unlike(frame: pd.DataFrame, attrs: Mapping[Any, Any]) -> list[str]:
    made = attrs["rows_in"] - attrs["rows_dropped"]
    if len(frame) == made:
        return []
    return [f"it has {len(frame):,} rows and was made with {made:,}, so that rows were taken away or added since"]


def _dropped(attrs: Mapping[Any, Any]) -> list[str]:
    return [f"{attrs['rows_dropped']:,} rows could not be read at all"] if attrs["rows_dropped"] else []


def _unread(attrs: Mapping[Any, Any]) -> list[str]:
    # A dropped row is a problem, too, and was counted above.
    count = attrs["problem_count"] - attrs["rows_dropped"]
    columns = ", ".join(name for name in attrs.get("problems_by_column", ()) if name)
    return [f"{count:,} values could not be read{f' (in {columns})' if columns else ''}"] if count > 0 else []


def _incomplete(attrs: Mapping[Any, Any], missing: list[str]) -> IncompleteError:
    return IncompleteError(
        f"The frame of {attrs['table']} is not known to be complete: {'; '.join(missing)}.",
        hint="cd.problems(df) lists values, df.attrs['completeness'] says how the rows were fetched.",
        problems=[Problem(**problem) for problem in attrs["problems"]],
        completeness=attrs["completeness"],
    )
