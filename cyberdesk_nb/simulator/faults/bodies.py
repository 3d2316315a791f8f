"""Bodies that come whole and are not what they should be."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from cyberdesk_nb.simulator.faults.answers import NO_BODY, Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.fault import Fault

_JSON = "application/json"
_DEPTH = 100_000


class Body(Fault):
    """Spoils a good answer's body as a whole; status and length stay right."""

    fault: Literal["body"] = "body"
    how: Literal[
        "truncated",
        "not_json",
        "html",
        "empty",
        "null",
        "array",
        "duplicate_keys",
        "deep",
        "bom",
        "bad_utf8",
        "huge",
        "gzip_bomb",
        "bad_gzip",
    ]
    """`truncated` ends in the middle of the JSON, `html` is a proxy's page, `null` and `array` are JSON of another
    shape, `duplicate_keys` has each key twice, first with null, `deep` nests without end, `huge` has a long field
    more, `gzip_bomb` inflates from little, `bad_gzip` is said to be compressed and is not."""
    size_bytes: Annotated[int, Field(ge=1, le=2**31)] = 80 * 2**20
    """Size of what is huge or inflates."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Spoil the body of a success."""
        if answer.status >= 300 or answer.status in NO_BODY:
            return answer
        if self.how == "gzip_bomb":
            return answer.with_body(_bomb(self.size_bytes), _JSON).with_headers({"content-encoding": "gzip"})
        if self.how == "bad_gzip":
            return answer.with_headers({"content-encoding": "gzip"})
        if self.how == "html":
            return answer.with_body(b"<html><body><h1>Please log in</h1></body></html>", "text/html; charset=utf-8")
        if self.how == "huge":
            return _grown(answer, self.size_bytes)
        return answer.with_body(_SPOILT[self.how](answer.body), answer.media_type or _JSON)


def _doubled(body: bytes) -> bytes:
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if not isinstance(value, dict) or not value:
        return body
    nulls = json.dumps(dict.fromkeys(cast("dict[str, Any]", value)))
    return f"{nulls[:-1]},{json.dumps(value)[1:]}".encode()


def _grown(answer: Answer, size: int) -> Answer:
    value = answer.json()
    if isinstance(value, dict):
        return answer.with_json({**cast("dict[str, Any]", value), "padding": "x" * size})
    return answer.with_body(answer.body + b" " * size, answer.media_type or _JSON)


@cache
def _bomb(size: int) -> bytes:
    """Compress JSON of so many bytes, nearly all of it white space, as gzip."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    piece = b" " * 2**20
    packed = [packer.compress(piece[: min(len(piece), size - at)]) for at in range(0, size, len(piece))]
    return b"".join([*packed, packer.compress(b"{}"), packer.flush()])


_SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "not_json": lambda _: b"upstream connect error or disconnect/reset before headers",
    "empty": lambda _: b"",
    "null": lambda _: b"null",
    "array": lambda _: b'["unexpected"]',
    "duplicate_keys": _doubled,
    "deep": lambda _: b'{"items": ' + b"[" * _DEPTH + b"]" * _DEPTH + b"}",
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "bad_utf8": lambda body: body.replace(b"{", b'{"note": "\xff\xfe", ', 1),
}
