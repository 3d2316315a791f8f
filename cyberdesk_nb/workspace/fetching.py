"""Whole lists as frames: pages are read into columns as they come, and none is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb import frames
from cyberdesk_nb.client import Memory, PlainMemory, RawPage, Walk
from cyberdesk_nb.frames import Columns
from cyberdesk_nb.frames.digests import page_reader
from cyberdesk_nb.frames.parquet import FrameFile
from cyberdesk_nb.workspace.plain import watch
from cyberdesk_nb.workspace.portal import Portal

if TYPE_CHECKING:
    import pandas as pd


def fetch_frame(
    portal: Portal,
    build: Callable[..., pd.DataFrame],
    label: str,
    walks: Sequence[Walk[Any]],
    *,
    memory: Callable[[], Memory] = PlainMemory,
    **options: Any,
) -> pd.DataFrame:
    """Walk lists to their ends, one after another, and build one frame of all rows.

    Parameters
    ----------
    build
        A function such as `frames.runs_frame`.
    label
        Name of the list, and of the progress bar that shows when it takes long.
    memory
        Makes what each page gathers in.
    options
        Handed on to `build`: columns, included, strict.

    Returns
    -------
    pandas.DataFrame
        Page after page: the newest first where a list tells when its rows were created, else as they came.
        ``attrs["completeness"]`` is the record of the walks.
    """
    # A table of the list's own records is read into columns at once; others are made of the pages at the end.
    is_own = build is getattr(frames, f"{label}_frame", None)
    read: Callable[[RawPage], Any] = page_reader(label, options.get("columns")) if is_own else lambda page: page
    pages: list[tuple[datetime | None, Any]] = []

    async def gather() -> None:
        for walk in walks:
            async with aclosing(walk.raw_pages(memory)) as raw:
                async for page in raw:
                    pages.append((page.newest, read(page)))  # noqa: PERF401 - what came so far is counted

    watch(portal, walks, label, gather)
    record = together([walk.completeness.to_dict() for walk in walks])
    frame = build(_in_order(pages), completeness=record, **options)
    frame.attrs["completeness"]["problems"] = frame.attrs["problem_count"]
    warn_of(frame)
    return frame


def fetch_file(
    portal: Portal,
    build: Callable[..., pd.DataFrame],
    label: str,
    walk: Walk[Any],
    path: str | PathLike[str],
    *,
    columns: Columns = None,
    strict: bool = False,
) -> Path:
    """Walk a list, whose newest rows come first, to its end, and write the frame of its rows to a Parquet file.

    Pages are written as they come; arguments are those of `fetch_frame`. The file appears when it is whole.
    """
    read = page_reader(label, columns)

    async def gather() -> pd.DataFrame:
        with FrameFile(path, build, columns=columns, strict=strict) as file:
            async with aclosing(walk.raw_pages()) as raw:
                async for page in raw:
                    digest = read(page)
                    file.take(digest, digest.rows)
            return file.finish(walk.completeness.to_dict(), newest_first=True)

    warn_of(watch(portal, [walk], label, gather))
    return Path(path)


def newest_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort a frame by creation, which its pages mostly are already: a sorted copy takes as much memory again."""
    if "created_at" not in frame or frame["created_at"].is_monotonic_decreasing:
        return frame
    return frame.sort_values("created_at", ascending=False, kind="stable", ignore_index=True)


def together(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Give one completeness record for one or several walks: counts added up, complete when all are."""
    if len(records) == 1:
        return records[0]
    totals = [record["server_total"] for record in records]
    return {
        "server_total": sum(totals) if None not in totals else None,
        "rows": sum(record["rows"] for record in records),
        "complete": all(record["complete"] for record in records),
        "why": "; ".join(dict.fromkeys(record["why"] for record in records)),
        "walks": records,
    }


def warn_of(frame: pd.DataFrame) -> None:
    """Say once, with their number, that values could not be read."""
    count = frame.attrs["problem_count"]
    if count:
        columns = ", ".join(sorted(name or "(row)" for name in frame.attrs["problems_by_column"])[:5])
        warnings.warn(
            f"{count} values of {frame.attrs['table']} could not be read (in: {columns}); "
            "frame.attrs['problems'] lists them.",
            UserWarning,
            stacklevel=4,
        )


def _in_order(pages: list[tuple[datetime | None, Any]]) -> Iterator[Any]:
    """Give the pages away, so that each is gone once it is built into the frame."""
    if all(newest is not None for newest, _ in pages):
        pages.sort(key=lambda page: cast("datetime", page[0]))
    else:
        pages.reverse()
    while pages:
        yield pages.pop()[1]
