"""Time spans in the words of all panels."""

from __future__ import annotations

import pytest

from cyberdesk_nb.panels.wording import exact_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (float("nan"), "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3599.4, "59 min 59 s"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (7559, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (86_460, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_spans_are_said_in_two_units_at_most(seconds: float, words: str) -> None:
    """A person reads the two largest units, seconds, minutes, hours and days, and no unit that is full."""
    assert exact_words(seconds) == words
