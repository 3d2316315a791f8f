"""Failures that differ only by ids, numbers, times, paths and addresses have one signature, and no others."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cyberdesk_nb.frames import error_signature, signatures

# Words that could be taken for something else, beside ordinary ones.
WORDS = (
    "timeout", "window", "closed", "the", "machine", "a", "dead", "beef", "defaced", "facade", "either/or", "and/or",
    "sha256", "utf8", "x86", "Win32", "may", "mon", "non-zero", "e.g.", "at", "not", "found", "Ärger", "窗口", "error:",
)  # fmt: skip
MASKS = {"sha256": "sha<n>", "utf8": "utf<n>", "x86": "x<n>", "Win32": "Win<n>"}

NUMBERS = (
    st.integers()
    | st.from_regex(r"\A[-+]?\d{1,6}\.\d{1,6}\Z", alphabet=st.characters(max_codepoint=127))
    | st.integers(10**3, 10**9).map("{:,}".format)
    | st.floats(1e-9, 1e9, allow_nan=False).map("{:e}".format)
).map(str)
HEX = st.text("0123456789abcdef", min_size=8, max_size=40).filter(
    lambda text: re.search("[a-f]", text) and re.search(r"\d", text)
)
ULIDS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=20, max_size=20).map("01A9{}".format)
IDS = st.uuids().map(str) | HEX | ULIDS | st.integers(1, 2**64).map(hex)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001 - a zone is put on below
TIMES = st.one_of(
    MOMENTS.map(lambda moment: moment.isoformat()),
    MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC).isoformat()),
    MOMENTS.map(lambda moment: moment.isoformat(sep=" ", timespec="milliseconds") + "Z"),
    MOMENTS.map(lambda moment: moment.strftime("%Y-%m-%d")),
    MOMENTS.map(lambda moment: moment.strftime("%H:%M:%S")),
    MOMENTS.map(lambda moment: moment.strftime("%I:%M %p")),
    MOMENTS.map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    MOMENTS.map(lambda moment: moment.strftime("%B %d, %Y at %H:%M")),
)
NAMES = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789_-", min_size=1, max_size=8)
PATHS = st.one_of(
    st.lists(NAMES, min_size=2, max_size=5).map(lambda names: "/" + "/".join(names)),
    st.lists(NAMES, min_size=1, max_size=5).map(lambda names: "C:\\" + "\\".join(names) + ".pdf"),
    st.lists(NAMES, min_size=2, max_size=5).map(lambda names: "\\\\" + "\\".join(names)),
    st.lists(NAMES, min_size=1, max_size=5).map(lambda names: "D:/" + "/".join(names)),
)
URLS = st.tuples(NAMES, NAMES).map(lambda parts: f"https://{parts[0]}.example/{parts[1]}?q={parts[1]}#top")
SLOTS = {"<n>": NUMBERS, "<id>": IDS, "<time>": TIMES, "<path>": PATHS, "<url>": URLS}
AROUND = ("{}", "({})", "[{}]", "'{}'", '"{}"', "key={}", "{},", "{};", "<{}")


@st.composite
def failures(draw: st.DrawFn) -> tuple[str, str, str]:
    """Make two texts of one failure, and the signature that both must have."""
    first: list[str] = []
    second: list[str] = []
    signature: list[str] = []
    for _ in range(draw(st.integers(1, 7))):
        if draw(st.booleans()):
            word = draw(st.sampled_from(WORDS))
            texts = (word, word, MASKS.get(word, word))
        else:
            mask = draw(st.sampled_from(sorted(SLOTS)))
            around = draw(st.sampled_from(AROUND if mask not in {"<url>", "<path>"} else AROUND[:-1]))
            texts = (draw(SLOTS[mask]), draw(SLOTS[mask]), mask)
            texts = tuple(around.format(text) for text in texts)
        for parts, text in zip((first, second, signature), texts, strict=True):
            parts.append(text)
    # A day and an hour side by side are one moment.
    assume("<time> <time>" not in " ".join(signature))
    space = draw(st.sampled_from([" ", "  ", "\n"]))
    return space.join(first), " ".join(second), " ".join(signature)[:200]


@given(failures())
@settings(max_examples=300, deadline=None)
@example(("exit -5", "exit 17", "exit <n>"))
@example(("10.0.0.4:80 refused", "192.168.1.17:8080 refused", "<n>:<n> refused"))
@example(("r '/a b/c d.txt'", "r '/x'", "r '<path>'"))
@example((r"no 'C:\Program Files\a b.txt'", r"no 'D:\x.txt'", "no '<path>'"))
@example(("mac 00:1A:2B:3C:4D:5E", "mac ff:ff:ff:00:00:01", "mac <id>"))
@example(("run_9Kq2LmX81z lost", "run_ZZ81kPq02a lost", "run_<id> lost"))
def test_one_failure_has_one_signature_that_keeps_its_words(failure: tuple[str, str, str]) -> None:
    """What differs from run to run is masked by its kind, wherever it stands; every word stays, so others differ."""
    first, second, signature = failure
    assert error_signature(first) == error_signature(second) == signature


@pytest.mark.parametrize(
    "text",
    [
        "no window",
        "either/or",
        "defaced facade",
        "a - b",
        "C: drive is full",
        "may fail",
        "Mon or Tue",
        "key 'a/b' is unknown",
        "http or https",
    ],
)
def test_words_that_look_like_something_else_stay(text: str) -> None:
    """A text in which nothing differs from run to run is its own signature."""
    assert error_signature(text) == text


def test_a_signature_is_one_short_line() -> None:
    """Whatever the text, the signature fits a label, and a megabyte made to hold the patterns up does not."""
    assert error_signature("word " * 200_000) == ("word " * 40)[:200]
    for hostile in ("x\ny", "a.", "a1", "'/", "1:", "/.", "1e", "ab:"):
        assert len(error_signature(hostile * 400_000 + "://")) <= 200
    assert error_signature("") == ""


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS) | NUMBERS | IDS | TIMES | st.text(max_size=12), max_size=6).map(" ".join))
def test_no_mask_looks_at_which_digit_it_is(text: str) -> None:
    """An error is masked as it stands: that digits are taken for one another beforehand changes no signature."""
    masked = text
    for sign, pattern, mask in signatures._MASKS:
        masked = pattern.sub(mask, masked) if sign in masked else masked
    assert error_signature(text) == " ".join(masked.split())[:200]
