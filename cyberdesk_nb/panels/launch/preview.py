"""What a launch would send, and the cell that does the same; neither holds a secret or what a file holds."""

from __future__ import annotations

from collections.abc import Callable
from pprint import pformat
from typing import Any, cast

import ipywidgets as w
from pydantic import Secret

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import ChainStep, FileInput, RunBulkCreate, RunCreate, WorkflowChainCreate
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.values import dumps
from cyberdesk_nb.panels.launch.file_picker import size_words
from cyberdesk_nb.panels.launch.launches import Kind, Request

_WIDTH = 90
_IMPORTS = {
    "b64encode(": "from base64 import b64encode",
    "getpass(": "from getpass import getpass",
    "json.loads(": "import json",
    "Path(": "from pathlib import Path",
}
# What to call the reply, the call, and how to wait for what it started.
_CALLS: dict[Kind, tuple[str, str, str]] = {
    RunCreate: ("run", "create", "run = await client.runs.wait(run.id)"),
    RunBulkCreate: ("reply", "bulk_create", "runs = [await client.runs.wait(run.id) for run in reply.created_runs]"),
    WorkflowChainCreate: ("reply", "chain", "runs = [await client.runs.wait(run_id) for run_id in reply.run_ids]"),
}


class _Code(str):
    """An expression in the cell; a text in its place would be written in quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def request_code(request: Request) -> str:
    """Write the cell that sends `request` and waits for what it starts; it asks for the secrets when it is run."""
    fields = _fields(request, "")
    arguments = "".join(f"        {name}={_literal(value)},\n" for name, value in fields.items())
    name, call, wait = _CALLS[type(request)]
    needed = [line for mark, line in _IMPORTS.items() if _uses(fields, mark)]
    imports = "".join(f"{line}\n" for line in sorted(needed, key=lambda line: (line.startswith("from"), line)))
    return (
        f"{imports}{chr(10) if imports else ''}import cyberdesk_nb as cd\n\nasync with cd.Client() as client:\n"
        f"    {name} = await client.runs.{call}(\n{arguments}    )\n    {wait}\n"
    )


def request_text(request: Request) -> str:
    """Write the request as JSON, secrets masked and files by their size."""
    body = request.model_dump(mode="json", exclude_unset=True)
    for key in ("file_inputs", "shared_file_inputs"):
        for file in cast("list[dict[str, Any]]", body.get(key) or []):
            file["content"] = f"<{size_words(_size_of(file['content']))}>"
    return dumps(body)


def _fields(record: Request | ChainStep | FileInput, where: str) -> dict[str, Any]:
    """Give the fields that were set, in the order of the contract, as values to be written into code."""
    set_here = [name for name in type(record).model_fields if name in record.model_fields_set]
    fields = {name: _value(getattr(record, name), where) for name in set_here}
    if isinstance(record, FileInput):
        # What was chosen on the page has no path here: the cell reads the file of this name beside it.
        fields["content"] = _Code(f"b64encode(Path({record.filename!r}).read_bytes()).decode()")
    return fields


def _value(value: Any, where: str) -> Any:
    if isinstance(value, Secret):
        return _asking(cast("Secret[dict[str, Any]]", value).get_secret_value(), where)
    if isinstance(value, ChainStep | FileInput):
        return _fields(
            value, f"{value.session_alias}, " if isinstance(value, ChainStep) and value.session_alias else ""
        )
    if isinstance(value, list):
        return [_value(one, where) for one in cast("list[Any]", value)]
    return value


def _asking(secrets: dict[str, Any], where: str) -> dict[str, _Code]:
    return {name: _question(name, value, where) for name, value in secrets.items()}


def _question(name: str, value: object, where: str) -> _Code:
    if isinstance(value, str):
        return _Code(f"getpass({f'{where}{name}: '!r})")
    return _Code(f"json.loads(getpass({f'{where}{name} (JSON): '!r}))")


def _uses(value: object, mark: str) -> bool:
    if isinstance(value, _Code):
        return mark in value
    if isinstance(value, dict):
        return any(_uses(one, mark) for one in cast("dict[str, object]", value).values())
    return isinstance(value, list) and any(_uses(one, mark) for one in cast("list[object]", value))


def _literal(value: Any) -> str:
    return pformat(value, width=_WIDTH, sort_dicts=False).replace("\n", "\n        ")


def _size_of(content: str) -> int:
    return len(content) * 3 // 4 - content[-2:].count("=")


class Preview:
    """Both texts behind a button; they follow the panel while they are open."""

    def __init__(self, request: Callable[[], Request]) -> None:
        self._request = request
        self._open = w.ToggleButton(description="What will be sent", tooltip="The request, and a cell that sends it")
        parts.classed(self._open, "button", "quiet")
        self._body = parts.read_only(label="Request, secrets masked")
        self._code = parts.read_only(label="The same as a cell")
        self._note = parts.words("", "help")
        self._box = parts.column(self._note, self._body, self._code, looks=("inner",))
        parts.visible(self._box, shown=False)
        parts.observe(self._open, lambda _: self.refresh())
        self.widget = parts.column(self._open, self._box)

    def refresh(self) -> None:
        """Write both texts anew, where they are in view."""
        is_open = bool(parts.value_of(self._open))
        parts.visible(self._box, shown=is_open)
        if not is_open:
            return
        try:
            request = self._request()
        except RequestError as error:
            parts.say(self._note, str(error))
            parts.fill(self._body, "")
            parts.fill(self._code, "")
            return
        parts.say(self._note, "")
        parts.fill(self._body, request_text(request))
        parts.fill(self._code, request_code(request))
