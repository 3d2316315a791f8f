"""Read a decoded answer as what a method promises: a record, a list, a page, bytes or nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin

from cyberdesk_nb.client._call import Call
from cyberdesk_nb.client._paging import Page, read_page
from cyberdesk_nb.errors import PayloadError
from cyberdesk_nb.models import ApiModel, Problem, attach_included, parse_included, parse_record

M = TypeVar("M", bound=ApiModel)

Reader = Callable[[Any, Call], tuple[Any, list[Problem]]]
"""Takes (decoded answer, call), gives (what the method returns, what could not be read)."""


def reader_for(annotation: Any, name: str) -> Reader:
    """Choose how to read what a method's return annotation promises."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in (None, NoneType):
        return _nothing
    if annotation is bytes:
        return _bytes
    if origin is Page:
        return _page_of(arguments[0])
    if origin is list and issubclass(_class_of(arguments[0]), ApiModel):
        return _list_of(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return _record_of(annotation)
    if annotation is Any or origin in (dict, list):
        return _json_of(origin, name)
    raise TypeError(f"{name}: cannot read an answer as {annotation!r}")


def warn_of(problems: list[Problem], label: str) -> None:
    """Say once, with their number, that values were not as this version expects."""
    if problems:
        columns = ", ".join(sorted({problem.column or "(row)" for problem in problems})[:5])
        warnings.warn(
            f"{label}: {len(problems)} values could not be read or are not known here (in: {columns}). "
            "What could not be read is None; `.problems` lists all.",
            UserWarning,
            stacklevel=3,
        )


def bad_shape(call: Call, wanted: str, value: object) -> PayloadError:
    """Name an answer of the wrong shape."""
    return PayloadError(
        f"{call.label} answered with {type(value).__name__} where {wanted} was expected.",
        status=200,
        idempotency_key=call.idempotency_key,
    )


def _class_of(annotation: Any) -> type[Any]:
    return cast("type[Any]", annotation) if isinstance(annotation, type) else object


def _nothing(_value: Any, _call: Call) -> tuple[None, list[Problem]]:
    return None, []


def _bytes(value: Any, _call: Call) -> tuple[bytes, list[Problem]]:
    return bytes(value), []


def _json_of(kind: Any, _name: str) -> Reader:
    def read(value: Any, call: Call) -> tuple[Any, list[Problem]]:
        if kind is not None and not isinstance(value, kind):
            raise bad_shape(call, "an object" if kind is dict else "a list", value)
        return value, []

    return read


def _record_of(model: type[M]) -> Reader:
    def read(value: Any, call: Call) -> tuple[M, list[Problem]]:
        record, problems = parse_record(model, value)
        if record is None or all(getattr(record, name, None) is None for name in _required(model)):
            raise bad_shape(call, f"a {model.__name__}", value)
        related, _ = parse_included(cast("dict[str, Any]", value).get("included"))
        return attach_included([record], related)[0] if related else record, problems

    return read


def _required(model: type[ApiModel]) -> list[str]:
    names = [name for name, field in model.model_fields.items() if field.is_required()]
    return names or list(model.model_fields)


def _list_of(model: type[M]) -> Reader:
    def read(value: Any, call: Call) -> tuple[list[M], list[Problem]]:
        page = read_page(model, {"items": value}, call)
        return page.items, page.problems

    return read


def _page_of(model: type[M]) -> Reader:
    def read(value: Any, call: Call) -> tuple[Page[M], list[Problem]]:
        page = read_page(model, value, call)
        return page, page.problems

    return read
