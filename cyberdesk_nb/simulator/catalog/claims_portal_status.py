"""Ask the ClaimGate portal for the state of a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.claims import PAYERS, Claims
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Claims()
_EVENTS = (
    "Received electronically", "Eligibility verified", "Pricing started", "Routed to clinical review",
    "Additional records requested", "Records received", "Benefits calculated", "Letter sent to provider",
    "Duplicate check passed", "Assigned to examiner", "Coordination of benefits checked", "Queued for adjudication",
)  # fmt: skip
_CODES = ("CO-45", "PR-1", "CO-97", "N290", "PR-3", "CO-16")


class ClaimsPortalStatus(Kind):
    """A biller's status check, on a web page."""

    slug = "claims-portal-status"
    name = "Claims portal status"
    tags = ("healthcare", "web", "read-only")
    sensitive = ("portal_password",)
    main_prompt = (
        "Open claimgate.example in the browser and sign in as {portal_user} with {$portal_password}. "
        "Find claim {claim_number} of member {member_id} with the payer {payer}. "
        "Read its status, the billed, allowed and paid amounts, and the remark codes. "
        "Scroll through the claim history to its end and take the date of the last event. "
        "Never resubmit or change a claim. If the portal does not know the claim, declare the task failed."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "portal_user": {"type": "string", "default": "billing.eastbrook"},
            "$portal_password": {"type": "string", "minLength": 8},
            "claim_number": {"type": "string", "pattern": "^C[0-9]{9}$", "description": "C and nine digits"},
            "member_id": {"type": "string"},
            "payer": {"type": "string", "enum": list(PAYERS), "default": PAYERS[0]},
            "service_date": {"type": ["string", "null"], "format": "date", "description": "When known"},
        },
        "required": ["$portal_password", "claim_number", "member_id"],
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": ["paid", "denied", "pending"]},
            "billed": {"type": "number"},
            "allowed": {"type": "number"},
            "paid": {"type": "number"},
            "remark_codes": {"type": "array", "items": {"type": "string"}},
            "last_event_date": {"type": "string", "format": "date"},
        },
        "required": ["status", "billed", "paid", "last_event_date"],
    }
    disturbances = (
        _trouble.notice("maintenance_notice", "claim", "claimgate.example says",
                        "Planned maintenance on Saturday from 22:00 to 02:00. The portal will not be available.",
                        "The portal shows a maintenance notice. I confirm it and go on."),
        _trouble.session_notice("history", "ClaimGate"),
    )  # fmt: skip
    failures = (
        _trouble.message("claim_not_found", "claim", "claimgate.example says",
                         "We could not find a claim with this number for your practice.",
                         "The portal does not know this claim.",
                         "Claim {claim_number} is not known to the portal (inquiry {ref}).", icon="info"),
        _trouble.message("account_locked", "signin", "Provider sign-in",
                         "This account is locked after too many failed attempts. Call provider services.",
                         "The portal account is locked, so I cannot sign in.",
                         "The portal account {portal_user} is locked (ticket {ref})."),
        _trouble.not_responding("history", "ClaimGate - Edge", "msedge.exe"),
        _trouble.connection_lost("claim"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        return {
            "portal_user": "billing.eastbrook", "claim_number": f"C{rng.randint(10**8, 10**9 - 1)}",
            "member_id": f"{rng.choice('KEU')}{rng.randint(10**8, 10**9 - 1)}", "payer": rng.choice(PAYERS),
            "service_date": _people.recent(rng) if rng.random() < 0.7 else None,
        }  # fmt: skip

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        fields = {"payer": PAYERS[0], "url": ""}
        return Desktop(_APP, State(focus="url", fields=fields, data={"claims": _claims(inputs)}))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        take.key("ctrl+l", "The browser is open on a new tab. I go to the address bar.")
        take.type("https://claimgate.example\n", "I type the address of the portal and press Enter.")
        take.click("user", "The sign-in page is open. I click the user ID field.")
        take.type(inputs["portal_user"], "I type the user ID.")
        take.click("password", "Next is the password field.")
        take.type("{$portal_password}", "I type the password from the secret input.")
        take.mark("signin")
        take.click("signin", "Both fields are filled in. I sign in.")
        take.fill("claim_id", inputs["claim_number"], "Claim number")
        take.fill("member", inputs["member_id"], "Member ID")
        payer = inputs["payer"]
        if payer != take.desktop.state.text("payer"):
            take.pick("payer", payer, "Payer")
        take.mark("claim")
        take.click("find", "The search form is complete. I press Find claim.")
        take.wait(1.5, "The claim is loading.")
        take.mark("history")
        claim = take.desktop.state.data["claims"][inputs["claim_number"]]
        shown = {k: claim[k] for k in ("status", "billed", "allowed", "paid")} | {"remark_codes": list(claim["codes"])}
        take.screenshot("The claim is open. I read its status and amounts.",
                        extract_prompt="Read status, billed, allowed, paid and remark codes", result=shown)  # fmt: skip
        take.scroll("history", "down", 20, "The history is longer than the page. I scroll to its end.")
        last = len(claim["history"]) - 1
        take.click(f"history.{last}", "This is the last event of the claim. I select it to read its date.")
        output = {**shown, "last_event_date": claim["history"][last][0]}
        return Outcome(output, f"Claim {inputs['claim_number']} is {claim['status']}; paid ${claim['paid']:,.2f}.")


def _claims(inputs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rng = seeded(inputs["claim_number"], inputs["member_id"])
    claims = {f"C{rng.randint(10**8, 10**9 - 1)}": _claim(rng, f"K{rng.randint(10**8, 10**9 - 1)}") for _ in range(7)}
    own = _claim(rng, inputs["member_id"], inputs.get("service_date"))
    return claims | {inputs["claim_number"]: own | {"payer": inputs.get("payer", PAYERS[0])}}


def _claim(rng: random.Random, member: str, service: str | None = None) -> dict[str, Any]:
    status = rng.choice(("paid", "paid", "denied", "pending"))
    billed = round(rng.uniform(90, 4200), 2)
    allowed = 0.0 if status == "denied" else round(billed * rng.uniform(0.5, 0.9), 2)
    paid = round(allowed * rng.uniform(0.7, 1), 2) if status == "paid" else 0.0
    day = 1
    history: list[tuple[str, str, str, str]] = []
    for i in range(rng.randint(16, 24)):
        day += rng.randint(0, 2)
        history.append((f"2026-{9 + day // 29:02d}-{day % 28 + 1:02d}", _EVENTS[i % len(_EVENTS)], "System", ""))
    history.sort()
    closing = {"paid": "Payment issued", "denied": "Claim denied", "pending": "Pended: waiting for records"}[status]
    history.append(
        (
            max(history[-1][0], "2026-10-30"),
            closing,
            rng.choice(("Examiner 14", "Examiner 31", "System")),
            f"${paid:,.2f}",
        )
    )
    codes = tuple(rng.sample(_CODES, rng.randint(1, 3))) if status != "paid" else tuple(rng.sample(_CODES, 1))
    return {
        "member": member, "service": service or _people.recent(rng), "payer": rng.choice(PAYERS),
        "status": status, "billed": billed, "allowed": allowed, "paid": paid, "codes": codes,
        "history": tuple(history),
    }  # fmt: skip
