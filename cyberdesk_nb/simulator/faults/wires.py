"""Faults of the connection: slowness, silence, and answers that break off."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from cyberdesk_nb.simulator.faults.answers import Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.fault import Fault

Seconds = Annotated[float, Field(ge=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, Field(ge=0)]

_NOTHING = Answer(503)


class Delay(Fault):
    """Takes its time, in real seconds: before the request is carried out, and before each piece of the body."""

    fault: Literal["delay"] = "delay"
    before_s: Seconds = 0.0
    pause_s: Seconds = 0.0
    piece_bytes: Annotated[int, Field(ge=1)] = 1024

    async def on_request(self, asked: Asked, dice: Dice) -> Answer | None:
        """Wait; a simulator that closes waits no longer."""
        try:
            await asyncio.wait_for(asked.closing.wait(), self.before_s)
        except TimeoutError:
            return None
        return _NOTHING

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Cut the body into pieces."""
        return answer.sent(pause_s=self.pause_s, piece_bytes=self.piece_bytes) if self.pause_s else answer


class Stall(Fault):
    """Never ends the answer: nothing comes at all, or the body stops after some bytes. The connection stays open."""

    fault: Literal["stall"] = "stall"
    after_bytes: Annotated[int, Field(ge=0)] | None = None
    """How much of the body is sent; None sends nothing, not even headers."""
    carried_out: bool = True

    async def on_request(self, asked: Asked, dice: Dice) -> Answer | None:
        """Keep the request from the API, where it is not to be carried out."""
        return None if self.carried_out else _NOTHING

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Fall silent."""
        return answer.sent(is_silent_after=-1 if self.after_bytes is None else self.after_bytes)


class Cut(Fault):
    """Breaks the connection off in the middle of the answer."""

    fault: Literal["cut"] = "cut"
    at: Literal["start", "headers", "body"] = "body"
    """`start`: before a single byte, so a reply is lost; `headers`: in the middle of them; `body`: in the body."""
    share: Share = 0.5
    """How much of headers or body comes before the end."""
    after_bytes: Size | None = None
    """How much of the body comes, in bytes; in place of `share`."""
    reset: bool = False
    """End with a TCP reset."""
    carried_out: bool = True
    """False breaks off before the API has seen the request."""

    async def on_request(self, asked: Asked, dice: Dice) -> Answer | None:
        """Keep the request from the API, where it is not to be carried out."""
        return None if self.carried_out else _NOTHING

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Say where the answer breaks off."""
        if self.at != "body":
            return answer.sent(cut_head_at=self.share if self.at == "headers" else 0.0, is_reset=self.reset)
        size = int(len(answer.body) * self.share) if self.after_bytes is None else self.after_bytes
        return answer.sent(cut_body_at=size, is_reset=self.reset)


class Length(Fault):
    """Says a wrong `Content-Length`, or none; the connection ends after the body."""

    fault: Literal["length"] = "length"
    off: int = 0
    """Bytes that the header says beyond the truth; negative is too few."""
    declared: bool = True
    """False leaves the header out, so that only the end of the connection ends the body."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Change what the header says."""
        return answer.sent(length_off=self.off, has_length=self.declared)
