"""A failure in the words that a panel shows."""

from __future__ import annotations

from cyberdesk_nb.errors import CyberdeskError
from cyberdesk_nb.panels.parts import one_line


def refusal_words(error: BaseException) -> str:
    """Say in one line why a launch failed."""
    if isinstance(error, CyberdeskError):
        return one_line(str(error))
    return one_line(f"{type(error).__name__}: {error}") if str(error) else type(error).__name__
