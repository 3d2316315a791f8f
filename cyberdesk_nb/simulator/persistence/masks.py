"""What of a request goes into the file: no secret, and nothing that its model does not know."""

from __future__ import annotations

import json
from functools import cache
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import Scope

from cyberdesk_nb.models import ApiModel, ProviderCredentialUpsert, SecretText, SecretValues
from cyberdesk_nb.simulator.inputs.inputs import EMPTY
from cyberdesk_nb.simulator.routes import ROUTERS
from cyberdesk_nb.simulator.stores.provider_credentials import SHORTEST_HINTED, last4
from cyberdesk_nb.simulator.web.schemas import body_model

MASK = "__masked__"

_ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
_SHOWN_ENDS = frozenset({"api_key", "aws_access_key_id"})
"""Secrets of a provider credential whose last characters the API shows, so that a replay must know them."""


def route_of(scope: Scope) -> APIRoute | None:
    """Return the operation that a request is for."""
    method, path = scope["method"], scope["path"]
    return next((one for one in _ROUTES if method in one.methods and one.path_regex.match(path)), None)


def kept_body(scope: Scope, body: bytes) -> bytes | None:
    """Return the part of a body that is kept; None where it cannot be read, so that nothing will come of it."""
    route = route_of(scope)
    model = body_model(route) if route is not None else None
    if model is None:
        is_upload = Headers(scope=scope).get("content-type", "").startswith("multipart/")
        return body if is_upload else b""
    if not body:
        return b""
    try:
        content = json.loads(body)
        return json.dumps(masked(model, content)).encode()
    except (ValueError, RecursionError):
        return None


def masked(model: type[ApiModel], body: Any) -> Any:
    """Return a body with a mask for each secret that its model declares, without keys that it does not know."""
    if not isinstance(body, dict):
        return body
    hints = _hints(model)
    given = cast("dict[str, Any]", body)
    return {key: _masked(model, key, hints[key], value) for key, value in given.items() if key in model.model_fields}


@cache
def _hints(model: type[ApiModel]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _masked(model: type[ApiModel], key: str, declared: Any, value: Any) -> Any:
    kinds = get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)
    if SecretText in kinds:
        return _masked_text(value, shows_end=model is ProviderCredentialUpsert and key in _SHOWN_ENDS)
    if SecretValues in kinds:
        return _masked_values(value)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, ApiModel):
            return masked(kind, value)
        if get_origin(kind) is list and isinstance(value, list):
            return [_masked(model, key, get_args(kind)[0], one) for one in cast("list[Any]", value)]
    return value


def _masked_text(value: Any, *, shows_end: bool) -> Any:
    if not value:
        return value
    if not isinstance(value, str):
        return MASK
    # The word by which a key is taken as one that its provider refuses.
    invalid = "invalid" if "invalid" in value else ""
    if not shows_end:
        return MASK + invalid
    end = last4(value)
    # A short key keeps to be a short one, of which no end is shown.
    return (invalid or MASK[: SHORTEST_HINTED - 1]) if end is None else MASK + invalid + end


def _masked_values(value: Any) -> Any:
    if not isinstance(value, dict):
        return None if value is None else MASK
    return {key: _masked_value(one) for key, one in cast("dict[str, Any]", value).items()}


def _masked_value(value: Any) -> Any:
    """Mask one secret; what stands for none tells nothing."""
    is_none = value is None or value == EMPTY or (isinstance(value, str) and not value.strip())
    return value if is_none else MASK
