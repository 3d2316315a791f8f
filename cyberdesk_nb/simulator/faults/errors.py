"""Errors in place of answers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from cyberdesk_nb.simulator.faults.answers import Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.fault import Fault

BodyShape = Literal["structured", "validation", "legacy", "driver", "text", "html", "empty", "not_json"]

_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a header")
        if not _VALUE.fullmatch(value):
            raise ValueError(
                f"{name} cannot have this value: headers are Latin-1 text of one line, without spaces around"
            )
    return headers


HeaderValues = Annotated[dict[str, str], AfterValidator(_sendable)]


class Status(Fault):
    """Answers with an error status, as the API, an older version of it, or a proxy before it would."""

    fault: Literal["status"] = "status"
    status: Annotated[int, Field(ge=300, le=599)]
    body: BodyShape = "structured"
    """`structured` is today's shape, `validation` FastAPI's 422, `legacy` the older one, `driver` that of a desktop,
    `text` and `html` are a proxy's, `not_json` says that it is JSON and is not."""
    message: str = "A fault was asked for"
    code: str | None = None
    """`error_code` of the structured shape."""
    headers: HeaderValues = Field(default={})
    """More headers, e.g. `Idempotency-Status = "in_progress"`."""
    retry_after_s: Annotated[int, Field(ge=0)] | None = None
    """Seconds in the `Retry-After` header; None leaves it out."""
    carried_out: bool = False
    """Whether the API does what was asked, before it is said to have failed."""

    async def on_request(self, asked: Asked, dice: Dice) -> Answer | None:
        """Answer in place of the API, unless the request is to be carried out."""
        return None if self.carried_out else self.answer()

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Answer after the API."""
        return self.answer() if self.carried_out else answer

    def answer(self) -> Answer:
        """Return the error itself."""
        content, media_type = self._content()
        headers: dict[str, str | None] = {"content-type": media_type, **self.headers}
        if self.retry_after_s is not None:
            headers["retry-after"] = str(self.retry_after_s)
        return Answer(self.status, body=content).with_headers(headers)

    def _content(self) -> tuple[bytes, str | None]:
        title = f"{self.status} {_phrase(self.status)}"
        if self.body == "empty":
            return b"", None
        if self.body == "text":
            return f"{title}: {self.message}\n".encode(), "text/plain; charset=utf-8"
        if self.body == "html":
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{self.message}</body></html>"
            return page.encode(), "text/html; charset=utf-8"
        if self.body == "not_json":
            return b"upstream connect error or disconnect/reset before headers", "application/json"
        return json.dumps(self._json()).encode(), "application/json"

    def _json(self) -> dict[str, Any]:
        if self.body == "validation":
            return {"detail": [{"loc": ["body", "workflow_id"], "msg": self.message, "type": "value_error"}]}
        if self.body == "legacy":
            return {"detail": self.message, "errors": {"workflow_id": [self.message]}}
        if self.body == "driver":
            return {"error": self.message}
        return {
            "error": "HTTPException",
            "message": self.message,
            "error_code": self.code,
            "details": None,
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }


class Headers(Fault):
    """Sets or removes headers of the answer: another content type, rate limits that say nonsense."""

    fault: Literal["headers"] = "headers"
    set: HeaderValues = Field(default={})
    remove: tuple[str, ...] = ()

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Change the headers."""
        return answer.with_headers({**dict.fromkeys(self.remove), **self.set})


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {int(one) for one in HTTPStatus} else "Unknown"
