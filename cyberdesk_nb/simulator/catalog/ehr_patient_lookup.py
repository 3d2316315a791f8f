"""Look a patient up in Meridian Chart and read the insurance and allergies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.ehr import Ehr
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome
from ._take import shorten

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Ehr()
_PROBLEMS = (
    ("I10", "Essential hypertension"), ("E11.9", "Type 2 diabetes"), ("J45.20", "Mild intermittent asthma"),
    ("M54.5", "Low back pain"), ("E78.5", "Hyperlipidaemia"), ("F41.1", "Generalised anxiety"),
)  # fmt: skip
_ALLERGIES = (
    ("Penicillin", "Rash", "moderate"), ("Latex", "Contact dermatitis", "mild"), ("Peanut", "Anaphylaxis", "severe"),
    ("Sulfonamides", "Hives", "moderate"), ("Iodine contrast", "Flushing", "mild"),
)  # fmt: skip
_PAYERS = ("Keystone Mutual", "Harbor Health Plan", "Evergreen Assurance", "Unity Care")


class EhrPatientLookup(Kind):
    """A receptionist's check before a visit."""

    slug = "ehr-patient-lookup"
    name = "EHR patient lookup"
    tags = ("healthcare", "read-only")
    sensitive = ("password",)
    main_prompt = (
        "Open Meridian Chart on the desktop and log on as {username} with the password {$password}. "
        "Go to Patient lookup and search for the patient {patient.last_name}, {patient.first_name}, born "
        "{patient.date_of_birth}. Make sure that exactly this patient is in the list before you open the chart. "
        "On the Insurance tab, copy the member ID and read payer, plan and eligibility. "
        "If {include_allergies} is true, read the Allergies tab too. "
        "Do not change anything in the chart. If the patient cannot be found, declare the task failed and say so."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "username": {"type": "string", "description": "Meridian Chart user name", "default": "reception"},
            "$password": {"type": "string", "description": "Password of that user"},
            "patient": {
                "type": "object",
                "properties": {
                    "last_name": {"type": "string", "minLength": 1},
                    "first_name": {"type": "string", "minLength": 1},
                    "date_of_birth": {"type": "string", "format": "date"},
                },
                "required": ["last_name", "first_name", "date_of_birth"],
            },
            "include_allergies": {"type": "boolean", "default": True, "description": "Read the Allergies tab"},
        },
        "required": ["$password", "patient"],
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "mrn": {"type": "string"},
            "phone": {"type": "string"},
            "insurance": {
                "type": "object",
                "properties": {
                    "payer": {"type": "string"},
                    "plan": {"type": "string"},
                    "member_id": {"type": "string"},
                    "status": {"type": "string", "enum": ["active", "lapsed"]},
                },
                "required": ["payer", "member_id", "status"],
            },
            "allergies": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["mrn", "insurance"],
    }
    disturbances = (
        _trouble.session_notice("chart", "Meridian Chart"),
        _trouble.update_banner("search"),
    )
    failures = (
        _trouble.message(
            "record_locked", "chart", "Chart in use",
            "This chart is being edited by another user. It can be opened when that user has closed it.",
            "The chart is locked by another user, so I cannot read it.",
            "The chart of {patient[last_name]}, {patient[first_name]} is locked by another user (lock {ref}).",
            icon="warning",
        ),
        _trouble.message(
            "patient_not_found", "results", "Patient lookup", "No patient matches the search criteria.",
            "The search found no patient with this name and date of birth.",
            "No patient {patient[last_name]}, {patient[first_name]} born {patient[date_of_birth]} was found.",
            icon="info",
        ),
        _trouble.not_responding("chart", "Meridian Chart", "mchart.exe"),
        _trouble.connection_lost("results"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        patient = {
            "last_name": rng.choice(_people.LAST),
            "first_name": rng.choice(_people.FIRST),
            "date_of_birth": _people.date(rng, 1938, 2019),
        }
        return {"username": "reception", "patient": patient, "include_allergies": rng.random() < 0.8}

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        fields = {"site": "North Clinic", "facility": "All facilities"}
        return Desktop(_APP, State(focus="username", fields=fields, data={"patients": _patients(inputs["patient"])}))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        who = inputs["patient"]
        take.click("username", "The log-on window of Meridian Chart is open. I click the user name field.")
        take.type(inputs["username"], "I type the user name.")
        take.key("Tab", "I move to the password field with Tab.")
        take.type("{$password}", "I type the password from the secret input.")
        take.click("login", "User name and password are filled in, so I press Log on.")
        take.mark("search")
        take.fill("last_name", who["last_name"], "Last name")
        take.fill("dob", who["date_of_birth"], "Date of birth")
        take.click("search", "Both criteria are entered. I press Search.")
        take.wait(2, "The search is running, so I wait for the results.")
        take.mark("results")
        found = take.desktop.state.data.get("found", ())
        row = take.row((p["first_name"] == who["first_name"] for p in found), "the patient in the list")
        take.mark("chart")
        where = take.reach("results", row)
        take.double_click(where, f"{_short(who)} is in the list. I open the chart.")
        take.click("tab.insurance", "The chart is open. I need the Insurance tab.")
        p = take.desktop.state.data["patient"]
        take.click("member_id", "I click the member ID so that I can copy it.", action="triple_click")
        take.copy("member_id", "The member ID is selected. I copy it.")
        cover = p["insurance"]
        take.screenshot("I read payer, plan and eligibility from this tab.",
                        extract_prompt="Read payer, plan and eligibility", result=cover)  # fmt: skip
        output = {"mrn": p["mrn"], "phone": p["phone"],
                  "insurance": {k: cover[k] for k in ("payer", "plan", "member_id", "status")}}  # fmt: skip
        if inputs["include_allergies"]:
            take.click("tab.allergies", "Allergies are wanted too, so I open that tab.")
            output["allergies"] = [name for name, _, _ in p["allergies"]]
            take.focused_action("List the substances in the Allergies table", output["allergies"],
                                "I let the list of allergies be read.")  # fmt: skip
        summary = f"Found {_short(who)} (MRN {p['mrn']}); coverage is {cover['status']}."
        return Outcome(output, summary)


def _short(who: Mapping[str, Any]) -> str:
    return shorten(f"{who['last_name']}, {who['first_name']}", 80)


def _patients(who: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Invent the patients that the clinic knows: the one looked for, some with the same first letters, and others."""
    rng = seeded(who["last_name"], who["first_name"], who["date_of_birth"])
    people = [(who["last_name"], who["first_name"], who["date_of_birth"])]
    people += [(who["last_name"], first, who["date_of_birth"]) for first in rng.sample(_people.FIRST, 2)]
    people += [(rng.choice(_people.LAST), rng.choice(_people.FIRST), _people.date(rng, 1938, 2019)) for _ in range(24)]
    patients = [_patient(rng, *person) for person in dict.fromkeys(people)]
    rng.shuffle(patients)
    return tuple(patients)


def _patient(rng: random.Random, last: str, first: str, born: str) -> dict[str, Any]:
    problems = rng.sample(_PROBLEMS, rng.randint(1, 3))
    return {
        "mrn": f"{rng.randint(100000, 999999)}", "last_name": last, "first_name": first, "dob": born,
        "sex": "F" if first in _people.WOMEN else "M", "phone": _people.phone(rng),
        "doctor": rng.choice(_people.DOCTORS),
        "email": f"patient{rng.randint(100, 999)}@example.org",
        "street": f"{rng.randint(2, 480)} {rng.choice(_people.STREETS)}", "city": rng.choice(_people.CITIES),
        "problems": tuple((code, name, str(rng.randint(2004, 2025))) for code, name in problems),
        "allergies": tuple(rng.sample(_ALLERGIES, rng.randint(0, 3))),
        "next_visit": f"{_people.coming(rng)} with {rng.choice(_people.DOCTORS)}",
        "insurance": {
            "payer": rng.choice(_PAYERS), "plan": rng.choice(("PPO Silver", "HMO Basic", "PPO Gold")),
            "member_id": f"{rng.choice('KHEU')}{rng.randint(10**8, 10**9 - 1)}",
            "status": "active" if rng.random() < 0.85 else "lapsed", "valid_from": _people.date(rng, 2021, 2025),
        },
    }  # fmt: skip
