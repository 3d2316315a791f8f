"""The error tree: what an error says, and that it survives a journey."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberdesk_nb import errors
from cyberdesk_nb.errors import APIStatusError, CyberdeskError, InternalServerError, error_class, printable

TREE = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, CyberdeskError)]


@pytest.mark.parametrize("kind", [kind for kind in TREE if issubclass(kind, APIStatusError)])
def test_an_error_survives_pickle(kind: type[APIStatusError]) -> None:
    """An error that a worker process sends home arrives with its words, status and details."""
    sent = kind("failed.", hint="Try again.", status=429, details=[{"loc": ["a"]}], retry_after_s=2.5, request_id="r")
    came = pickle.loads(pickle.dumps(sent))  # noqa: S301 - our own bytes
    assert type(came) is kind
    assert str(came) == "failed. Try again."
    assert vars(came) == vars(sent)


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_has_a_class_of_the_tree(status: int) -> None:
    """Whatever status comes, its error can be caught as `APIStatusError`, and every 5xx as `InternalServerError`."""
    assert issubclass(error_class(status), APIStatusError)
    assert (error_class(status) is InternalServerError) == (status >= 500)


def test_the_drawn_tree_names_every_class() -> None:
    """The tree in the module's docstring lists the public classes, none more and none less."""
    drawn = {word for line in (errors.__doc__ or "").splitlines() for word in line.split() if word.endswith("Error")}
    assert {kind.__name__ for kind in TREE if not kind.__name__.startswith("_")} <= drawn
    assert all(hasattr(errors, name) for name in drawn)


@given(st.text())
def test_printable_text_is_one_safe_short_line(text: str) -> None:
    """Text from outside becomes one line of at most 300 characters without control or direction characters."""
    shown = printable(text)
    assert len(shown) <= errors.MESSAGE_MAX
    assert shown.isprintable()
