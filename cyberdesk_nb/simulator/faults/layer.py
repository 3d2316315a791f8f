"""The outermost layer of the API: it lets the rules in force work on requests and answers."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from cyberdesk_nb.simulator.faults.answers import Answer, Manner
from cyberdesk_nb.simulator.faults.asked import Asked, identity_of
from cyberdesk_nb.simulator.faults.control import Armed, Faults
from cyberdesk_nb.simulator.faults.delivery import Line
from cyberdesk_nb.simulator.faults.operations import Operations


class FaultLayer:
    """ASGI middleware; requests that no rule strikes pass through untouched."""

    def __init__(self, app: ASGIApp, *, faults: Faults) -> None:
        self._app = app
        self._faults = faults
        self._operations: Operations | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the rules have it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        operations = self._operations = self._operations or Operations(scope["app"])
        number, struck = self._faults.striking(scope, operations)
        if not struck:
            await self._app(scope, receive, send)
            return
        state = scope["app"].state
        turn = struck[0].turns[identity_of(scope)] - 1
        asked = Asked(scope, receive, self._app, operations, state.links, turn, self._faults.closing)
        answer = await _answered(asked, struck)
        self._faults.note(number, scope, struck, asked.notes, answer.status if _is_whole(answer.manner) else None)
        transport = state.transport_of(scope["client"])
        await Line(scope, receive, send, transport, self._faults.closing).deliver(answer)


async def _answered(asked: Asked, struck: list[Armed]) -> Answer:
    answer = await _before(asked, struck) or await asked.carry_out()
    for armed in struck:
        for fault in armed.rule.do:
            answer = fault.on_answer(answer, asked, armed.dice)
    return answer


async def _before(asked: Asked, struck: list[Armed]) -> Answer | None:
    for armed in struck:
        for fault in armed.rule.do:
            answer = await fault.on_request(asked, armed.dice)
            if answer is not None:
                return answer
    return None


def _is_whole(manner: Manner) -> bool:
    return manner.cut_head_at is None and manner.cut_body_at is None and manner.is_silent_after is None
