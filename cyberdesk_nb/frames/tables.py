"""All tables by name, and their documentation as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import (
    attachments,
    connections,
    costs,
    machines,
    messages,
    pools,
    request_logs,
    run_checks,
    runs,
    step_rows,
    tags,
    trajectories,
    usage,
    workflows,
)
from cyberdesk_nb.frames._build import restore
from cyberdesk_nb.frames._columns import Table, document

if TYPE_CHECKING:
    import pandas as pd

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        runs.TABLE,
        run_checks.TABLE,
        attachments.TABLE,
        messages.TABLE,
        step_rows.TABLE,
        trajectories.TABLE,
        workflows.TABLE,
        tags.TABLE,
        tags.GROUPS,
        tags.LINKS,
        machines.TABLE,
        machines.MEMBERSHIP,
        pools.TABLE,
        connections.TABLE,
        request_logs.TABLE,
        usage.TABLE,
        costs.TOTALS,
        costs.TABLE,
    )
}


def columns(table: str) -> pd.DataFrame:
    """Describe the columns of a table.

    Parameters
    ----------
    table
        Name of the table: runs, machines, workflows, ...

    Returns
    -------
    pandas.DataFrame
        A row for each column, in order: ``column``, ``dtype``, ``unit``, ``group``, ``source`` (where in the API's
        record it comes from, or how it is computed), ``meaning``, ``values`` (known values of a category). All text.

    Raises
    ------
    RequestError
        For a name that is no table.

    Examples
    --------
    >>> columns("runs")["column"][0]
    'id'
    """
    return document(_table(table))


def as_table(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Give a frame that comes from a file or a database the declared dtypes and column order of a table again.

    Parquet keeps everything but the known values of a category in a frame without rows; CSV and SQL keep less.

    Parameters
    ----------
    frame
        Some or all columns of the table; other columns are left out.
    table
        Name of the table.

    Returns
    -------
    pandas.DataFrame
        A new frame with the same rows, numbered from 0, and the same ``attrs``.

    Raises
    ------
    RequestError
        For a name that is no table.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> as_table(runs_frame([]), "runs").shape == runs_frame([]).shape
    True
    """
    return restore(_table(table), frame)


def _table(name: str) -> Table:
    if name not in TABLES:
        raise RequestError(f"There is no table {name!r}.", hint=f"Tables are {', '.join(TABLES)}.")
    return TABLES[name]
