"""Inputs and outputs that are masked."""

from __future__ import annotations

import json

import pytest

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.report import MaskedRuns, Masking
from tests.report.fleets import others, run, runs


def test_a_masked_input_is_in_no_text_of_its_run() -> None:
    """The value of a named input is masked in inputs, outputs and errors, in any spelling; other values stay."""
    record = run(
        7,
        "error",
        input_values={"patient": "Zoë O'Neil", "room": 12},
        output_data={"note": {"about": ["seen ZOË O'NEIL today"]}, "patient": None},
        error=["No chart of Zoë O&#x27;Neil", "at /p/Zo%C3%AB%20O%27Neil"],
    )
    masked = MaskedRuns(runs([record]), Masking(("patient",))).frame
    row = masked.iloc[0]
    assert "neil" not in masked.to_csv().casefold()
    assert json.loads(row["input_values"])["room"] == 12
    assert json.loads(row["output_data"]) == {"note": {"about": ["seen ■■■ today"]}, "patient": None}
    assert row["error"] == "No chart of ■■■\nat /p/■■■"
    assert row["error_signature"].startswith("No chart of ■■■")


def test_a_masked_output_is_masked_like_an_input() -> None:
    """Names mean outputs, too, and every leaf of a nested value is masked."""
    record = run(1, "task_failed", output_data={"claim": {"number": "CLM-4711", "parts": [55512]}},
                 error=["CLM-4711 refused, 55512"])  # fmt: skip
    masked = MaskedRuns(runs([record]), Masking(("claim",))).frame
    assert json.loads(masked["output_data"][0]) == {"claim": "■■■"}
    assert masked["error"][0] == "■■■ refused, ■■■"


def test_a_value_is_masked_in_texts_of_other_runs() -> None:
    """The error of a later run in the chain that repeats the value does not show it."""
    records = [
        run(1, input_values={"patient": "Lovelace"}),
        run(2, "error", error=["Lovelace is locked"], input_values={"step": "two"}),
    ]
    masked = MaskedRuns(runs(records), Masking(("patient",)))
    assert masked.frame["error"][1] == "■■■ is locked"
    assert masked.values_of(records[0]["id"]) == ("Lovelace",)


def test_a_short_value_masks_no_other_runs() -> None:
    """A value of a character or two is masked in its own run, and not wherever it stands by chance."""
    records = [
        run(1, "error", input_values={"code": "30"}, error=["code 30 is bad"]),
        run(2, "error", error=["Timeout after 30 s"]),
    ]
    masked = MaskedRuns(runs(records), Masking(("code",))).frame
    assert masked["error"].tolist() == ["code ■■■ is bad", "Timeout after 30 s"]


def test_further_values_are_masked_in_all_frames() -> None:
    """A text that is named itself is masked in machines and workflows as well, their ids stay."""
    masked = MaskedRuns(runs([run(1)]), Masking(values=("Machine 3",)))
    frames = masked.frames({"runs": masked.frame, **others()})
    assert frames["machines"]["name"].tolist() == ["Machine 0", "Machine 1", "Machine 2", "■■■"]
    assert frames["machines"]["id"].tolist() == ["m0", "m1", "m2", "m3"]


def test_a_misspelt_name_is_an_error() -> None:
    """A name that no run has is refused, with the names that there are: it must not leave the value readable."""
    with pytest.raises(ConfigurationError, match=r"an input or output 'pateint'. There are: patient, room"):
        MaskedRuns(runs([run(1)]), Masking(("pateint",)))
    assert MaskedRuns(runs([]), Masking(("patient",))).frame.empty


def test_broken_inputs_are_masked_as_text() -> None:
    """Inputs that are no object cannot be told apart by name; texts beside them are masked all the same."""
    frame = runs([run(1, input_values={"patient": "Lovelace"}), run(2, input_values=None, output_data=["Lovelace"])])
    assert "Lovelace" not in MaskedRuns(frame, Masking(("patient",))).frame.to_csv()
