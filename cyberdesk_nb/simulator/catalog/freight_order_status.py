"""Ask the freight host for the state of an order, in a terminal window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.terminal import Terminal
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Terminal()
_EVENTS = ("Loaded", "Departed", "Arrived", "Customs cleared", "Held for documents", "Reloaded")
_CARRIERS = ("NORTHHAUL", "BLUE LINE", "CASTELLAN", "TRI-STATE")


class FreightOrderStatus(Kind):
    """A dispatcher's question to the host, by keyboard alone."""

    slug = "freight-order-status"
    name = "Freight order status"
    tags = ("logistics", "terminal", "read-only")
    sensitive = ("host_password",)
    main_prompt = (
        "Sign on to the host in the HostLink window as {host_user} with the password {$host_password}. "
        "Choose option 2 of the main menu and display the order {order_number} of the customer {customer}. "
        "Read status, carrier, weight and ETA. "
        "Page down until the list of stops says Bottom, and take the last stop. "
        "Leave with F3 when you are done. Use the keyboard only: the host ignores the mouse. "
        "If the order is not found, declare the task failed."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "host_user": {"type": "string", "minLength": 1, "maxLength": 10, "default": "DISPATCH"},
            "$host_password": {"type": "string"},
            "order_number": {"type": "string", "pattern": "^F[0-9]{7}$"},
            "customer": {"type": ["string", "null"], "description": "Used for the check only"},
        },
        "required": ["$host_password", "order_number"],
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": ["IN TRANSIT", "DELIVERED", "DELAYED"]},
            "carrier": {"type": "string"},
            "weight_kg": {"type": "integer"},
            "eta": {"type": "string", "format": "date"},
            "last_stop": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "event": {"type": "string"}},
                "required": ["place", "event"],
            },
        },
        "required": ["status", "weight_kg", "last_stop"],
    }
    disturbances = (
        _trouble.notice("operator_message", "menu", "Message from QSYSOPR",
                        "Backup starts at 22:00. Sign off before that time.",
                        "The operator sent a message. I confirm it and go on."),
        _trouble.update_banner("order"),
    )  # fmt: skip
    failures = (
        _trouble.message("order_not_found", "order", "HostLink", "FRT0042 - Order not found in the active library.",
                         "The host does not know this order.",
                         "FRT0042: order {order_number} not found in library FRT{ref}.", icon="info"),
        _trouble.message("user_disabled", "menu", "HostLink", "CPF1394 - User profile cannot sign on.",
                         "The host refuses the user, so I cannot go on.",
                         "CPF1394: user profile {host_user} cannot sign on (job {ref}/QINTER)."),
        _trouble.not_responding("order", "HostLink", "hostlink.exe"),
        _trouble.connection_lost("page"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        return {
            "host_user": "DISPATCH", "order_number": f"F{rng.randint(10**6, 10**7 - 1)}",
            "customer": rng.choice((*_people.COMPANIES, None)),
        }  # fmt: skip

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        orders = {inputs["order_number"]: _order(inputs)}
        return Desktop(_APP, State(focus="user", status="Connected", data={"orders": orders}))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        name = inputs["order_number"]
        take.click("user", "The sign-on screen is open. I make sure that the cursor stands in the user field.")
        take.type(inputs["host_user"], "I type the user.")
        take.key("Tab", "Tab goes to the password.")
        take.type("{$host_password}", "I type the password from the secret input.")
        take.key("Return", "Enter signs on.")
        take.expect("option")
        take.mark("menu")
        take.type("2", "The main menu is open. Option 2 displays orders.")
        take.key("Return", "I confirm the option.")
        take.type(name, "I type the order number.")
        take.mark("order")
        take.key("Return", "Enter starts the search.")
        if take.desktop.state.view != "order":
            raise take.lost("the order")
        order = take.desktop.state.data["orders"][name]
        shown = {key: order[key] for key in ("status", "carrier", "weight_kg", "eta")}
        take.screenshot("The order is displayed. I read its header.",
                        extract_prompt="Read status, carrier, weight and ETA", result=shown)  # fmt: skip
        take.mark("page")
        for _ in range((len(order["stops"]) - 1) // 10):
            take.key("Page_Down", "The list says More, so there are further stops. I page down.")
        place, _, event = order["stops"][-1]
        take.focused_action("Read the last stop of the list", {"place": place, "event": event},
                            "The list says Bottom. I have the last stop read.")  # fmt: skip
        take.key("F3", "I have all that I need and leave the display with F3.")
        output = {**shown, "last_stop": {"place": place, "event": event}}
        return Outcome(output, f"Order {name} is {order['status'].lower()}; last stop {place} ({event}).")


def _order(inputs: Mapping[str, Any]) -> dict[str, Any]:
    rng = seeded(inputs["order_number"])
    stops: list[tuple[str, str, str]] = []
    for i in range(rng.randint(12, 28)):
        time = f"2026-11-{i // 2 + 1:02d} {rng.randint(0, 11) + 12 * (i % 2):02d}:{rng.randint(0, 59):02d}"
        stops.append((rng.choice(_people.CITIES), time, rng.choice(_EVENTS)))
    return {
        "customer": inputs.get("customer") or rng.choice(_people.COMPANIES),
        "status": rng.choice(("IN TRANSIT", "IN TRANSIT", "DELIVERED", "DELAYED")), "carrier": rng.choice(_CARRIERS),
        "weight_kg": rng.randint(180, 24000), "pallets": rng.randint(1, 33), "eta": _people.coming(rng),
        "stops": tuple(stops),
    }  # fmt: skip
