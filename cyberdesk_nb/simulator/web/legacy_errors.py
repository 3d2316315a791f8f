"""The error body of older API versions, for clients that must read both."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyberdesk_nb.simulator.web.wire import json_response


class LegacyErrors:
    """ASGI middleware that turns every JSON error into `detail` (text) and `errors` (messages by field)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back the answer where it is an error, and send it in the older shape."""
        held: list[Message] = []

        async def hold_errors(message: Message) -> None:
            starts_error = message["type"] == "http.response.start" and message["status"] >= 400
            if held or starts_error:
                held.append(message)
            else:
                await send(message)

        await self._app(scope, receive, hold_errors)
        if held:
            await _rewritten(held)(scope, receive, send)


def _rewritten(held: list[Message]) -> Any:
    start, *bodies = held
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    content = b"".join(message.get("body", b"") for message in bodies)
    for gone in ("content-length", "content-type"):
        headers.pop(gone, None)
    return json_response(_legacy_body(json.loads(content)), status=start["status"], headers=headers)


def _legacy_body(body: dict[str, Any]) -> dict[str, Any]:
    if "detail" in body:
        problems = [(".".join(str(part) for part in problem["loc"]), problem["msg"]) for problem in body["detail"]]
        return {"detail": "Validation failed", "errors": _by_field(problems)}
    details: dict[str, Any] = body.get("details") or {}
    listed: list[dict[str, str]] = details.get("errors", [])
    problems = [(problem["path"], problem["message"]) for problem in listed]
    return {"detail": body["message"], "errors": _by_field(problems)}


def _by_field(problems: list[tuple[str, str]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for field, message in problems:
        fields.setdefault(field, []).append(message)
    return fields
