"""An OpenAPI document in the notation of `contract/*.json`, so that the two can be compared line by line.

`uuid?!` is a uuid that may be null and must be there; `integer=100 [1, 1000]` has a default and a range; `Name[]` is a
list, `{string}` a free map, a capitalised name another model or enum.
"""

from __future__ import annotations

import json
import re
from typing import Any

Schema = dict[str, Any]
Told = dict[str, Any]

_FORMATS: dict[str | None, str] = {"uuid": "uuid", "date-time": "time", "binary": "binary"}


def operations(document: Schema) -> dict[str, Told]:
    """Tell every operation: parameters, headers, body, answers, and whether it wants a key."""
    return {
        f"{method.upper()} {path}": _operation(operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def models(document: Schema) -> dict[str, Any]:
    """Tell every model as its fields, and every enum as its values."""
    return {name: _model(schema) for name, schema in document["components"]["schemas"].items()}


def _operation(operation: Schema) -> Told:
    told: Told = {"operation": _single(operation["operationId"])}
    for place in ("path", "query"):
        found = [one for one in operation.get("parameters", []) if one["in"] == place]
        if found:
            told[place] = {one["name"]: _parameter(one) for one in found}
    headers = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
    if headers:
        told["headers"] = headers
    if "requestBody" in operation:
        told["body"] = _body(operation["requestBody"])
    told["answers"] = {status: _answer(answer) for status, answer in sorted(operation["responses"].items())}
    told["auth"] = bool(operation.get("security"))
    return told


def _parameter(parameter: Schema) -> str:
    # That a query parameter may be left out says it all: `null` cannot be sent in a query.
    must = "!" if parameter["required"] else ""
    return _field({**parameter["schema"]}, must, with_null=parameter["in"] != "query")


def _single(identifier: str) -> str:
    """Return an id without the doubled underscores that only FastAPI's own spelling has."""
    return re.sub("_+", "_", identifier).strip("_")


def _body(body: Schema) -> str:
    [(media_type, content)] = body["content"].items()
    name = _kind(content["schema"]).removesuffix("?")
    must = "!" if body.get("required") else ""
    return f"{name}{must}" + ("" if media_type == "application/json" else f" {media_type}")


def _answer(answer: Schema) -> str:
    if "content" not in answer:
        return "none"
    [(media_type, content)] = answer["content"].items()
    return _kind(content.get("schema", {})) if media_type == "application/json" else "binary"


def _model(schema: Schema) -> Any:
    if "enum" in schema:
        return sorted(schema["enum"])
    required = schema.get("required", [])
    return {name: _field(one, "!" if name in required else "") for name, one in schema.get("properties", {}).items()}


def _field(schema: Schema, must: str, *, with_null: bool = True) -> str:
    kind = _kind(schema) if with_null else _kind(schema).removesuffix("?")
    default = f"={json.dumps(schema['default'])}" if schema.get("default") is not None else ""
    ends = [schema.get("minimum"), schema.get("maximum")]
    between = (
        f" {json.dumps([None if end is None else int(end) for end in ends])}"
        if any(e is not None for e in ends)
        else ""
    )
    return f"{kind}{must}{default}{between}"


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in schema:
        kinds = sorted(_kind(one) for one in schema["anyOf"])
        return "|".join(kind for kind in kinds if kind != "null") + ("?" if "null" in kinds else "")
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"{{{_kind(inner) if isinstance(inner, dict) else 'any'}}}"
    kind = _FORMATS.get(schema.get("format")) or str(schema.get("type", "any"))
    return "binary" if "contentMediaType" in schema else kind
