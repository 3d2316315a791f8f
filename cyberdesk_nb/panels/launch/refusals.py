"""What the server says against a launch, read into words at fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from cyberdesk_nb.errors import APIStatusError
from cyberdesk_nb.panels.form import FieldError, Path
from cyberdesk_nb.panels.launch.launches import Setting
from cyberdesk_nb.panels.parts import one_line

# What may stand before the name of an input, and whether it holds secrets.
_RUN_WRAPPERS = {"input_values": False, "inputs": False, "sensitive_input_values": True}
_STEP_WRAPPERS = {"inputs": False, "input_values": False, "sensitive_inputs": True, "sensitive_input_values": True}
_SHARED_WRAPPERS = {"shared_inputs": False, "shared_sensitive_inputs": True}
_MESSAGES = ("message", "msg", "error", "detail")
_PATHS = ("path", "loc", "field", "instance_path")
_PATH_PART = re.compile(r"[^.\[\]/\"']+")


def field_errors(error: BaseException) -> list[FieldError]:
    """Read the fields that a 422 names, in any of the forms it may come in; empty where it names none."""
    if not isinstance(error, APIStatusError) or error.status != 422:
        return []
    return list(dict.fromkeys(_read(error.details)))


def _read(details: object) -> Iterator[FieldError]:
    if isinstance(details, list):
        for entry in cast("list[object]", details):
            if isinstance(entry, dict):
                yield from _entry(cast("Mapping[str, Any]", entry))
    if isinstance(details, dict):
        fields = cast("Mapping[str, Any]", details)
        inner = [fields[key] for key in ("errors", "detail", "details") if isinstance(fields.get(key), list | dict)]
        for one in inner:
            yield from _read(one)
        if not inner:
            yield from _entry(fields) if _first(fields, _PATHS) is not None else _by_field(fields)


def _entry(entry: Mapping[str, Any]) -> Iterator[FieldError]:
    path, message = _first(entry, _PATHS), _first(entry, _MESSAGES)
    if path is not None and isinstance(message, str):
        yield FieldError(_path(path), one_line(message, 300))


def _by_field(fields: Mapping[str, Any]) -> Iterator[FieldError]:
    """Read `{field: message}` and `{field: [message, ...]}`."""
    for name, messages in fields.items():
        for message in cast("Iterable[object]", messages) if isinstance(messages, list) else (messages,):
            if isinstance(message, str):
                yield FieldError(_path(name), one_line(message, 300))


def _first(entry: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _path(given: object) -> Path:
    """Read a list of keys, `a.b[0]`, `/a/b/0` or `$.a.b`; what wraps the inputs is left out."""
    written = cast("list[object]", given) if isinstance(given, list) else _PATH_PART.findall(str(given))
    keys: list[str | int] = [_key(key) for key in written if key != "$"]
    in_body = keys[:1] == ["body"]
    keys = keys[1:] if in_body else keys
    match keys:
        case ["steps", int(index), *rest]:
            return ("steps", index, *_input_path(rest, _STEP_WRAPPERS))
        case [("shared_inputs" | "shared_sensitive_inputs") as wrapper, *rest]:
            return ("shared_inputs", *_input_path([wrapper, *rest], _SHARED_WRAPPERS))
        case [first, *rest] if in_body and first not in _RUN_WRAPPERS:
            return (Setting(first), *rest)
        case _:
            return _input_path(keys, _RUN_WRAPPERS)


def _key(key: object) -> str | int:
    if isinstance(key, int):
        return key
    text = str(key)
    return int(text) if text.isdecimal() else text


def _input_path(keys: list[str | int], wrappers: Mapping[str, bool]) -> Path:
    """Leave out the first key where it wraps the inputs; one that wraps secrets marks their names with `$`."""
    if not keys or keys[0] not in wrappers:
        return tuple(keys)
    inner = keys[1:]
    is_secret = wrappers[str(keys[0])] and inner and not str(inner[0]).startswith("$")
    return (f"${inner[0]}", *inner[1:]) if is_secret else tuple(inner)
