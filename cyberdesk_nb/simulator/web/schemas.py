"""The client's tolerant models made strict: what a server demands of a request, and how it describes its answers.

A client keeps an unknown enum value and any text as an id; a server refuses both. One definition serves both ends: the
strict twin of a model is derived here, under the same name, with real uuids, closed enums and readable secrets.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from fastapi import Body, Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticKnownError

from cyberdesk_nb.models import (
    ApiModel,
    IncludedResource,
    MachineResponse,
    OpenEnum,
    ProviderCredentialDisplayMetadata,
    SecretText,
    SecretValues,
)
from cyberdesk_nb.models._base import Id
from cyberdesk_nb.simulator.web.wire import is_text

Model = type[BaseModel]

_CLOSER: dict[tuple[str, str], Callable[[], Any]] = {
    ("MachineCreate", "machine_sensitive_parameters"): lambda: dict[str, str] | None,
    ("MachineUpdate", "machine_sensitive_parameters"): lambda: dict[str, str] | None,
    ("PoolCreate", "pool_sensitive_parameters"): lambda: dict[str, str] | None,
    ("PoolUpdate", "pool_sensitive_parameters"): lambda: dict[str, str] | None,
    ("PoolWithMachines", "machines"): lambda: list[strict(MachineResponse)],
    ("ProviderCredentialResponse", "display_metadata"): lambda: strict(ProviderCredentialDisplayMetadata),
    ("RunBulkCreateResponse", "errors"): lambda: list[str],
}
"""Fields of which a server says more than a client relies on."""

_READ: dict[Any, type[ApiModel]] = {}
"""The model that each reader of bodies reads."""

_DEEPEST = 100
"""What is deeper would be stored well and then break every answer that shows it."""


def _only_known(value: OpenEnum) -> OpenEnum:
    if not value.is_known:
        raise PydanticKnownError("enum", {"expected": ", ".join(repr(member.value) for member in type(value))})
    return value


Known = AfterValidator(_only_known)
"""Closes an enum that clients keep open: a value that it does not list is a 422."""


@cache
def strict(model: type[ApiModel]) -> Model:
    """Return the strict twin of a model."""
    hints = get_type_hints(model, include_extras=True)
    fields = {name: (_type_of(model, name, hints[name]), field) for name, field in _plain_fields(model).items()}
    # Clients keep keys that they do not know; a server lets none of them through into its records.
    extra = "forbid" if model.model_config.get("extra") == "forbid" else "ignore"
    config = ConfigDict(extra=extra, protected_namespaces=())
    return _model(model.__name__, fields, config=config, doc=model.__doc__)


@cache
def page_of(model: type[ApiModel]) -> Model:
    """Return the page model of a resource that knows `include`."""
    included = (Union[list[strict(IncludedResource)], None], None)  # noqa: UP007 - built at run time
    return _page(f"PaginatedResponseWithIncludes{model.__name__}", strict(model), included=included)


@cache
def plain_page_of(model: type[ApiModel] | None) -> Model:
    """Return the page model of a resource without `include`; None for items that are not described."""
    return _page(f"PaginatedResponse{model.__name__ if model else ''}", strict(model) if model else Any)


def body_of(model: type[ApiModel], /, *, required: bool = True, **limits: Any) -> Any:
    """Return the dependency that reads a request body: the keys that were sent, in the world's own form.

    `limits` tightens single fields (`count=Field(ge=1, le=1000)`).
    """
    checked = _limited(strict(model), limits) if limits else strict(model)

    async def read(body: Any) -> dict[str, Any]:
        return _in_world_form(body.model_dump(exclude_unset=True)) if body is not None else {}

    declared = checked if required else Annotated[Union[checked, None], Body()]  # noqa: UP007 - built at run time
    read.__annotations__["body"] = declared
    if not required:
        read.__defaults__ = (None,)
    _READ[read] = model
    return Depends(read)


def body_model(route: APIRoute) -> type[ApiModel] | None:
    """Return the model of an operation's request body; None where it takes none, or no JSON."""
    return next((_READ[one.call] for one in route.dependant.dependencies if one.call in _READ), None)


def base64_text(content: str) -> str:
    """Pass base64 through, for fields of bodies that must be so."""
    try:
        base64.b64decode(content, validate=True)
    except ValueError as error:
        raise ValueError("must be base64") from error
    return content


def _in_world_form(value: Any, depth: int = 0) -> Any:
    """Return a body as the world keeps it: ids and enums as text, times as aware datetimes, secrets in plain."""
    if depth > _DEEPEST:
        raise _unreadable("recursion_loop", f"Values may be nested {_DEEPEST} deep")
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value).items()
        return {_in_world_form(key): _in_world_form(inner, depth + 1) for key, inner in inside}
    if isinstance(value, list):
        return [_in_world_form(inner, depth + 1) for inner in cast("list[Any]", value)]
    if isinstance(value, str) and not is_text(value):
        raise _unreadable("string_unicode", "Text holds half of a surrogate pair")
    return str(value) if isinstance(value, (UUID, OpenEnum)) else value


def _unreadable(kind: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": ("body",), "msg": message}])


def _plain_fields(model: type[ApiModel]) -> dict[str, Any]:
    return {
        name: ... if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
    }


def _limited(model: Model, limits: dict[str, Any]) -> Model:
    fields = {name: _tightened(model.model_fields[name], limit) for name, limit in limits.items()}
    return _model(model.__name__, fields, base=model, doc=model.__doc__)


def _tightened(field: FieldInfo, limit: Any) -> tuple[Any, Any]:
    return Annotated[field.annotation, limit], ... if field.is_required() else field.default


def _page(name: str, item: Any, **more: Any) -> Model:
    fields = {"items": (list[item], ...), "total": (int, ...), "skip": (int, ...), "limit": (int, ...)}
    return _model(name, {**fields, **more}, doc="One page of a list.")


def _model(
    name: str,
    fields: dict[str, Any],
    *,
    base: Model | None = None,
    config: ConfigDict | None = None,
    doc: str | None = None,
) -> Model:
    create = cast("Callable[..., Model]", create_model)
    return create(name, __base__=base, __config__=config, __doc__=doc, **fields)


def _type_of(model: type[ApiModel], name: str, declared: Any) -> Any:
    closer = _CLOSER.get((model.__name__, name))
    return closer() if closer is not None else _strict_type(declared)


def _strict_type(declared: Any) -> Any:
    if declared == Id:
        return UUID
    if declared == SecretText:
        return str
    if declared == SecretValues:
        return dict[str, Any]
    if isinstance(declared, type) and issubclass(declared, OpenEnum):
        return Annotated[declared, Known]
    if isinstance(declared, type) and issubclass(declared, ApiModel):
        return strict(declared)
    return _rebuilt(declared)


def _rebuilt(declared: Any) -> Any:
    origin, args = get_origin(declared), get_args(declared)
    if not args or origin is Annotated:
        return declared
    inner = tuple(_strict_type(arg) for arg in args)
    return Union[inner] if origin in (Union, UnionType) else origin[inner]  # noqa: UP007 - built at run time
