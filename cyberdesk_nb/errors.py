"""Everything that can go wrong, as one tree.

::

    CyberdeskError
    ├── ConfigurationError            no key, a malformed key, a bad base URL, a missing extra
    ├── ClientClosedError             a call after `close()`
    ├── RequestError                  the call as written cannot be sent (unknown field, bad value, bad id)
    ├── APIConnectionError            no answer: unreachable, refused, cut off, bad certificate
    │   └── APITimeoutError           no answer in time
    ├── APIStatusError                an answer with a status that is no success
    │   ├── BadRequestError           400
    │   ├── AuthenticationError       401: the key is wrong
    │   ├── PermissionDeniedError     403: no key arrived, or it may not do this
    │   ├── NotFoundError             404
    │   ├── ConflictError             409
    │   ├── UnprocessableEntityError  422: `details` lists what was wrong with which field
    │   ├── RateLimitError            429: `retry_after_s`
    │   └── InternalServerError       5xx
    ├── PayloadError                  an answer that cannot be read: no JSON, the wrong shape
    │   └── PayloadTooLargeError      an answer beyond the cap
    ├── IncompleteError               rows are missing, or could not be read, where all were asked for
    └── WaitTimeoutError              a run did not end in the time given

Each says in one line what failed and what to try. In a notebook it shows as that line; set
``CYBERDESK_TRACEBACK=1`` to see the whole traceback.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import Any

MESSAGE_MAX = 300
"""Longest server text, in characters, that an error repeats."""


def printable(text: str, limit: int = MESSAGE_MAX) -> str:
    """Give text from outside as one safe line: control characters escaped, at most `limit` characters."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class CyberdeskError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message
        What failed, in words.
    hint
        What to try; shown after the message.

    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker process sends its error home by pickle, which by itself knows of positional arguments only.
        return _restored, (type(self), self.args, dict(vars(self)))

    def _render_traceback_(self) -> list[str]:
        """Show one line in IPython instead of the frames between the user's cell and the server."""
        if os.environ.get("CYBERDESK_TRACEBACK"):
            # IPython falls back to its own full rendering when this raises.
            raise NotImplementedError
        return [f"{type(self).__name__}: {self}"]


def _restored(kind: type[CyberdeskError], args: tuple[Any, ...], state: dict[str, Any]) -> CyberdeskError:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


class ConfigurationError(CyberdeskError):
    """The client, or an option, is set up in a way that cannot work."""


class ClientClosedError(CyberdeskError):
    """The client was closed before the call, or while it ran."""


class RequestError(CyberdeskError):
    """The call cannot be sent as written: an unknown field, a value of the wrong kind."""


class WaitTimeoutError(CyberdeskError):
    """A run was still going when the time to wait was over; `run` is its last known state."""

    def __init__(self, message: str, *, hint: str | None = None, run: Any = None) -> None:
        super().__init__(message, hint=hint)
        self.run = run


class IncompleteError(CyberdeskError):
    """Data is missing or could not be read; `problems` and `completeness` say which and why."""

    def __init__(
        self, message: str, *, hint: str | None = None, problems: list[Any] | None = None, completeness: Any = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems or []
        self.completeness = completeness


class _CallError(CyberdeskError):
    """What errors of a sent call have in common."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.request_id = request_id
        self.idempotency_key = idempotency_key


class APIConnectionError(_CallError):
    """No answer came: the server is unreachable, refused the connection or cut it off."""


class APITimeoutError(APIConnectionError):
    """No complete answer came before the deadline of the call."""


class PayloadError(_CallError):
    """An answer came that cannot be read; `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.status = status


class PayloadTooLargeError(PayloadError):
    """An answer is larger than the client accepts; ask for less at once, or raise its cap."""


class APIStatusError(_CallError):
    """The server answered with a status that is no success.

    `status` is the HTTP status, `code` the API's own error code where it gives one, `details` what it says beside the
    message (for a 422 a list of problems), `retry_after_s` how many seconds it asks to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        details: Any = None,
        retry_after_s: float | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.status = status
        self.code = code
        self.details = details
        self.retry_after_s = retry_after_s


class BadRequestError(APIStatusError):
    """400: a parameter is not valid."""


class AuthenticationError(APIStatusError):
    """401: the API key is not accepted."""


class PermissionDeniedError(APIStatusError):
    """403: no API key arrived, or it does not allow this."""


class NotFoundError(APIStatusError):
    """404: there is no such resource in this organization."""


class ConflictError(APIStatusError):
    """409: the resource is in a state that does not allow this."""


class UnprocessableEntityError(APIStatusError):
    """422: a value in the request is not valid; `details` says which."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after_s` says how long to wait."""


class InternalServerError(APIStatusError):
    """5xx: the service failed."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    HTTPStatus.BAD_REQUEST: BadRequestError,
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: PermissionDeniedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.UNPROCESSABLE_ENTITY: UnprocessableEntityError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitError,
}


def error_class(status: int) -> type[APIStatusError]:
    """Give the class that stands for an HTTP status."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalServerError
    return _BY_STATUS.get(status, APIStatusError)
