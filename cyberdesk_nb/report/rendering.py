"""A report as one page: the template filled in, under a policy that lets nothing in and nothing run."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cyberdesk_nb._version import __version__
from cyberdesk_nb.report.cells import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyberdesk_nb.report.blocks import Section
    from cyberdesk_nb.report.study import Scope
    from cyberdesk_nb.report.summary import Summary

_PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class Listed:
    """An attached frame in the page's list: where it is, in words, and the address behind its name."""

    name: str
    title: str
    rows: int
    columns: int
    size: str
    place: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """Where a run's replay is, or why there is none."""

    href: str | None
    why: str = ""


def render(
    scope: Scope,
    summary: Summary,
    sections: Sequence[Section],
    *,
    attachments: Sequence[Listed] = (),
    frame_notes: Sequence[str] = (),
    replays: Mapping[str, Replay] | None = None,
    no_replays: str = "",
    base: str = "",
) -> str:
    """Fill in the page; every text in it is escaped.

    Inside of another page its links to itself need that as their `base`: they would lead to the page around it. The
    policy forbids such a thing to whatever comes after it.
    """
    template, style = _parts()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'sha256-{digest}'"
    return template.render(
        policy=policy,
        # The style is ours, and quotes in it must stay quotes.
        style=Markup(style),  # noqa: S704
        title=f"Fleet report: {scope.source}",
        scope=scope_line(scope),
        summary=summary,
        sections=sections,
        attachments=attachments,
        frame_notes=frame_notes,
        replays=replays or {},
        no_replays=no_replays,
        base=base,
        made=f"Made {moment(scope.made_at, scope.tz)} by cyberdesk_nb {__version__}.",
    )


def scope_line(scope: Scope) -> str:
    """Say in one line which runs a report is about."""
    since = "the beginning" if scope.since is None else moment(scope.since, scope.tz)
    narrowed = "".join(f"; {kind}: {name}" for kind, name in scope.filters.items())
    return f"Runs created from {since} to {moment(scope.until, scope.tz)}{narrowed or '; the whole fleet'}"


@cache
def _parts() -> tuple[Template, str]:
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html"), (_PAGE / "report.css").read_text(encoding="utf-8")
