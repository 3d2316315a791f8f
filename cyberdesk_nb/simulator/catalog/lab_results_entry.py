"""Enter and verify the results of one sample in LabTrack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.lab import RANGES, Lab, flag
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Lab()
_WARDS = ("Ward 3B", "Emergency", "Outpatients", "Ward 1A")


class LabResultsEntry(Kind):
    """A technician's entry of manual results, with a signature."""

    slug = "lab-results-entry"
    name = "Lab results entry"
    tags = ("healthcare", "data-entry", "signed")
    sensitive = ("pin",)
    main_prompt = (
        "Open sample {sample_id} in LabTrack LIS by typing its ID into the scan field. "
        "Loop over {results} and type each value into the row of its analyte; they are in the order of the sheet. "
        "If {comment} is given, put it into the comment. "
        "Verify the sample with F8 and sign with the PIN {$pin}. "
        "Report the flags that the program shows for values outside their reference range. "
        "If the sample is not on the work list or is locked, declare the task failed."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "sample_id": {"type": "string", "pattern": "^S[0-9]{6}$"},
            "$pin": {"type": "string", "description": "Signature PIN of the technician"},
            "results": {
                "type": "array", "minItems": 1, "maxItems": len(RANGES),
                "items": {
                    "type": "object",
                    "properties": {
                        "analyte": {"type": "string", "enum": list(RANGES)},
                        "value": {"type": "number", "minimum": 0, "maximum": 100_000},
                    },
                    "required": ["analyte", "value"],
                },
            },
            "comment": {"type": ["string", "null"], "maxLength": 200, "default": None},
        },
        "required": ["sample_id", "$pin", "results"],
    }  # fmt: skip
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "sample_id": {"type": "string"},
            "verified": {"type": "boolean"},
            "flags": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"analyte": {"type": "string"}, "flag": {"type": "string", "enum": ["H", "L"]}},
                    "required": ["analyte", "flag"],
                },
            },
        },
        "required": ["sample_id", "verified", "flags"],
    }
    disturbances = (
        _trouble.notice("qc_warning", "verify", "Quality control", "Control level 2 is due in 15 minutes.",
                        "A reminder of the quality control is open. I confirm it and go on.", icon="warning"),
        _trouble.update_banner("sheet"),
    )  # fmt: skip
    failures = (
        _trouble.message("sample_locked", "sheet", "Sample locked", "This sample is open at another workplace.",
                         "The sample is locked by another workplace.",
                         "Sample {sample_id} is locked by workplace LAB-{ref}.", icon="warning"),
        _trouble.message("delta_check", "sign", "Delta check",
                         "A result differs too much from the last one of this patient. A supervisor must release it.",
                         "The delta check stops the verification; only a supervisor can release it.",
                         "Delta check failed for sample {sample_id} (rule {ref})."),
        _trouble.not_responding("sign", "LabTrack LIS", "labtrack.exe"),
        _trouble.connection_lost("verify"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        names = rng.sample(list(RANGES), rng.randint(2, 4))
        results = [{"analyte": name, "value": _value(rng, name)} for name in names]
        comment = rng.choice((None, None, "Haemolysed, repeated", "Ward informed by phone"))
        return {"sample_id": f"S{rng.randint(100000, 999999)}", "results": results, "comment": comment}

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        return Desktop(_APP, State(focus="barcode", data={"samples": _samples(inputs)}))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        name, results = inputs["sample_id"], inputs["results"]
        take.key("F2", "The work list is open. F2 puts the focus into the scan field.")
        take.type(name, "I type the sample ID as the scanner would.")
        take.key("Return", "Enter opens the sample.")
        take.mark("sheet")
        take.screenshot("I check that patient and analytes belong to the sample.")
        with take.loop(results, "The sheet is open. I loop over the results.") as begin:
            for i, result in enumerate(results):
                begin(i)
                take.click(f"value.{i}", f"I click the result of {result['analyte']}.")
                take.type(f"{result['value']:g}", f"I type {result['value']:g}.")
                take.end_iteration(f"{result['analyte']} entered")
        take.fill("comment", inputs.get("comment") or "", "Comment")
        take.mark("verify")
        take.key("F8", "All results are in. F8 starts the verification.")
        take.type("{$pin}", "The signature dialog asks for the PIN. I type it from the secret input.")
        take.mark("sign")
        take.click("sign.ok", "I sign the results.")
        take.wait(1, "The results are being filed.")
        marks = ((r["analyte"], flag(r["analyte"], f"{r['value']:g}")) for r in results)
        flags = [{"analyte": analyte, "flag": mark} for analyte, mark in marks if mark in {"H", "L"}]
        take.focused_action("List the analytes that are flagged H or L", flags,
                            "The sample is verified. I have the flags read.")  # fmt: skip
        output = {"sample_id": name, "verified": True, "flags": flags}
        return Outcome(output, f"Entered {len(results)} results for sample {name}; {len(flags)} flagged.")


def _value(rng: random.Random, analyte: str) -> float:
    _, low, high = RANGES[analyte]
    return float(f"{rng.uniform(low * 0.8, high * 1.25):.3g}")


def _samples(inputs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rng = seeded(inputs["sample_id"])
    samples: dict[str, dict[str, Any]] = {}
    for i in range(26):
        own = i == 4
        samples[inputs["sample_id"] if own else f"S{rng.randint(100000, 999999)}"] = {
            "patient": f"{rng.choice(_people.LAST)}, {rng.choice('ABCEHJKMRST')}.", "ward": rng.choice(_WARDS),
            "collected": f"{rng.randint(6, 11):02d}:{rng.randint(0, 59):02d}",
            "priority": "STAT" if rng.random() < 0.2 else "Routine",
            "analytes": tuple(r["analyte"] for r in inputs["results"]) if own else tuple(rng.sample(list(RANGES), 3)),
        }  # fmt: skip
    return samples
