"""Faults as answers: the structured error body of the API, for everything that FastAPI does not validate itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cyberdesk_nb.simulator.engine.launching import RETRY_OF_LIVE_RUN
from cyberdesk_nb.simulator.inputs.inputs import INPUTS_DO_NOT_FIT
from cyberdesk_nb.simulator.inputs.paths import parts
from cyberdesk_nb.simulator.options import ApiOptions
from cyberdesk_nb.simulator.refusals import DriverRefusal, Refusal
from cyberdesk_nb.simulator.web.wire import is_text, json_response

_SECRET_WORDS = ("sensitive", "secret", "api_key", "access_key", "service_account")


def error_response(
    status: int,
    message: str,
    *,
    code: str | None = None,
    details: object = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the structured error: `error`, `message`, `error_code`, `details`, `timestamp`."""
    body = {
        "error": "HTTPException",
        "message": message,
        "error_code": code,
        "details": details,
        "timestamp": datetime.now(UTC),
    }
    return json_response(body, status=status, headers=headers)


def install(app: FastAPI) -> None:
    """Answer the world's faults, unknown paths and crashes in the structured shape, 422 in FastAPI's own."""

    @app.exception_handler(Refusal)
    async def on_fault(request: Request, fault: Refusal) -> Response:
        options: ApiOptions = request.app.state.options
        if fault.code == INPUTS_DO_NOT_FIT and options.input_errors == "fastapi":
            return json_response({"detail": [_as_problem(one) for one in fault.details["errors"]]}, status=422)
        status = options.retry_of_live_run if fault.code == RETRY_OF_LIVE_RUN else fault.status
        return error_response(status, fault.message, code=fault.code, details=fault.details, headers=fault.headers)

    @app.exception_handler(DriverRefusal)
    async def on_driver_refusal(_request: Request, refusal: DriverRefusal) -> Response:
        body = {"error": refusal.code, "message": refusal.message, "timestamp": datetime.now(UTC)}
        return json_response(body, status=refusal.status)

    @app.exception_handler(HTTPException)
    async def on_http_exception(_request: Request, exc: HTTPException) -> Response:
        return error_response(exc.status_code, exc.detail, headers=exc.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_request: Request, error: RequestValidationError) -> Response:
        return json_response({"detail": [_shown(problem) for problem in error.errors()]}, status=422)

    @app.exception_handler(Exception)
    async def on_crash(_request: Request, _exc: Exception) -> Response:
        return error_response(500, HTTPStatus.INTERNAL_SERVER_ERROR.phrase)


def _as_problem(error: Mapping[str, str]) -> dict[str, Any]:
    place = [] if error["path"] in {"", "$"} else parts(error["path"])
    return {"loc": ["body", "input_values", *place], "msg": error["message"], "type": "value_error"}


def _shown(problem: dict[str, Any]) -> dict[str, Any]:
    shown = {**problem, "ctx": {key: _plain(value) for key, value in problem.get("ctx", {}).items()}}
    if not shown["ctx"]:
        del shown["ctx"]
    if _may_hold_secret(shown) or not _is_sendable(shown.get("input")):
        shown.pop("input", None)
    return shown


def _may_hold_secret(problem: dict[str, Any]) -> bool:
    """Tell whether the echoed input could repeat a secret: whole bodies and objects may, and some fields do."""
    place = [str(part) for part in problem["loc"]]
    if place[0] != "body":
        return False
    whole = len(place) == 1 or isinstance(problem.get("input"), (dict, list))
    return whole or any(word in part for part in place for word in _SECRET_WORDS)


def _is_sendable(value: object) -> bool:
    return not isinstance(value, str) or is_text(value)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Exception) else value
