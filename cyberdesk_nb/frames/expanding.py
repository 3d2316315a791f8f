"""JSON text of a column as Python objects, or spread into typed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
import pandas as pd

from cyberdesk_nb.errors import RequestError, printable
from cyberdesk_nb.frames._exact import read_exact
from cyberdesk_nb.frames._paths import path_name
from cyberdesk_nb.frames._problems import ProblemLog
from cyberdesk_nb.frames._spread import Node, columns_of, place

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS_MAX = 2000


def decode(values: pd.Series) -> pd.Series:
    """Read a column of JSON text as Python objects.

    Parameters
    ----------
    values
        Such as ``runs["output_data"]``.

    Returns
    -------
    pandas.Series
        Of dtype object, with the same index and name; None where a cell is missing or null. Integers are exact, a
        number that a float cannot hold is a `decimal.Decimal`. An object that repeats a key has its last value.

    Raises
    ------
    RequestError
        When a cell is no JSON text; it names the row.

    Examples
    --------
    >>> decode(pd.Series(['{"total": 9007199254740993}', None]))[0]["total"]
    9007199254740993
    """
    decoded: list[Any] = []
    for label, text in zip(values.index, values.tolist(), strict=True):
        try:
            decoded.append(None if _is_missing(text) else _read_plain(text))
        except ValueError as error:
            raise RequestError(
                f"Row {printable(str(label), 60)} of {printable(str(values.name), 60)!r} is no JSON text: {error}.",
                hint="Decode a column of dtype json; cd.columns(table) says which are.",
            ) from None
    return pd.Series(decoded, index=values.index, name=values.name, dtype=object)


def expand(frame: pd.DataFrame, column: str, *, max_depth: int | None = None) -> pd.DataFrame:
    """Spread a column of JSON objects into typed columns, one for each path, right after it.

    Parameters
    ----------
    frame
        With a column of JSON text; any such column, of any frame.
    column
        Its name, such as ``output_data``. It stays: it tells null from absent, and keeps what is no object.
    max_depth
        How many levels of objects are spread; deeper ones stay JSON text. None spreads all.

    Returns
    -------
    pandas.DataFrame
        A new frame with the same rows. A value at key ``total`` stands in ``output_data.total``, one in an object
        under ``address`` in ``output_data.address.city``; a key that is empty or holds one of ``. [ ] "`` is quoted:
        ``output_data["a.b"]``. ``attrs["expanded"]`` gives for each new column its path of keys and its kind: where a
        name was taken already, the column has a number behind it.

        The kind of a column is that of all its values: ``string``, ``boolean``, ``integer`` (64 bits), ``number``.
        Where they differ, are larger than their kind can hold exactly, or are lists, empty objects or objects that
        repeat a key, it is ``json``: each value as JSON text, which `decode` reads and ``explode`` then lengthens.
        Null and absent are both missing; a key that is null everywhere has a column of kind ``json``.

        Cells that are no JSON are missing in all new columns and are stated in ``attrs["problems"]``.

    Raises
    ------
    RequestError
        When the frame has no such column of text, or the objects have more than 2,000 different paths.

    Examples
    --------
    >>> frame = pd.DataFrame({"out": ['{"total": 3, "to": {"city": "Bonn"}}', '{"total": 4}', None]})
    >>> expand(frame, "out")[["out.total", "out.to.city"]].values.tolist()
    [[3, 'Bonn'], [4, nan], [<NA>, nan]]
    """
    if max_depth is not None and max_depth < 1:
        raise RequestError(f"max_depth={max_depth} spreads nothing.", hint="Use 1 or more, or None for all levels.")
    log = ProblemLog()
    root = _spread(_texts(frame, column), frame, column, max_depth, log)
    others = frame.drop(columns=_earlier(frame, column))
    made = list(columns_of(root, len(frame)))
    names = _free_names([path_name(column, path) for path, _, _ in made], others.columns)
    behind = list(others.columns).index(column) + 1
    spread = {name: cells.set_axis(frame.index) for name, (_, _, cells) in zip(names, made, strict=True)}
    expanded = pd.concat([others.iloc[:, :behind], pd.DataFrame(spread, index=frame.index), others.iloc[:, behind:]],
                         axis=1)  # fmt: skip
    kept = {name: entry for name, entry in _recorded(frame).items() if entry["column"] != column}
    fresh = {
        name: {"column": column, "path": list(path), "kind": kind}
        for name, (path, kind, _) in zip(names, made, strict=True)
    }
    expanded.attrs = log.added_to(frame.attrs)
    expanded.attrs["expanded"] = kept | fresh
    return expanded


def _spread(texts: Sequence[Any], frame: pd.DataFrame, column: str, max_depth: int | None, log: ProblemLog) -> Node:
    root = Node()
    ids: Sequence[Any] = frame["id"].tolist() if "id" in frame else [None] * len(frame)
    count = 0
    for row, text in enumerate(texts):
        if _is_missing(text):
            continue
        try:
            value = _read(text)
        except ValueError as error:
            log.add(ids[row] if isinstance(ids[row], str) else None, column, text, f"not JSON text: {error}")
            continue
        count += place(root, row, value, max_depth)
        if count > _COLUMNS_MAX:
            raise RequestError(
                f"The objects in {printable(column, 60)!r} have more than {_COLUMNS_MAX:,} different paths.",
                hint="Their keys are data rather than names: use max_depth=1, or cd.decode.",
            )
    return root


def _texts(frame: pd.DataFrame, column: str) -> list[Any]:
    places = [place for place, name in enumerate(frame.columns) if name == column]
    if len(places) != 1:
        what = "no column" if not places else f"{len(places)} columns"
        raise RequestError(
            f"The frame has {what} {printable(str(column), 60)!r}.", hint="Name one column of JSON text."
        )
    texts = frame.iloc[:, places[0]].tolist()
    if texts and not any(isinstance(text, str) for text in texts) and not all(map(_is_missing, texts)):
        raise RequestError(f"{printable(column, 60)!r} holds no text.", hint="Name a column of JSON text.")
    return texts


def _read(text: object) -> Any:
    if not isinstance(text, str):
        raise ValueError(f"it holds {type(text).__name__}")  # noqa: TRY004 - one kind of failure for a cell
    return read_exact(text)


def _read_plain(text: object) -> Any:
    """Read as `_read` does, several times faster where nothing is out of the ordinary."""
    try:
        return msgspec.json.decode(cast("str", text))
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return _read(text)


def _is_missing(value: object) -> bool:
    return not isinstance(value, str | list | dict) and pd.isna(cast("Any", value)) is True


def _recorded(frame: pd.DataFrame) -> dict[str, Any]:
    return cast("dict[str, Any]", frame.attrs.get("expanded") or {})


def _earlier(frame: pd.DataFrame, column: str) -> list[str]:
    """Name what an earlier call made of the same column: it is made anew."""
    return [name for name, entry in _recorded(frame).items() if entry["column"] == column and name in frame.columns]


def _free_names(names: list[str], taken: pd.Index) -> list[str]:
    used = set(map(str, taken))
    free: list[str] = []
    for name in names:
        number, candidate = 2, name
        while candidate in used or (candidate != name and candidate in names):
            candidate, number = f"{name} ({number})", number + 1
        used.add(candidate)
        free.append(candidate)
    return free
