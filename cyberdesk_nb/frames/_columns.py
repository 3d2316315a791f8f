"""What a table is: a declared tuple of columns, each with where it comes from and what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.frames._problems import ProblemLog

Dtype = Literal["string", "lines", "json", "category", "time", "integer", "count", "number", "boolean"]

IDENTITY = "identity"
"""The group of columns that every frame has, whatever was chosen."""

STRING: Any = pd.StringDtype("pyarrow", na_value=np.nan)
"""The one text dtype of this package, pandas' own default `str`, held in Arrow.

It compares and merges with a user's plain strings without a second kind of missing value in boolean masks, and
Parquet gives it back unchanged; `string[pyarrow]` with pd.NA and `ArrowDtype` do neither.
"""

_PANDAS: dict[Dtype, Any] = {
    "string": STRING,
    "lines": STRING,
    "json": STRING,
    "time": pd.DatetimeTZDtype("us", "UTC"),
    "integer": pd.Int64Dtype(),
    "count": pd.Int64Dtype(),
    "number": np.dtype("float64"),
    "boolean": pd.BooleanDtype(),
}


@dataclass(frozen=True, slots=True)
class Joined:
    """A field of another record, found among the `included` ones by the id that a column holds."""

    key: str
    kind: str
    field: str = "name"

    def __str__(self) -> str:
        return f"included {self.kind}.{self.field} by {self.key}"


@dataclass(frozen=True, slots=True)
class Derived:
    """A column computed from the columns that it `needs`; `formula` says how in words."""

    formula: str
    compute: Callable[[pd.DataFrame, ProblemLog], pd.Series]
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.formula


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        Name in the frame.
    dtype
        ``string``; ``lines`` (a list of strings as one text, a line each); ``json`` (any JSON value as text);
        ``category`` (known values first, unknown ones added); ``time``; ``integer``; ``count`` (length of a list);
        ``number``; ``boolean``.
    meaning
        What a value says, in one sentence.
    group
        Name under which columns are chosen together.
    source
        Dotted path in the API's record, or how the value is joined or derived; "" means a field of the same name.
    unit
        Unit of the values, "" where there is none.
    required
        Whether a record without it has a problem.
    categories
        Known values of a category, in their order.
    """

    name: str
    dtype: Dtype
    meaning: str
    group: str
    source: str | Joined | Derived = field(default="", kw_only=True)
    unit: str = field(default="", kw_only=True)
    required: bool = field(default=False, kw_only=True)
    categories: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def pandas_dtype(self) -> Any:
        """The dtype in the frame; a category grows by the unknown values that a frame holds."""
        if self.dtype == "category":
            return pd.CategoricalDtype(pd.Index(list(self.categories), dtype=STRING))
        return _PANDAS[self.dtype]

    @cached_property
    def path(self) -> tuple[str, ...]:
        """Keys from the record to the value; empty when it is joined or derived."""
        return tuple((self.source or self.name).split(".")) if isinstance(self.source, str) else ()


@dataclass(frozen=True, eq=False)
class Table:
    """A named tuple of columns.

    Attributes
    ----------
    name
        Plural noun of the API.
    columns
        The columns in the frame's order; each derived one after those that it needs.
    unlisted
        Fields of the API's record that this table leaves out on purpose. Fields that are neither here nor in
        `columns` are new to this version and are kept in the column ``extra``.
    key
        Field that names a row in a problem, as a dotted path.
    heavy
        Groups that come only when they are asked for.
    hidden
        Columns that others are computed from and that nobody asked for: read, and left out of the frame.
    """

    name: str
    columns: tuple[Column, ...]
    unlisted: tuple[str, ...] = ()
    key: str = "id"
    heavy: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    @cached_property
    def wire(self) -> tuple[Column, ...]:
        """The columns that are read from the record itself."""
        return tuple(column for column in self.columns if column.path)

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        """The columns in the frame."""
        return tuple(column for column in self.columns if column.name not in self.hidden)

    @cached_property
    def known_fields(self) -> frozenset[str]:
        """Top-level fields of the record that this version knows."""
        return frozenset({column.path[0] for column in self.wire}.union(self.unlisted))

    @cached_property
    def keeps_extra(self) -> bool:
        """Whether unknown fields have a column."""
        return any(column.name == EXTRA.name for column in self.columns)


EXTRA = Column(
    "extra",
    "json",
    "Fields that the API sent and this version of the package does not know, as one JSON object.",
    "extra",
    source=Derived("fields of the record that this version does not know", lambda frame, _: frame["extra"]),
)
"""The column that keeps unknown fields; it stands last in each table of API records."""


def document(table: Table) -> pd.DataFrame:
    """Describe a table: a row for each column with its dtype, unit, group, source, meaning and known values.

    `comes` says whether the column is always there, there by default, or only on demand.
    """
    comes = {IDENTITY: "always"} | dict.fromkeys(table.heavy, "on demand")
    return pd.DataFrame(
        {
            "column": [column.name for column in table.columns],
            "dtype": [
                "category" if column.dtype == "category" else str(column.pandas_dtype) for column in table.columns
            ],
            "unit": [column.unit for column in table.columns],
            "group": [column.group for column in table.columns],
            "comes": [comes.get(column.group, "by default") for column in table.columns],
            "source": [".".join(column.path) or str(column.source) for column in table.columns],
            "meaning": [column.meaning for column in table.columns],
            "values": [", ".join(column.categories) for column in table.columns],
        },
        dtype=STRING,
    )
