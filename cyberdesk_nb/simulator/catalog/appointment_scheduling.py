"""Book an appointment in the CareCal week view."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.scheduling import LENGTHS, PROVIDERS, TIMES, VISITS, Scheduling
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Scheduling()


class AppointmentScheduling(Kind):
    """A front desk's booking of one visit."""

    slug = "appointment-scheduling"
    name = "Appointment scheduling"
    tags = ("healthcare", "data-entry")
    main_prompt = (
        "In CareCal, go to the week of {date} and choose the provider {provider}. "
        "Right-click the free slot at {time} on that day and book a new appointment for {patient.name}, phone "
        "{patient.phone}. Set the visit type to {visit_type}, and put {notes} into the notes unless it is empty. "
        "Tick the reminder when {reminder} is true. Save the appointment and report its confirmation number. "
        "If the time is taken, do not choose another one: declare the task failed and name the conflict."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "patient": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 1, "description": "Last name, first name"},
                    "phone": {"type": "string"},
                },
                "required": ["name"],
            },
            "provider": {"type": "string", "enum": list(PROVIDERS), "default": PROVIDERS[0]},
            "date": {"type": "string", "format": "date", "description": "A weekday"},
            "time": {"type": "string", "enum": list(TIMES), "description": "Start, on the half hour"},
            "visit_type": {"type": "string", "enum": list(VISITS), "default": VISITS[0]},
            "notes": {"type": ["string", "null"], "description": "For the practice only"},
            "reminder": {"type": "boolean", "default": True},
        },
        "required": ["patient", "date", "time"],
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "confirmation": {"type": "string"},
            "date": {"type": "string", "format": "date"},
            "time": {"type": "string"},
            "provider": {"type": "string"},
        },
        "required": ["confirmation", "date", "time"],
    }
    disturbances = (
        _trouble.notice("birthday_notice", "slot", "CareCal", "It is the birthday of 3 patients today.",
                        "CareCal shows a birthday notice. I close it and go on."),
        _trouble.session_notice("save", "CareCal"),
    )  # fmt: skip
    failures = (
        _trouble.message("slot_taken", "save", "Conflict",
                         "Somebody else has booked this time while the dialog was open.",
                         "The slot was taken by somebody else in the meantime.",
                         "The slot {date} {time} is taken by appointment A-{ref}.", icon="warning"),
        _trouble.message("provider_away", "slot", "CareCal", "This provider is away in the chosen week.",
                         "The provider is away in this week, so nothing can be booked.",
                         "The provider is away in the week of {date} (absence {ref}).", icon="info"),
        _trouble.not_responding("save", "CareCal", "carecal.exe"),
        _trouble.connection_lost("slot"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        day = date(2026, 11, 2) + timedelta(7 * rng.randint(0, 11) + rng.randint(0, 4))
        return {
            "patient": {"name": _people.name(rng), "phone": _people.phone(rng)},
            "provider": rng.choice(PROVIDERS), "date": day.isoformat(), "time": rng.choice(TIMES),
            "visit_type": rng.choice(VISITS), "reminder": rng.random() < 0.7,
            "notes": rng.choice((None, "Needs an interpreter", "First visit after surgery", "Prefers mornings")),
        }  # fmt: skip

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        rng = seeded(inputs["date"], inputs["time"], inputs["patient"])
        today = date(2026, 11, 16)
        number = f"A-{rng.randint(100000, 999999)}"
        data = {"visits": _visits(inputs, rng), "today": today, "monday": today, "confirmation": number}
        return Desktop(_APP, State(fields={"provider": PROVIDERS[0], "length": LENGTHS[1]}, data=data))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        day, time, patient = inputs["date"], inputs["time"], inputs["patient"]
        take.click("go_to", "The calendar shows this week. I click the date field to go to the wanted week.")
        take.type(day, "I type the date.")
        take.click("go", "I press Go.")
        take.wait(1, "The week is loading.")
        provider = inputs["provider"]
        if provider != take.desktop.state.text("provider"):
            take.pick("provider", provider, "Provider")
        take.mark("slot")
        slot = f"slot.{_day(day).weekday()}.{TIMES.index(time)}"
        take.right_click(slot, f"The slot at {time} is free. I right-click it for its menu.")
        take.click("book", "I choose New appointment.")
        take.type(patient["name"], "The dialog is open with the focus on Patient. I type the name.")
        take.fill("phone", patient.get("phone") or "", "Phone")
        visit = inputs["visit_type"]
        if visit != take.desktop.state.text("visit"):
            take.pick("visit", visit, "Visit type")
        take.fill("notes", inputs.get("notes") or "", "Notes")
        if inputs["reminder"]:
            take.click("reminder", "A reminder is wanted, so I tick the box.")
        take.mark("save")
        take.click("save", "Everything is filled in. I save the appointment.")
        number = take.desktop.state.data["confirmation"]
        take.screenshot("The appointment was saved. I read its number.", extract_prompt="Read the appointment number",
                        result={"confirmation": number})  # fmt: skip
        take.click("saved.ok", "I close the message.")
        output = {"confirmation": number, "date": day, "time": time, "provider": provider}
        return Outcome(output, f"Booked {patient['name']} for {day} {time} with {provider} ({number}).")


def _day(text: str) -> date:
    """Read a date; what is none stands for today, and the calendar says so when it is typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date(2026, 11, 16)


def _visits(inputs: Mapping[str, Any], rng: random.Random) -> dict[tuple[str, int], tuple[str, str]]:
    """Fill the weeks around the wanted day and today, and leave the wanted slot free."""
    free = (inputs["date"], TIMES.index(inputs["time"]))
    visits: dict[tuple[str, int], tuple[str, str]] = {}
    for anchor in (date(2026, 11, 16), _day(inputs["date"])):
        monday = anchor - timedelta(anchor.weekday())
        for day in range(5):
            here = (monday + timedelta(day)).isoformat()
            for index in range(len(TIMES)):
                if TIMES[index] == "12:00":
                    visits[here, index] = ("Lunch", "blocked")
                elif rng.random() < 0.38:
                    visits[here, index] = (f"{rng.choice(_people.LAST)}, {rng.choice('ABCEHJKMRST')}.", "booked")
    visits.pop(free, None)
    return visits
