"""What went wrong, as one typed error: from an answer's status and body, or from a connection's end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from cyberdesk_nb.client._call import Call
from cyberdesk_nb.client._json import UnreadableError, decode_json
from cyberdesk_nb.errors import (
    APIConnectionError,
    APIStatusError,
    PayloadError,
    error_class,
    printable,
)

ERROR_BYTES_MAX = 64 * 1024
"""How much of an error's body is read."""

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")

_HINTS = {
    HTTPStatus.UNAUTHORIZED: "Check the API key: CYBERDESK_API_KEY, or api_key=...",
    HTTPStatus.FORBIDDEN: "Check the API key, and that it may do this.",
    HTTPStatus.NOT_FOUND: "Check the id, and that the key belongs to the same organization.",
    HTTPStatus.TOO_MANY_REQUESTS: "Wait `retry_after_s` seconds, or raise timeout_s to let the call wait.",
}
_REDIRECT_HINT = "Redirects are not followed, since the key would go along. Check base_url."
_RESUME_HINT = "It may have been done all the same: call again with the idempotency_key of this error to find out."


def status_error(
    call: Call, status: int, headers: Mapping[str, str], body: bytes, retry_after_s: float | None
) -> APIStatusError:
    """Read an answer that is no success, in any of the shapes that the API and the proxies before it use."""
    code, text, details = _read(call.redact(body))
    said = printable(text) or _phrase(status)
    hint = _REDIRECT_HINT if 300 <= status < 400 else _HINTS.get(HTTPStatus(status)) if status in _known else None
    return error_class(status)(
        f"{call.label} failed with status {status}: {said}" + ("" if said.endswith((".", "…")) else "."),
        hint=hint,
        status=status,
        code=code,
        details=details,
        retry_after_s=retry_after_s,
        request_id=request_id(headers),
        idempotency_key=call.idempotency_key,
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """Find the id under which the server logged the request."""
    found = next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), None)
    return None if found is None else printable(found, 100)


def connection_error(call: Call, error: Exception, kind: type[APIConnectionError], what: str) -> APIConnectionError:
    """Name a failure of the connection. The cause is a bare copy: the original refers to the request and its key."""
    failure = kind(
        printable(f"{call.label} got no answer: {what}"),
        hint=_RESUME_HINT if call.idempotency_key else None,
        idempotency_key=call.idempotency_key,
    )
    failure.__cause__ = RuntimeError(f"{type(error).__name__}: {printable(str(error))}")
    return failure


def unreadable_error(
    call: Call, status: int, headers: Mapping[str, str], error: Exception, kind: type[PayloadError] = PayloadError
) -> PayloadError:
    """Name a body that cannot be read."""
    media = headers.get("content-type", "").partition(";")[0]
    what = f"{call.label} answered with a body that cannot be read: {error}"
    return kind(
        printable(what + (f" (status {status}, {media})" if media else f" (status {status})") + "."),
        status=status,
        request_id=request_id(headers),
        idempotency_key=call.idempotency_key,
    )


def unsent_error(call: Call, status: int, wait_s: float) -> APIStatusError:
    """Name a call that was not sent, because an earlier one was told to wait for too long."""
    return error_class(status)(
        f"{call.label} was not sent: the server asks every caller to wait {wait_s:.0f} s, beyond this call's deadline.",
        hint=_HINTS[HTTPStatus.TOO_MANY_REQUESTS],
        status=status,
        retry_after_s=wait_s,
        idempotency_key=call.idempotency_key,
    )


_known = frozenset(int(status) for status in HTTPStatus)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _known else "no reason given"


def _read(body: bytes) -> tuple[str | None, str, Any]:
    """Give (code, message, details) of an error body."""
    try:
        value = decode_json(body)
    except UnreadableError:
        return None, _visible_text(body), None
    if not isinstance(value, dict):
        return None, value if isinstance(value, str) else "", None if isinstance(value, str) else value
    fields = cast("dict[str, Any]", value)
    code = fields.get("error_code")
    detail = fields.get("detail")
    details = fields.get("details", fields.get("errors"))
    message = next((fields[key] for key in ("message", "detail", "error") if isinstance(fields.get(key), str)), "")
    if isinstance(detail, list):
        details = [_without_input(entry) for entry in cast("list[object]", detail)]
        message = "; ".join(_field_problem(entry) for entry in details)
    elif isinstance(detail, dict):
        details = cast("dict[str, Any]", detail)
        message = message or str(details.get("message") or "")
    return (str(code) if code is not None else None), message, details


def _without_input(entry: object) -> Any:
    """Drop what a validation problem repeats of the request: it may be a secret."""
    if not isinstance(entry, dict):
        return entry
    return {key: value for key, value in cast("dict[str, Any]", entry).items() if key != "input"}


def _field_problem(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    fields = cast("dict[str, Any]", entry)
    where = fields.get("loc")
    path = ".".join(str(part) for part in cast("list[object]", where)) if isinstance(where, list) else str(where or "")
    return f"{path}: {fields.get('msg', '')}".strip(": ")


def _visible_text(body: bytes) -> str:
    """Reduce a page of HTML, or any text, to its words."""
    text = body[:4096].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style)\b.*?(</\1>|$)", " ", text)
    return " ".join(re.sub(r"<[^<>]*>", " ", text).split())
