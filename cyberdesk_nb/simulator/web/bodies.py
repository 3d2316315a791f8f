"""Request bodies for layers that look at them before the routes do."""

from starlette.types import Message, Receive

BODY_CUT = "The connection ended before the body did"


async def read_body(receive: Receive) -> bytes | None:
    """Return the whole body of a request; None when the client is gone before all of it was there."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a channel that hands a body that was read out once more, then goes on with `receive`."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return parts.pop() if parts else await receive()

    return read
