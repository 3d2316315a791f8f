"""The declarative form of an API operation: a typed stub, and a decorator that makes it send.

::

    @api.get("/v1/runs/{run_id}")
    async def get(self, run_id: Id, *, include: Include = None, **call: Unpack[Options]) -> RunResponseWithIncludes:
        ...

The stub is all there is to an endpoint. Parameters named in the path fill it in, `body` and free keywords are fields of
the request model, what is in `Options` steers the call, and every other keyword is a query parameter. The return
annotation says how the answer is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, Signature, signature
from types import NoneType
from typing import Any, TypeVar, Unpack, cast, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from cyberdesk_nb.client._answer import reader_for, warn_of
from cyberdesk_nb.client._call import Call, WriteOptions
from cyberdesk_nb.client._http import Transport
from cyberdesk_nb.client._json import decode_json
from cyberdesk_nb.client._multipart import file_form
from cyberdesk_nb.client._secrets import secrets_in
from cyberdesk_nb.client._values import BadArgumentError, encode_query, idempotency_key, segment
from cyberdesk_nb.errors import RequestError, printable
from cyberdesk_nb.models import ApiModel, parse_record

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

_DECODERS: dict[Any, Callable[[bytearray], Any] | None] = {bytes: None, NoneType: lambda _body: None}

F = TypeVar("F", bound=Callable[..., Any])


class Resource:
    """A group of operations on one noun."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.transport.base_url}>"


def get(path: str, **rules: Any) -> Callable[[F], F]:
    """Declare a GET."""
    return _declare("GET", path, **rules)


def post(path: str, **rules: Any) -> Callable[[F], F]:
    """Declare a POST."""
    return _declare("POST", path, **rules)


def put(path: str, **rules: Any) -> Callable[[F], F]:
    """Declare a PUT."""
    return _declare("PUT", path, **rules)


def patch(path: str, **rules: Any) -> Callable[[F], F]:
    """Declare a PATCH."""
    return _declare("PATCH", path, **rules)


def delete(path: str, **rules: Any) -> Callable[[F], F]:
    """Declare a DELETE."""
    return _declare("DELETE", path, **rules)


def _declare(method: str, path: str, **rules: Any) -> Callable[[F], F]:
    def decorate(stub: F) -> F:
        operation = Operation(method, path, stub, **rules)

        @wraps(stub)
        async def call(self: Resource, *args: Any, **kwargs: Any) -> Any:
            prepared = operation.prepare(args, kwargs)
            del args, kwargs  # A traceback that shows local variables must not show inputs.
            if isinstance(prepared, RequestError):
                raise prepared
            reply = await self.transport.send(prepared)
            answer, problems = operation.read(reply.value, prepared)
            warn_of(problems, prepared.label)
            return answer

        call.__signature__ = operation.signature  # pyright: ignore[reportAttributeAccessIssue] - read by inspect
        call.operation = operation  # pyright: ignore[reportAttributeAccessIssue] - read by `operation_of`
        return cast("F", call)

    return decorate


def operation_of(method: Callable[..., Any]) -> Operation:
    """Give the operation behind a declared method."""
    return cast("Any", method).operation


