"""What every kind of fault is: values that a rules file can spell, and what it does to a request and its answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from cyberdesk_nb.simulator.faults.answers import Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice


class Fault(BaseModel):
    """One kind of fault with its settings; it keeps no state, so that a sequence of requests replays."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    async def on_request(self, asked: Asked, dice: Dice) -> Answer | None:
        """Do something before the API sees the request; an answer keeps the API from seeing it at all."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Change the answer."""
        return answer
