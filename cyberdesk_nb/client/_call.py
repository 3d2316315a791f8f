"""One call as it goes to the transport, and the options that every method takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypedDict

from pydantic import SecretStr

from cyberdesk_nb.client._json import decode_json


class Options(TypedDict, total=False):
    """Options of every call.

    `timeout_s`: seconds after which the call is given up, with all its retries and waits; None for the client's own.
    """

    timeout_s: float | None


class WriteOptions(Options, total=False):
    """Options of every call that changes something.

    `idempotency_key`: the key under which the server does it at most once; None makes one. A later call with the same
    key resumes the first; the key of a failed call is on its error.
    """

    idempotency_key: str | None


class Sink(Protocol):
    """Where the bytes of an answer go; `begin` is called anew for each try."""

    def begin(self) -> None:
        """Forget what came so far."""
        ...

    def write(self, piece: bytes) -> object:
        """Take the next bytes."""
        ...


class Memory(Protocol):
    """Where an answer gathers before it is decoded; a sink that may make less of it as it comes."""

    @property
    def body(self) -> bytearray:
        """What there is to decode."""
        ...

    @property
    def size_bytes(self) -> int:
        """How much of it is in memory."""
        ...

    def begin(self) -> None:
        """Forget what came so far."""
        ...

    def write(self, piece: bytes) -> object:
        """Take the next bytes."""
        ...


@dataclass(slots=True)
class PlainMemory:
    """The usual memory: an answer as it comes."""

    body: bytearray = field(default_factory=bytearray)

    @property
    def size_bytes(self) -> int:
        """How much of it is in memory."""
        return len(self.body)

    def begin(self) -> None:
        """Forget what came so far."""
        self.body.clear()

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        self.body += piece


@dataclass(frozen=True, slots=True)
class Call:
    """One request to send. What may be secret stays out of its repr, which tracebacks and debuggers show."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    content: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values in the body that no error may repeat, should the server echo them."""
    needs_key: bool = True
    url: SecretStr | None = None
    """A full signed address, in place of base URL and path."""
    accepts: Callable[[int, Any], bool] | None = None
    """Whether a (status, JSON) beside 2xx is an answer."""
    decode: Callable[[bytearray], Any] | None = decode_json
    """Reads the body; None hands out the bytes."""
    sink: Sink | None = field(default=None, repr=False)
    """Takes the body in pieces instead of memory."""
    memory: Callable[[], Memory] = field(default=PlainMemory, repr=False)
    """Makes what the body gathers in where there is no sink."""
    max_bytes: int | None = None
    timeout_s: float | None = None
    idempotency_key: str | None = None

    @property
    def label(self) -> str:
        """The call as messages name it."""
        return f"{self.method} {self.path}"

    def redact(self, text: bytes) -> bytes:
        """Blot this call's secrets out of a text that the server sent back."""
        for secret in self.secrets:
            for spelling in (secret, json.dumps(secret)[1:-1]):
                text = text.replace(spelling.encode(), b"***")
        return text

    def __reduce__(self) -> NoReturn:
        raise TypeError("A call cannot be pickled: it may hold secrets.")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, and its body as the call's `decode` read it."""

    status: int
    value: Any = field(repr=False)
    size_bytes: int
