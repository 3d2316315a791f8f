"""The API's own description, as faults use it: which operation a request is, and of what type each value is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from fastapi import FastAPI

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API."""

    name: str
    """As the official client spells it: `list_runs_v1_runs_get`."""
    method: str
    template: str
    answer: Schema
    """Schema of its good answer; empty where it has none."""
    body: Schema
    """Schema of its request body; empty where it takes none."""
    path: re.Pattern[str] = field(repr=False)


@dataclass
class Operations:
    """All operations of an app; its description is asked for when the first rule needs it."""

    app: FastAPI

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation that a request is."""
        fitting = [one for one in self._all if one.method == method and one.path.fullmatch(path)]
        # A fixed path comes before one with an id in the same place.
        return min(fitting, key=lambda one: one.template.count("{"), default=None)

    def resolve(self, schema: Schema, value: object) -> Schema:
        """Follow references, and of several types choose the one that a value has."""
        if "$ref" in schema:
            return self.resolve(self.schemas[str(schema["$ref"]).rpartition("/")[2]], value)
        options: list[Schema] = [self.resolve(one, value) for one in schema.get("anyOf", ())]
        described = [one for one in options if one.get("type") != "null"]
        return next((one for one in described if _has_type(value, one)), described[0]) if described else schema

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        """The models of the API by name."""
        return self.app.openapi()["components"]["schemas"]

    @cached_property
    def _all(self) -> list[Operation]:
        paths: dict[str, dict[str, dict[str, Any]]] = self.app.openapi()["paths"]
        return [
            _operation(method, template, one) for template, methods in paths.items() for method, one in methods.items()
        ]


def _operation(method: str, template: str, described: dict[str, Any]) -> Operation:
    good = [answer for status, answer in described["responses"].items() if status.startswith("2")]
    return Operation(
        described["operationId"],
        method.upper(),
        template,
        _schema(good[0] if good else {}),
        _schema(described.get("requestBody", {})),
        pattern_of(template),
    )


def _schema(described: dict[str, Any]) -> Schema:
    return described.get("content", {}).get("application/json", {}).get("schema", {})


def pattern_of(path: str) -> re.Pattern[str]:
    """Read a path: `{...}` stands for one part of it, `*` for any text."""
    parts = re.split(r"(\{[^{}/]*\}|\*)", path)
    return re.compile("".join({"*": ".*", "{": "[^/]+"}.get(part[:1]) or re.escape(part) for part in parts))


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _has_type(value: object, schema: Schema) -> bool:
    return isinstance(value, _TYPES.get(cast("str", schema.get("type")), ()))
