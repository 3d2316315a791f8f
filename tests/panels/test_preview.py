"""What will be sent is shown without secrets, and can be had as a cell."""

from __future__ import annotations

import ast
import asyncio
import getpass
import inspect
from typing import Any

import pytest

import cyberdesk_nb
from cyberdesk_nb.models import RunCreate
from cyberdesk_nb.panels.preview import request_code
from tests.panels.records import SENTINEL, run
from tests.panels.records import control as found
from tests.panels.test_launch import Fleet

REQUEST = RunCreate.model_validate(
    {
        "workflow_id": "w",
        "input_values": {"text": "a\n'\"\\{}", "list": [1, None, True, {"x": "y" * 100}], "名": "Łukasz"},
        "sensitive_input_values": {"pin'": SENTINEL, "pass": SENTINEL},
        "is_priority": True,
    }
)


class Runs:
    """Takes what the cell sends."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    async def create(self, **fields: Any) -> Any:
        """Keep the keywords."""
        self.sent = fields
        return run()

    async def wait(self, run_id: str) -> str:
        """Return at once."""
        return run_id


def test_the_cell_sends_the_same_and_asks_for_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as a cell, the code sends exactly the request; the secrets are asked for by name and not written down."""
    code = request_code(REQUEST)
    assert SENTINEL not in code
    runs, asked = Runs(), list[str]()

    class Client:
        async def __aenter__(self) -> Any:
            return type("Opened", (), {"runs": runs})()

        async def __aexit__(self, *_: object) -> None: ...

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return SENTINEL

    monkeypatch.setattr(cyberdesk_nb, "Client", Client)
    monkeypatch.setattr(getpass, "getpass", answer)
    cell = compile(code, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    body: Any = eval(cell, {})  # noqa: S307 - the code under test
    assert inspect.iscoroutine(body)
    asyncio.run(body)
    assert RunCreate(**runs.sent).to_wire() == REQUEST.to_wire()
    assert asked == ["pin': ", "pass: "]


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