class Operation:
    """One endpoint: how its call is made from arguments, and how its answer is read."""

    def __init__(
        self,
        method: str,
        path: str,
        stub: Callable[..., Any],
        *,
        body: type[ApiModel] | None = None,
        optional_body: bool = False,
        form: bool = False,
        needs_key: bool = True,
        also: Mapping[int, type[ApiModel]] | None = None,
    ) -> None:
        hints = get_type_hints(stub, include_extras=True)
        self.method = method
        self.path = path
        self.name = stub.__qualname__
        self.body = body
        self.in_path = tuple(re.findall(r"{(\w+)}", path))
        self.signature = self._signature(stub, hints)
        self.returns = hints["return"]
        self.read = reader_for(self.returns, self.name)
        self._optional_body = optional_body
        self._form = form
        self._needs_key = needs_key
        self._also = also

    def prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | RequestError:
        """Make the call. An error is handed back, not raised, so that no traceback holds the arguments."""
        try:
            return self._prepare(args, kwargs)
        except BadArgumentError as error:
            return RequestError(f"{self.name}: {error}.", hint=error.hint)
        except (PydanticSerializationError, OSError) as error:
            return RequestError(f"{self.name}: the body cannot be made ({type(error).__name__}).")

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        given = self._bind(args, kwargs)
        path = self.path
        for name in self.in_path:
            path = path.replace(f"{{{name}}}", segment(name, given.pop(name, None)))
        options = {name: given.pop(name) for name in tuple(given) if name in WriteOptions.__annotations__}
        content_type, secrets = "application/json", ()
        if self._form:
            content, content_type = file_form(given.pop("file"), given.pop("filename", None))
        else:
            content, secrets = self._body(given)
        return Call(
            self.method,
            path,
            encode_query(given) if self.body is None else (),
            content,
            content_type,
            secrets=secrets,
            needs_key=self._needs_key,
            accepts=self._accepts if self._also else None,
            timeout_s=options.get("timeout_s"),
            idempotency_key=None if self.method == "GET" else idempotency_key(options.get("idempotency_key")),
            decode=_DECODERS.get(self.returns, decode_json),
        )

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        names = tuple(self.signature.parameters)[1:]
        unknown = next((name for name in kwargs if name not in names), None)
        if unknown is not None:
            close = get_close_matches(unknown, names, n=1, cutoff=0.5)
            hint = f"Did you mean {close[0]!r}?" if close else f"It takes: {', '.join(names)}."
            raise BadArgumentError(f"there is no argument {printable(unknown, 60)!r}", hint)
        positional = [p.name for p in self.signature.parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD][
            1:
        ]
        if len(args) > len(positional):
            raise BadArgumentError(f"it takes {len(positional)} arguments without a name, not {len(args)}")
        given = dict(zip(positional, args, strict=False))
        twice = next((name for name in kwargs if name in given), None)
        if twice:
            raise BadArgumentError(f"{twice!r} is given twice")
        given |= kwargs
        if self.body is None:
            for name, parameter in self.signature.parameters.items():
                if parameter.default is Parameter.empty and name not in given and name != "self":
                    raise BadArgumentError(f"{name!r} is missing")
            # What a signature shows is sent, lest the server's own defaults differ one day.
            given = {p.name: p.default for p in self.signature.parameters.values() if p.name != "self"} | given
        return given

    def _body(self, given: dict[str, Any]) -> tuple[bytes | None, tuple[str, ...]]:
        if self.body is None:
            return None, ()
        model = given.pop("body", None)
        if model is not None and given:
            raise BadArgumentError(f"give a {self.body.__name__} or its fields, not both")
        if model is None and not given and self._optional_body:
            return None, ()
        if not isinstance(model, self.body):
            model = _validate(self.body, given if model is None else model)
        return to_json(model.to_wire()), secrets_in(model)

    def _accepts(self, status: int, value: object) -> bool:
        model = (self._also or {}).get(status)
        return model is not None and not parse_record(model, value)[1]

    def _signature(self, stub: Callable[..., Any], hints: dict[str, Any]) -> Signature:
        """Spell the stub's signature out: fields of the request model and keys of option sets by name."""
        written = signature(stub)
        listed = [p for p in written.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        keywords: dict[str, Parameter] = {}
        if self.body is not None:
            plain = get_type_hints(self.body)
            keywords |= {
                name: _keyword(name, plain[name], Parameter.empty if field.is_required() else field.default)
                for name, field in self.body.model_fields.items()
            }
        if any(p.kind is Parameter.VAR_KEYWORD for p in written.parameters.values()):
            options = WriteOptions if self.body is not None else _unpacked(hints)
            keywords |= {name: _keyword(name, hint, None) for name, hint in get_type_hints(options).items()}
        return Signature([*listed, *keywords.values()], return_annotation=written.return_annotation)


def free_call(
    method: str, path: str, query: dict[str, Any], body: Any, timeout_s: float | None, key: str | None
) -> Call | RequestError:
    """Make the call of a request that no operation here declares; an error is handed back, as in `prepare`."""
    method = method.upper()
    if method not in _METHODS or not path.startswith("/") or path.startswith("//") or set(path) & set("?# \r\n"):
        return RequestError(
            "request() takes GET, POST, PUT, PATCH or DELETE, and a path that starts with one slash and has no query.",
            hint="Pass query parameters as query={...}.",
        )
    try:
        return Call(
            method,
            path,
            encode_query(query),
            None if body is None else to_json(body),
            timeout_s=timeout_s,
            idempotency_key=None if method == "GET" else idempotency_key(key),
        )
    except BadArgumentError as error:
        return RequestError(f"request(): {error}.")
    except PydanticSerializationError:
        return RequestError("request(): the body holds something that JSON cannot.")


def _keyword(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _unpacked(hints: dict[str, Any]) -> Any:
    return next(get_args(hint)[0] for hint in hints.values() if get_origin(hint) is Unpack)


def _validate(model: type[ApiModel], fields: object) -> ApiModel:
    if not isinstance(fields, Mapping):
        raise BadArgumentError(f"the body is no {model.__name__} but {type(fields).__name__}")
    unknown = next((str(name) for name in cast("Mapping[str, Any]", fields) if name not in model.model_fields), None)
    if unknown is not None:
        close = get_close_matches(unknown, model.model_fields, n=1, cutoff=0.5)
        raise BadArgumentError(
            f"{model.__name__} has no field {printable(unknown, 60)!r}",
            f"Did you mean {close[0]!r}?" if close else None,
        )
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
    problems = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in found)
    raise BadArgumentError(printable(problems))
