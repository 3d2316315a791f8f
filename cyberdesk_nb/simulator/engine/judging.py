"""What post-run checks find: which files they are about, and whether the output is as it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cyberdesk_nb.simulator.inputs.checking import CannotCheck, errors_in, finds
from cyberdesk_nb.simulator.inputs.paths import PATH, parts
from cyberdesk_nb.simulator.inputs.shaping import as_json_schema

Record = dict[str, Any]

SUCCEEDED, FAILED = "success", "failed"

_LOOP_ITEM = re.compile(rf"\{{{{?\s*loop_item({PATH})\s*\}}?\}}")
_SCOPES = {"inputs": "inputs", "input_values": "inputs", "outputs": "output", "output_data": "output"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has to show when its work is done: inputs as executed, output, names of its output files."""

    inputs: Mapping[str, Any]
    output: Record | None
    output_schema: Record | None
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one check went, in words, and the files that it was about (None where it is about none)."""

    status: str
    words: str
    files: list[str] | None = None


def judge(check: Mapping[str, Any], evidence: Evidence) -> Verdict:
    """Work through one check. What only a model could see is taken as seen."""
    if check["type"] == "output_data_passes_schema_validation":
        return _fits_schema(evidence)
    if check["type"] == "output_data_agentic_check":
        return _passed("The output is as asked.") if evidence.output is not None else _failed("There is no output")
    matched, problem = _targets(check, evidence)
    if problem is not None and not check["allow_missing_attachments"]:
        return Verdict(FAILED, problem, matched)
    seen = "shows what was asked" if check["type"] == "run_attachment_image_check" else "is there"
    return Verdict(SUCCEEDED, problem or f"Every file {seen}.", matched)


def _fits_schema(evidence: Evidence) -> Verdict:
    if evidence.output is None:
        return _failed("There is no output")
    if evidence.output_schema is None:
        return _passed("The workflow has no output schema.")
    try:
        errors = errors_in(evidence.output, as_json_schema(evidence.output_schema))
    except CannotCheck as why:
        return _failed(f"output_schema cannot be applied: {why}")
    words = "; ".join(f"{error.json_path}: {error.message}" for error in errors[:3])
    return _failed(words) if errors else _passed("The output fits its schema.")


def _targets(check: Mapping[str, Any], evidence: Evidence) -> tuple[list[str], str | None]:
    """Return the files that a check is about, and what is wrong with them."""
    mode = check["file_target_mode"] or _guessed_mode(check)
    if mode == "regex":
        return _matching(check, evidence)
    if mode == "loop_items":
        names, problem = _names_of_items(check, evidence)
        if problem is not None:
            return [], problem
    else:
        names = cast("list[str]", check["file_names"] or [])
    if not names:
        return list(evidence.files), None if evidence.files else "The run has no output files"
    missing = [name for name in names if name not in evidence.files]
    matched = [name for name in names if name in evidence.files]
    return matched, f"Missing: {', '.join(missing)}" if missing else None


def _guessed_mode(check: Mapping[str, Any]) -> str:
    return "regex" if check["file_name_regex"] else "loop_items" if check["loop_input"] else "exact"


def _matching(check: Mapping[str, Any], evidence: Evidence) -> tuple[list[str], str | None]:
    """Return the files whose name a pattern finds, and whether they are as many as expected."""
    pattern = check["file_name_regex"] or ""
    try:
        finds(pattern, "")  # a broken pattern is to be told even where there are no files
        matched = [name for name in evidence.files if finds(pattern, name)]
    except CannotCheck as why:
        return [], f"file_name_regex cannot be applied: {why}"
    expected = check["expected_match_count"]
    if check["expected_match_count_ref"]:
        expected = _count(_value(str(check["expected_match_count_ref"]), evidence))
        if expected is None:
            return matched, f"{check['expected_match_count_ref']} is no number and no list"
    if expected is None:
        return matched, None if matched else f"No file matches {pattern}"
    return matched, None if len(matched) == expected else f"{len(matched)} files match, {expected} are expected"


def _names_of_items(check: Mapping[str, Any], evidence: Evidence) -> tuple[list[str], str | None]:
    """Return the name that each item of a loop asks for."""
    items: Any = _value(str(check["loop_input"] or ""), evidence)
    if not isinstance(items, list):
        return [], f"{check['loop_input']} is no list"
    template = str(check["loop_item_filename_template"] or "{{loop_item}}")
    return [_LOOP_ITEM.sub(_Item(item), template) for item in cast("list[Any]", items)], None


class _Item:
    """Puts one item of a loop into a file name."""

    def __init__(self, item: Any) -> None:
        self._item = item

    def __call__(self, match: re.Match[str]) -> str:
        found = _at(self._item, match[1])
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def _value(name: str, evidence: Evidence) -> Any:
    """Return what a name leads to, with or without braces; `inputs.` or `outputs.` before it says where to look."""
    bare = name.strip().strip("{}").strip()
    scope, _, rest = bare.partition(".")
    if scope in _SCOPES:
        return _at(evidence.output if _SCOPES[scope] == "output" else evidence.inputs, rest)
    found = _at(evidence.inputs, bare)
    return found if found is not None else _at(evidence.output, bare)


def _at(value: Any, path: str) -> Any:
    for part in parts(path):
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _count(value: Any) -> int | None:
    if isinstance(value, list):
        return len(cast("list[Any]", value))
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _passed(words: str) -> Verdict:
    return Verdict(SUCCEEDED, words)


def _failed(words: str) -> Verdict:
    return Verdict(FAILED, words)
