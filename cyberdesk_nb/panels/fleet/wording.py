"""What the fleet panel says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cyberdesk_nb.panels.parts import one_line
from cyberdesk_nb.panels.wording import exact_words

MARKS = {
    "error": "▲",
    "offline": "✕",
    "unknown": "?",
    "unavailable": "⊘",
    "busy": "●",
    "reserved": "◐",
    "idle": "○",
}
"""A shape for each state, so that colour alone tells nothing."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def span_words(seconds: float) -> str:
    """Say how long, to the minute: ``1 min``, ``2 h 5 min``, ``3 d 4 h``."""
    return exact_words(seconds // 60 * 60) if seconds >= 60 else "less than a minute"


def moment_words(time: datetime, at: datetime) -> str:
    """Say when, in this computer's time: the time of day, with the day where it is not today's."""
    # A pandas Timestamp is a datetime that does not know its computer's zone.
    local, today = (one.to_pydatetime() if isinstance(one, pd.Timestamp) else one for one in (time, at))
    try:
        local, today = local.astimezone(), today.astimezone()
    except (OverflowError, ValueError, OSError):
        # At the ends of the calendar there is no local time.
        return f"{time:%Y-%m-%d} UTC"
    clock = f"{local:%H:%M}"
    if local.date() == today.date():
        return clock
    if timedelta(0) < today.date() - local.date() < timedelta(days=7):
        return f"{_DAYS[local.weekday()]} {clock}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {_MONTHS[local.month - 1]}{year} {clock}"


def count_words(count: int, noun: str) -> str:
    """Say how many: ``1 run``, ``2 runs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def name_words(row: Mapping[str, Any]) -> str:
    """Give the name to show: the id's beginning where there is none."""
    name = row["name"]
    return one_line(name, 80) if isinstance(name, str) and name.strip() else one_line(str(row["id"])[:8])


def state_words(row: Mapping[str, Any], at: datetime, since: datetime) -> str:
    """Say what a machine does, and since when."""
    is_told = not pd.isna(row["since"])
    when = f"since {moment_words(row['since'], at)} ({span_words(row['for_s'])})" if is_told else ""
    others = row["runs_live"] - 1
    words = {
        "error": f"connection broken {when}{_still_on_it(row)}",
        "offline": f"offline {when}{_still_on_it(row)}",
        "unknown": _odd_words(row),
        "unavailable": "connected, without a run, but takes none",
        "busy": f"busy {when} with {workflow_words(row)}"
        + (f", and {others} more are said to be on it" * (others > 0)),
        "reserved": f"reserved by session {str(row['session_id'])[:8]}"
        + f", waiting for its next run {when}" * is_told,
        "idle": f"idle {when}" if is_told else f"idle; no run in the last {span_words((at - since).total_seconds())}",
    }
    return one_line(words[row["state"]], 300)


def _still_on_it(row: Mapping[str, Any]) -> str:
    return f", with a run still on it: {workflow_words(row)}" if row["runs_live"] else ""


def _odd_words(row: Mapping[str, Any]) -> str:
    if row["status"] == "connected":
        return "connected; whether it takes runs could not be read"
    if not isinstance(row["status"], str):
        return "status could not be read"
    return f"status {one_line(str(row['status']), 60)!r}, which is not known here"


def workflow_words(row: Mapping[str, Any]) -> str:
    """Give the name of the workflow that runs."""
    name = row["workflow_name"]
    return one_line(name, 80) if isinstance(name, str) and name.strip() else "a workflow without a name"


def session_words(row: Mapping[str, Any]) -> str:
    """Say which session holds a machine that is not just waiting for it; empty where none does."""
    is_held = isinstance(row["session_id"], str) and row["state"] != "reserved"
    return one_line(f"held by session {row['session_id'][:8]}") if is_held else ""


def queue_words(row: Mapping[str, Any]) -> str:
    """Say what waits for a machine; empty where nothing does."""
    waiting, alone = row["waiting"], row["waiting_alone"]
    if not waiting:
        return ""
    runs = f"{count_words(waiting, 'run')} {'waits' if waiting == 1 else 'wait'}"
    if alone == waiting:
        return f"{runs} for this machine"
    return f"{runs} that it could take" + (f", {alone:,} of them for this machine" if alone else "")


def failure_words(row: Mapping[str, Any]) -> str:
    """Say how its runs of the window ended."""
    ended, failed, in_a_row = row["ended"], row["failed"], row["failed_in_a_row"]
    if ended <= 1:
        return f"its only run {'failed' if failed else 'did not fail'}" if ended else "no run ended here"
    if not failed:
        return f"none of {ended:,} runs failed"
    streak = f", the last {in_a_row:,} in a row" if in_a_row > 1 else ", the last one" if in_a_row else ""
    return f"{failed:,} of {ended:,} runs failed{streak}"


def uptime_words(row: Mapping[str, Any]) -> str:
    """Say how much of the time that is known it was connected."""
    share = row["uptime_share"]
    if pd.isna(share):
        return "no connection on record"
    # Not rounded up to what it is not.
    shown = "100" if share == 1 else f"{min(share * 100, 99.9):.1f}"
    known = f"{span_words(row['connected_s'] + row['down_s'])} that are known" if row["unknown_s"] >= 60 else "time"
    return f"connected {shown} % of the {known}, {count_words(int(row['gaps']), 'gap')}"
