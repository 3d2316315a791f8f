"""Repeats the requests of an earlier life, each at the instant at which it was made."""

from __future__ import annotations

import time
from collections.abc import Sequence

from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from starlette.types import Message, Scope

from cyberdesk_nb.simulator.persistence.file import Answered, Request
from cyberdesk_nb.simulator.persistence.journal import Journal
from cyberdesk_nb.simulator.persistence.layer import digest_of, status_of
from cyberdesk_nb.simulator.web.idempotency import KEEP_S, Answers
from cyberdesk_nb.simulator.world.world import World


def replay(journal: Journal, app: FastAPI, world: World, answers: Answers) -> None:
    """Bring a new world to where the journal ends, and set its clock.

    Parameters
    ----------
    app
        The routes over `world`, with nothing before them.
    answers
        Where the answers to keyed requests are put, so that their repeats get them again.

    Raises
    ------
    ConfigurationError
        When an answer differs from the one that was given.
    """
    last = world.clock.anchor
    with start_blocking_portal() as portal:
        for entry in journal.entries():
            with world.clock.repeated(entry.request.at):
                messages = portal.call(_ask, app, entry.request)
            _compare(journal, entry, messages)
            _remember(answers, entry.request, messages)
            last = entry.request.at
    journal.go_on(world.clock, last)


def _compare(journal: Journal, entry: Answered, messages: Sequence[Message]) -> None:
    status, digest = status_of(messages), digest_of(entry.request.method, messages)
    if entry.status is None:
        if status < 500:
            journal.answered(entry.number, status, digest)
    elif (entry.status, entry.digest) != (status, digest):
        raise journal.diverged(entry)


def _remember(answers: Answers, request: Request, messages: Sequence[Message]) -> None:
    key, age_s = request.headers.get("idempotency-key"), max(0.0, time.time() - request.made_at_s)
    if key and age_s < KEEP_S and status_of(messages) < 500:
        answers.restore(key, _scope(request), request.body, messages, age_s)


async def _ask(app: FastAPI, request: Request) -> list[Message]:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    try:
        await app(_scope(request), receive, send)
    except Exception:  # noqa: BLE001 - a request that crashed crashes again, with the same traces
        messages = [{"type": "http.response.start", "status": 500, "headers": []}]
    return messages


def _scope(request: Request) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "root_path": "",
        "query_string": request.query,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in request.headers.items()],
        "server": ("127.0.0.1", 0),
        "client": ("127.0.0.1", 0),
    }
