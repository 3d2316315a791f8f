"""Rules from files and presets; what is wrong with them is said in one line with its place."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cyberdesk_nb.errors import ConfigurationError, printable
from cyberdesk_nb.simulator.faults.rules import Plan, Rule

_FOLDER = files("cyberdesk_nb.simulator.faults")

PRESETS: tuple[str, ...] = ("broken", "drifting", "flaky", "hostile", "slow")
"""Names of the rules that come with the simulator."""

EXAMPLE = (_FOLDER / "example.toml").read_text(encoding="utf-8")
"""A rules file with every kind of fault in it."""

_HINT = "`python -m cyberdesk_nb.simulator.faults` prints an example of every kind."


def read_plan(source: str | Path | Mapping[str, Any] | Plan) -> Plan:
    """Return the rules of a preset, of a TOML or JSON file, or of their content; presets within are unfolded.

    A name of `PRESETS` means the preset, anything else a file. Raises `ConfigurationError` with the place of what is
    wrong.
    """
    plan = _read(source)
    return plan.model_copy(update={"use": (), "rules": (*_used(plan), *plan.rules)})


def checked_rule(rule: Mapping[str, Any]) -> Rule:
    """Return one rule from its content."""
    try:
        return Rule.model_validate(rule)
    except ValidationError as error:
        raise _wrong("faults", "", error) from None


def _used(plan: Plan) -> list[Rule]:
    unknown = sorted(set(plan.use) - set(PRESETS))
    if unknown:
        raise ConfigurationError(
            f"faults: use: there is no preset {printable(unknown[0], 60)!r}.", hint=f"There are {', '.join(PRESETS)}."
        )
    return [rule for name in plan.use for rule in read_plan(name).rules]


def _read(source: str | Path | Mapping[str, Any] | Plan) -> Plan:
    if isinstance(source, Plan):
        return source
    if isinstance(source, Mapping):
        return _checked("faults", "", source)
    if str(source) in PRESETS:
        return _parsed(f"{source}.toml", (_FOLDER / "presets" / f"{source}.toml").read_text(encoding="utf-8"))
    try:
        text = Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or "it cannot be opened") if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigurationError(
            f"{printable(str(source))} cannot be read ({why}).",
            hint=f"Name a TOML or JSON file with rules, or one of the presets: {', '.join(PRESETS)}.",
        ) from error
    return _parsed(str(source), text)


def _parsed(name: str, text: str) -> Plan:
    try:
        content = json.loads(text) if name.lower().endswith(".json") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(printable(f"{name}: {error}") + ".", hint=_HINT) from error
    return _checked(name, text, content)


def _checked(name: str, text: str, content: object) -> Plan:
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        raise _wrong(name, text, error) from None


def _wrong(name: str, text: str, error: ValidationError) -> ConfigurationError:
    problems = error.errors(include_url=False, include_context=False)
    first = problems[0]
    place = _place(first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    where = ": ".join(part for part in (name, _rule(text, first["loc"]), place) if part)
    return ConfigurationError(printable(f"{where}: {said}{more}", 600) + ".", hint=_HINT)


def _place(loc: Sequence[str | int]) -> str:
    """Spell a place within a rule as the file does, without the kind of fault, which pydantic puts into it."""
    parts = list(loc[2:] if _is_in_rule(loc) else loc)
    if parts[:1] == ["do"]:
        del parts[2:3]
        parts = [part for place, part in enumerate(parts) if place != 1 or part != 0]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")


def _rule(text: str, loc: Sequence[str | int]) -> str:
    """Name the rule in which a place is, with the line at which it begins where the file has a heading for each."""
    if not _is_in_rule(loc):
        return ""
    number = int(loc[1])
    lines = [line for line, words in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*rules\s*\]\]", words)]
    return f"rule {number + 1} (line {lines[number]})" if number < len(lines) else f"rule {number + 1}"


def _is_in_rule(loc: Sequence[str | int]) -> bool:
    return len(loc) > 1 and loc[0] == "rules" and isinstance(loc[1], int)
