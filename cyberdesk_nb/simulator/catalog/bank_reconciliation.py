"""Reconcile a bank statement in TreasuryDesk by dragging lines onto their ledger entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.bank import ACCOUNTS, Bank, open_lines
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome
from ._take import shorten

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Bank()


class BankReconciliation(Kind):
    """A treasurer's matching of payments, by drag and drop."""

    slug = "bank-reconciliation"
    name = "Bank reconciliation"
    tags = ("finance",)
    main_prompt = (
        "In TreasuryDesk, choose the bank account {account}, enter the statement date {statement_date} and load the "
        "statement. Set the tolerance to {tolerance_cents} cents. "
        "For each reference in {references}, drag its statement line onto the ledger entry that it settles; amounts "
        "may differ by the tolerance at most. When all are matched, finish the reconciliation. "
        "Report how many lines were matched and how many stay open. "
        "Never match amounts that differ by more: declare the task failed and name the line."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "account": {"type": "string", "enum": list(ACCOUNTS), "default": ACCOUNTS[0]},
            "statement_date": {"type": "string", "format": "date"},
            "tolerance_cents": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0},
            "references": {
                "type": "array", "minItems": 1, "maxItems": 5, "items": {"type": "string"},
                "description": "Payment references to match",
            },
        },
        "required": ["statement_date", "references"],
    }  # fmt: skip
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "matched": {"type": "integer"},
            "open": {"type": "integer"},
            "difference": {"type": "number"},
        },
        "required": ["matched", "open"],
    }
    disturbances = (
        _trouble.session_notice("match", "TreasuryDesk"),
        _trouble.notice("rate_notice", "finish", "Exchange rates", "The rates of today were loaded.",
                        "A notice about exchange rates is open. I confirm it and go on."),
    )  # fmt: skip
    failures = (
        _trouble.message("statement_missing", "match", "Load statement", "There is no statement for this date.",
                         "The program has no statement for this date.",
                         "No statement of {account} for {statement_date} (import {ref}).", icon="warning"),
        _trouble.message("amount_differs", "finish", "Match", "The amounts differ by more than the tolerance.",
                         "The amounts differ by more than the tolerance, so I must not match them.",
                         "The amounts differ by more than {tolerance_cents} cents (entry L{ref})."),
        _trouble.not_responding("finish", "TreasuryDesk", "treasury.exe"),
        _trouble.connection_lost("match"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        references = [f"PAY-{number}" for number in rng.sample(range(10000, 99999), rng.randint(2, 3))]
        return {
            "account": rng.choice(ACCOUNTS), "statement_date": _people.recent(rng),
            "tolerance_cents": rng.choice((0, 5, 100)), "references": references,
        }  # fmt: skip

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        statement, ledger = _books(inputs)
        fields = {"account": ACCOUNTS[0], "tolerance": "0"}
        return Desktop(_APP, State(fields=fields, data={"statement": statement, "ledger": ledger}))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        account = inputs["account"]
        if account != take.desktop.state.text("account"):
            take.pick("account", account, "Bank account")
        take.fill("date", inputs["statement_date"], "Statement date")
        take.click("load", "Account and date are set. I load the statement.")
        take.wait(2, "The statement is loading.")
        tolerance = inputs["tolerance_cents"]
        take.double_click("tolerance", "I select the tolerance to replace it.")
        take.type(str(tolerance), f"I type {tolerance}.")
        take.mark("match")
        for reference in dict.fromkeys(inputs["references"]):
            self._drag(take, reference)
        take.mark("finish")
        take.screenshot("I compare the matched list with the task before I finish.")
        take.key("ctrl+f", "All wanted lines are matched. I finish with Ctrl+F.")
        take.click("saved.ok", "The reconciliation is saved. I close the message.")
        left, right = open_lines(take.desktop.state)
        matched = len(take.desktop.state.data["matched"])
        gap = (sum(line[3] for line in left) - sum(line[3] for line in right)) / 100
        output = {"matched": matched, "open": len(left), "difference": round(gap, 2)}
        return Outcome(output, f"Matched {matched} lines of {account}; {len(left)} stay open.")

    @staticmethod
    def _drag(take: Take, reference: str) -> None:
        left, right = open_lines(take.desktop.state)
        first = take.row((line[2] == reference for line in left), "the statement line")
        second = take.row((line[2] == reference for line in right), "the ledger entry")
        start, end = take.reach("statement", first), take.reach("ledger", second)
        take.drag(start, end, f"Statement line and ledger entry of {shorten(reference, 40)} agree. I drag it over.")


def _books(inputs: Mapping[str, Any]) -> tuple[tuple[tuple[str, str, str, int], ...], ...]:
    """Invent a statement and a ledger that agree on the wanted references and differ in the rest."""
    rng = seeded(inputs["statement_date"], inputs["references"])
    day = str(inputs["statement_date"])[5:]
    statement: list[tuple[str, str, str, int]] = []
    ledger: list[tuple[str, str, str, int]] = []
    others = [f"PAY-{rng.randint(10000, 99999)}" for _ in range(9)]
    for reference in dict.fromkeys([*inputs["references"], *others]):
        who, cents = rng.choice(_people.COMPANIES), rng.randint(1200, 940000)
        wanted = reference in inputs["references"]
        if wanted or rng.random() < 0.5:
            statement.append((day, f"{reference} {who}", reference, cents))
        if wanted or rng.random() < 0.7:
            ledger.append((f"L{rng.randint(10000, 99999)}", f"{reference} {who}", reference, cents))
    rng.shuffle(statement)
    rng.shuffle(ledger)
    return tuple(statement), tuple(ledger)
