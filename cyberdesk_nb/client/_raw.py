"""One answer as its JSON bytes, for readers that make something else of it than a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from cyberdesk_nb.client._call import Memory, PlainMemory
from cyberdesk_nb.client._json import decode_json
from cyberdesk_nb.client._operation import Resource, operation_of
from cyberdesk_nb.errors import RequestError


async def raw(
    method: Callable[..., Awaitable[Any]], *args: Any, memory: Callable[[], Memory] = PlainMemory, **kwargs: Any
) -> bytes:
    """Send the call that a declared method would send, and give its answer as JSON bytes, known to be whole.

    `memory` makes what the answer gathers in, which may make less of it as it comes. Errors are those of the method.
    """
    call = operation_of(method).prepare(args, kwargs)
    del args, kwargs  # A traceback that shows local variables must not show inputs.
    if isinstance(call, RequestError):
        raise call
    resource = cast("Resource", cast("Any", method).__self__)
    return (await resource.transport.send(replace(call, memory=memory, decode=_checked))).value


def _checked(body: bytearray) -> bytes:
    decode_json(body)
    return bytes(body)
