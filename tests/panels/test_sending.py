"""One launch at a time, under one key until its outcome is known."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from cyberdesk_nb.errors import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    PayloadError,
    RateLimitError,
    UnprocessableEntityError,
)
from cyberdesk_nb.models import RunCreate
from cyberdesk_nb.panels.launch.launches import Reply, Request
from cyberdesk_nb.panels.launch.sending import Sender
from tests.panels.records import run, settled

REQUEST = RunCreate(workflow_id="w", input_values={"a": 1}, sensitive_input_values={"p": "x"})  # pyright: ignore[reportArgumentType]


class Line:
    """Takes launches; the test answers each."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.replies: list[Future[Reply]] = []
        self.done: list[Future[Reply]] = []
        self.sender = Sender(self.launch, self.done.append)

    def launch(self, request: Request, key: str) -> Future[Reply]:
        """Take a launch; its reply comes from the test."""
        assert request
        self.keys.append(key)
        self.replies.append(Future())
        return self.replies[-1]

    def send_and_fail(self, error: Exception, request: RunCreate = REQUEST) -> str:
        """Send, fail, and give the key that was used."""
        flight = self.sender.send(request)
        self.replies[-1].set_exception(error)
        assert flight.exception(1) is error
        return self.keys[-1]


def test_a_second_send_in_flight_sends_nothing() -> None:
    """While a launch is on its way, sending again gives the same future."""
    line = Line()
    first, second = line.sender.send(REQUEST), line.sender.send(REQUEST)
    assert first is second
    assert len(line.keys) == 1
    line.replies[0].set_result(run())
    assert first.result(1) == run()
    assert line.done == [line.replies[0]]


def test_an_accepted_launch_renews_the_key() -> None:
    """The same request sent again after a reply is another launch, under another key."""
    line = Line()
    for _ in range(2):
        line.sender.send(REQUEST)
        line.replies[-1].set_result(run())
    assert len(set(line.keys)) == 2


@pytest.mark.parametrize(
    "error",
    [
        APIConnectionError("cut off"),
        APITimeoutError("slow"),
        PayloadError("half an answer"),
        InternalServerError("broke", status=500),
        ConflictError("in progress", status=409),
        RateLimitError("later", status=429),
        OSError("anything"),
    ],
)
def test_after_a_lost_reply_the_same_request_keeps_its_key(error: Exception) -> None:
    """Where the run may exist, trying again unchanged goes under the same key; a changed request does not."""
    line = Line()
    first = line.send_and_fail(error)
    assert line.sender.is_unsettled
    assert line.send_and_fail(error, REQUEST.model_copy()) == first
    changed = RunCreate(workflow_id="w", input_values={"a": 1}, sensitive_input_values={"p": "y"})  # pyright: ignore[reportArgumentType]
    assert line.send_and_fail(error, changed) != first


@pytest.mark.parametrize("error", [UnprocessableEntityError("no", status=422), BadRequestError("no", status=400)])
def test_a_refusal_renews_the_key(error: Exception) -> None:
    """A refused request started nothing, so it is forgotten: its key could only bring the refusal back."""
    line = Line()
    first = line.send_and_fail(error)
    assert not line.sender.is_unsettled
    assert line.send_and_fail(error) != first


def test_a_launch_that_cannot_even_be_sent_fails_its_future() -> None:
    """An error raised by the function that sends arrives like one of the reply, and the next launch is free to go."""

    def broken(request: Request, key: str) -> Future[Reply]:
        raise OSError(key) if request else AssertionError

    seen: list[Any] = []
    sender = Sender(broken, seen.append)
    assert isinstance(sender.send(REQUEST).exception(1), OSError)
    assert len(seen) == 1
    assert sender.flight is None


def test_a_launch_already_answered_settles_at_once() -> None:
    """A reply that is there before anyone listens is handled the same."""
    seen: list[Any] = []
    sender = Sender(lambda _request, _key: settled(run()), seen.append)
    assert sender.send(REQUEST).result(1) == run()
    assert sender.flight is None
    assert len(seen) == 1
