"""The tables of what was used: files, steps over time, and what the models of runs cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd
from pandas.tseries.frequencies import to_offset

from cyberdesk_nb import frames
from cyberdesk_nb.analysis.times.periods import period_starts
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import Columns
from cyberdesk_nb.models import AttachmentType, UsageMode
from cyberdesk_nb.workspace.source import Source
from cyberdesk_nb.workspace.when import When, as_time

if TYPE_CHECKING:
    from cyberdesk_nb.models import UsageAggregateResponse

_PERIODS_MAX = 1000


class UsageTables(Source):
    """Sums and lists of what runs used, as frames.

    `columns` and `strict` are those of `runs_frame` everywhere: names of columns and groups to have, and whether a
    value that cannot be read, or a row that cannot be reached, is an error.
    """

    def attachments(
        self,
        *,
        run_id: str | None = None,
        attachment_type: AttachmentType | str | None = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch what is known of files that went into runs or came out (`GET /v1/run-attachments`).

        Parameters
        ----------
        run_id
            Only the files of this run.
        attachment_type
            ``input`` or ``output``.

        Returns
        -------
        pandas.DataFrame
            As `attachments_frame`.
        """
        walk = self._client.run_attachments.iter(run_id=run_id, attachment_type=attachment_type)
        return self._frame(frames.attachments_frame, "attachments", walk, columns=columns, strict=strict)

    def usage(
        self,
        since: When = "30d",
        until: When = None,
        *,
        freq: str | None = None,
        tz: str = "UTC",
        mode: UsageMode | str = UsageMode.SIMULATED,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch the steps of a time, or of each period of it (`GET /v1/usage/aggregate`, one call for each row).

        Parameters
        ----------
        since, until
            The time, as in `runs`; `until` is not part of it and defaults to now.
        freq
            Any pandas offset, such as ``D``: one row for each period, the first and the last cut at `since` and
            `until`. None gives one row.
        tz
            Time zone whose days count.
        mode
            ``simulated`` sums all steps, ``billed`` those that are billed.

        Returns
        -------
        pandas.DataFrame
            As `usage_frame`, in order of time.

        Raises
        ------
        RequestError
            When the time is empty, or has more than 1,000 periods.
        """

        async def ask(period: tuple[datetime, datetime]) -> UsageAggregateResponse:
            return await self._client.usage.aggregate(*period, mode=mode)

        rows = self._each(ask, _periods(as_time(since), as_time(until) or datetime.now(UTC), freq, tz))
        return self._answered(frames.usage_frame, rows, columns=columns, strict=strict)

    def run_costs(
        self, *, since: When = None, until: When = None, columns: Columns = None, strict: bool = False
    ) -> pd.DataFrame:
        """Fetch what the models of each run cost in all (`GET /v1/usage/llm-costs`); columns as `run_costs_frame`.

        Parameters
        ----------
        since, until
            Bounds of the runs' ``created_at``, as in `runs`.
        """
        walk = self._client.usage.iter_llm_costs(from_date=as_time(since), to_date=as_time(until))
        named = self.api.workflows.iter()
        return self._frame(frames.run_costs_frame, "run_costs", walk, included=named, columns=columns, strict=strict)

    def llm_costs(self, run_ids: str | Iterable[str], *, columns: Columns = None, strict: bool = False) -> pd.DataFrame:
        """Fetch what each model of runs cost in each role (`GET /v1/runs/{run_id}/llm-costs`, one call for each run).

        Parameters
        ----------
        run_ids
            One id, or several, such as ``runs["id"]``.

        Returns
        -------
        pandas.DataFrame
            As `llm_costs_frame`, in the order of the ids.
        """
        ids = [run_ids] if isinstance(run_ids, str) else list(run_ids)
        rows = self._each(self._client.runs.get_llm_costs, ids)
        return self._answered(frames.llm_costs_frame, rows, columns=columns, strict=strict)


def _periods(start: datetime | None, end: datetime, freq: str | None, tz: str) -> list[tuple[datetime, datetime]]:
    """Cut a time into periods, each from its start to before its end."""
    if start is None or start >= end:
        raise RequestError("The time to sum over is empty.", hint='Give a start before the end, such as since="30d".')
    edges = [start, *_inner_edges(start, end, freq, tz), end] if freq is not None else [start, end]
    return list(pairwise(edges))


def _inner_edges(start: datetime, end: datetime, freq: str, tz: str) -> list[datetime]:
    try:
        if pd.Timestamp(start) + to_offset(freq) * _PERIODS_MAX < end:
            raise RequestError(f"That makes over {_PERIODS_MAX:,} periods, with one call each.",
                               hint="Use longer periods.")  # fmt: skip
        starts = period_starts(pd.Series(pd.DatetimeIndex([start, end])), freq, tz)[1]
    except (ValueError, ZeroDivisionError):
        raise RequestError(f"{freq!r} is no period.", hint='Use a pandas offset such as "D" or "W".') from None
    return [time for time in starts.tz_convert("UTC").to_pydatetime() if start < time < end]
