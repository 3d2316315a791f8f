"""What looks like a secret leaves no frame."""

from __future__ import annotations

import pandas as pd
import pytest

from cyberdesk_nb.frames import runs_frame
from cyberdesk_nb.report import Scrubber
from tests.report.fleets import run, runs

SENTINEL = "SENTINEL0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://bucket.example.com/x.png?X-Amz-Signature={SENTINEL}&X-Amz-Expires=60 failed",
        f"see <https://files.example.com/a?token={SENTINEL}>",
        f"https://files.example.com/a#access_token={SENTINEL}",
        f"https://ada:{SENTINEL}@example.com/a",
        f"postgres://ada:{SENTINEL}@db/x",
        f"Authorization: Bearer {SENTINEL}",
        f"sk-{SENTINEL}",
        f"ak_{SENTINEL}",
        f'{{"api_key": "{SENTINEL}"}}',
        f'{{"note": "{{\\"password\\": \\"{SENTINEL}\\"}}"}}',
        f"PASSWORD={SENTINEL}",
        f"client_secret: {SENTINEL}",
        f"eyJ{SENTINEL}.eyJ{SENTINEL}.{SENTINEL}",
    ],
)
def test_a_text_loses_what_looks_like_a_secret(text: str) -> None:
    """Signed addresses, keys, tokens and passwords are blotted out of a text, whatever stands around them."""
    assert SENTINEL not in Scrubber().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Timeout after 30 s: no answer from https://example.com/a/b.html, gave up",
        "The task was skipped; total: 5 of 7",
        "Seen at 12:30:15 on C:\\Users\\ada\\out.pdf",
        '{"patient": "Ada Lovelace", "rooms": [1, 2]}',
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    """A text without a secret is not changed."""
    assert Scrubber().text(text) == text


def test_the_own_key_is_hidden_wherever_it_stands() -> None:
    """The workspace's key is blotted out of every text column, categories and problems of a frame."""
    key = "plainkeywithoutpattern"
    record = run(1, status=key, error=[f"key {key} refused", "second line"], input_values={"note": key}, ended_at=key)
    frame = runs([record, run(2)])
    assert key in frame.to_csv() + str(frame.attrs)
    clean = Scrubber(lambda content: content.replace(key.encode(), b"***")).frame(frame)
    assert key not in clean.to_csv() + str(clean.attrs)
    assert clean["error"][0] == "key *** refused\nsecond line"
    assert clean["id"].tolist() == frame["id"].tolist()
    assert clean["error"].isna().tolist() == [False, True]


def test_a_frame_that_came_in_pages_is_clean() -> None:
    """Rows that were put together from several pages lose secrets and the own key like others, each in its place."""
    key = "plainkeywithoutpattern"
    pages = [runs([run(n, "error", error=[text])]) for n, text in enumerate([f"key {key}", "fine", f"sk-{SENTINEL}"])]
    clean = Scrubber(lambda content: content.replace(key.encode(), b"***")).frame(pd.concat(pages, ignore_index=True))
    assert clean["error"].tolist() == ["key ***", "fine", "***"]


def test_a_zero_in_a_text_moves_no_other_text() -> None:
    """A text that holds a zero character is one text still, beside others that hold the own key."""
    key = "plainkeywithoutpattern"
    frame = runs([run(n, "error", error=[text]) for n, text in enumerate(["a\0b", f"key {key}", "fine"])])
    clean = Scrubber(lambda content: content.replace(key.encode(), b"***")).frame(frame)
    assert clean["error"].tolist() == ["a\ufffdb", "key ***", "fine"]


def test_a_clean_frame_keeps_its_types() -> None:
    """Scrubbing changes neither the dtypes nor the missing values nor the numbers of a frame."""
    frame = runs([run(1), run(2, "error"), run(3, "scheduling")])
    clean = Scrubber().frame(frame)
    pd.testing.assert_frame_equal(clean, frame)
    pd.testing.assert_frame_equal(Scrubber().frame(runs_frame([])), runs_frame([]))


def test_half_a_character_breaks_nothing() -> None:
    """A text with half a surrogate pair passes, its secrets still found."""
    assert SENTINEL not in Scrubber().text(f"\ud800 password={SENTINEL}")
