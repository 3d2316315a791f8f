"""What will be sent is shown without secrets, and can be had as a cell."""

from __future__ import annotations

import ast
import asyncio
import getpass
import inspect
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

import cyberdesk_nb
from cyberdesk_nb.models import (
    RunBulkCreate,
    RunBulkCreateResponse,
    RunCreate,
    WorkflowChainCreate,
    WorkflowChainResponse,
)
from cyberdesk_nb.panels.launch.launches import Request
from cyberdesk_nb.panels.launch.preview import request_code, request_text
from tests.panels.launching import Fleet
from tests.panels.records import SENTINEL, run
from tests.panels.records import control as found

REQUEST = RunCreate.model_validate(
    {
        "workflow_id": "w",
        "input_values": {"text": "a\n'\"\\{}", "list": [1, None, True, {"x": "y" * 100}], "名": "Łukasz"},
        "sensitive_input_values": {"pin'": SENTINEL, "pass": SENTINEL},
        "is_priority": True,
    }
)


CONTENT = b"sentinel-file-4711"
FILE = {"filename": "in'put.txt", "content": b64encode(CONTENT).decode(), "target_path": "C:\\in"}
BULK = RunBulkCreate.model_validate({"workflow_id": "w", "count": 7, "input_values": {"a": 1}, "file_inputs": [FILE]})
CHAIN = WorkflowChainCreate.model_validate(
    {
        "steps": [
            {"workflow_id": "v", "session_alias": "one", "sensitive_inputs": {"pin": SENTINEL}},
            {"workflow_id": "w", "inputs": {"a": {"$ref": "one.outputs.a"}}, "sensitive_inputs": {"login": {"u": 1}}},
        ],
        "shared_sensitive_inputs": {"pin": SENTINEL},
        "shared_file_inputs": [FILE],
        "keep_session_after_completion": True,
    }
)


class Runs:
    """Takes what the cell sends, and keeps the call, its keywords, and which runs were waited for."""

    def __init__(self) -> None:
        self.call = ""
        self.sent: dict[str, Any] = {}
        self.waited: list[str] = []

    async def create(self, **fields: Any) -> Any:
        """Take one run."""
        self.call, self.sent = "create", fields
        return run()

    async def bulk_create(self, **fields: Any) -> Any:
        """Take many runs."""
        self.call, self.sent = "bulk_create", fields
        return RunBulkCreateResponse(created_runs=[run(run_id="a"), run(run_id="b")])

    async def chain(self, **fields: Any) -> Any:
        """Take a chain."""
        self.call, self.sent = "chain", fields
        return WorkflowChainResponse(session_id="s", run_ids=["a", "b"])

    async def wait(self, run_id: str) -> str:
        """Return at once."""
        self.waited.append(run_id)
        return run_id


@pytest.mark.parametrize(
    ("request_", "call", "asked", "waited"),
    [
        (REQUEST, "create", ["pin': ", "pass: "], ["run-1"]),
        (BULK, "bulk_create", [], ["a", "b"]),
        (CHAIN, "chain", ["one, pin: ", "login (JSON): ", "pin: "], ["a", "b"]),
    ],
)
def test_the_cell_sends_the_same_and_asks_for_secrets(
    request_: Request,
    call: str,
    asked: list[str],
    waited: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Run as a cell, the code sends exactly the request and waits; secrets and files are named and not written down."""
    code = request_code(request_)
    assert SENTINEL not in code
    assert FILE["content"] not in code
    runs, prompts = Runs(), list[str]()

    class Client:
        async def __aenter__(self) -> Any:
            return type("Opened", (), {"runs": runs})()

        async def __aexit__(self, *_: object) -> None: ...

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return '{"u": 1}' if "JSON" in prompt else SENTINEL

    monkeypatch.setattr(cyberdesk_nb, "Client", Client)
    monkeypatch.setattr(getpass, "getpass", answer)
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE["filename"]).write_bytes(CONTENT)
    cell = compile(code, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    body: Any = eval(cell, {})  # noqa: S307 - the code under test
    assert inspect.iscoroutine(body)
    asyncio.run(body)
    assert (runs.call, prompts, runs.waited) == (call, asked, waited)
    assert type(request_).model_validate(runs.sent).to_wire() == request_.to_wire()


@pytest.mark.parametrize("request_", [BULK, CHAIN])
def test_the_request_is_shown_without_secrets_and_contents(request_: Request) -> None:
    """As JSON a request shows a mask for each secret, wherever it stands, and of a file only how large it is."""
    text = request_text(request_)
    assert SENTINEL not in text
    assert FILE["content"] not in text
    assert "<18 bytes>" in text


def test_the_preview_follows_the_form_with_secrets_masked() -> None:
    """While it is open the preview shows each change, and a mask for each secret."""
    panel = Fleet().filled()
    found(panel, "What will be sent").value = True
    assert '"patient": "Doe"' in found(panel, "Request, secrets masked").value
    found(panel, "Patient").value = "Roe"
    body, code = found(panel, "Request, secrets masked").value, found(panel, "The same as a cell").value
    assert '"patient": "Roe"' in body
    assert '"***"' in body
    assert "'patient': 'Roe'" in code
    assert code == panel.to_code()
    assert SENTINEL not in body + code
    panel.close()
