"""What a report is made of before it is a page: sections of tables, figures, words, and gaps that say why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    kind: ClassVar[str] = "words"
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that could not be made, and why."""

    kind: ClassVar[str] = "gap"
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as a data URI, its size in pixels of the page, and what is to be known beside it."""

    kind: ClassVar[str] = "figure"
    title: str
    source: str
    width: int
    height: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; numbers are right-aligned where `numeric` says so."""

    kind: ClassVar[str] = "table"
    title: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A run that failed: what it said, its last screen, and its replay.

    Attributes
    ----------
    run_id
        Which run.
    why
        What it stands for.
    facts
        Names and values that tell which run it is.
    error
        Its error text.
    screen
        Its last screen as a data URI; None when there is none.
    screen_note
        What the screen is, or why there is none.
    """

    run_id: str
    why: str
    facts: tuple[tuple[str, str], ...]
    error: str
    screen: str | None
    screen_note: str


@dataclass(frozen=True, slots=True)
class Examples:
    """Some runs that failed, with how many there are."""

    kind: ClassVar[str] = "examples"
    title: str
    runs: tuple[Example, ...]
    notes: tuple[str, ...] = ()


Block = Words | Gap | Figure | Table | Examples


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report with a place in its table of contents."""

    anchor: str
    title: str
    blocks: tuple[Block, ...] = field(default=())
