"""A failure and a time span in the words that all panels show."""

from __future__ import annotations

from cyberdesk_nb.errors import CyberdeskError
from cyberdesk_nb.panels.parts import one_line


def refusal_words(error: BaseException) -> str:
    """Say in one line why a launch failed."""
    if isinstance(error, CyberdeskError):
        return one_line(str(error))
    return one_line(f"{type(error).__name__}: {error}") if str(error) else type(error).__name__


def exact_words(seconds: float) -> str:
    """Say how long, in the two largest units: ``40 s``, ``1 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    for large, small, units in ((days, hours, "d h"), (hours, minutes, "h min"), (minutes, rest, "min s")):
        if large:
            first, second = units.split()
            return f"{large} {first} {small} {second}" if small else f"{large} {first}"
    return f"{rest} s"
