"""The launch panel in a real kernel of each line of ipykernel, driven by the messages that a page sends."""

from __future__ import annotations

import json
import os
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from cyberdesk_nb.client import Client
from cyberdesk_nb.workspace import Workspace
from tests.kernels import LINES, REQUIRED, NoKernelError, add_kernel, installed
from tests.panels.records import SCHEMA, SENTINEL
from tests.panels.test_outage import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

    from cyberdesk_nb.simulator import Simulator

ROOT = Path(__file__).parents[2]
BEGIN = """
import asyncio
import ipykernel
import cyberdesk_nb as cd
from cyberdesk_nb.player import TrajectoryPlayer
from tests.panels.records import control, texts, tree
ws = cd.connect()
panel = ws.launch({workflow!r})

def comm_of(label):
    return control(panel, label).comm.comm_id

def secret():
    return next(one for one in tree(panel) if type(one).__name__ == "SecretField")

def has_player():
    return any(isinstance(one, TrajectoryPlayer) for one in tree(panel))

panel
"""


class Page:
    """What a page does: runs cells, sends what was typed and clicked, and hears all that the kernel says."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client
        self.heard: list[dict[str, Any]] = []

    def run(self, code: str) -> None:
        """Run a cell; it must not fail."""
        reply: Any = self._client.execute_interactive(code, timeout=120, output_hook=self.heard.append)
        assert reply["content"]["status"] == "ok", reply["content"]

    def ask(self, expression: str) -> str:
        """Give the repr of an expression."""
        reply: Any = self._client.execute_interactive(
            "", user_expressions={"it": expression}, timeout=60, output_hook=self.heard.append
        )
        answer = reply["content"]["user_expressions"]["it"]
        assert answer["status"] == "ok", answer
        return str(answer["data"]["text/plain"])

    def fill(self, label: str, value: Any) -> None:
        """Change a control."""
        self._send(self.ask(f"comm_of({label!r})"), {"method": "update", "state": {"value": value}, "buffer_paths": []})

    def click(self, label: str, times: int = 1) -> None:
        """Press a button, so often without a pause."""
        comm = self.ask(f"comm_of({label!r})")
        for _ in range(times):
            self._send(comm, {"method": "custom", "content": {"event": "click"}})

    def type_secret(self, value: str) -> None:
        """Type into the secret's field."""
        secret = {"method": "custom", "content": {"kind": "secret", "value": value}}
        self._send(self.ask("secret().comm.comm_id"), secret)

    def hear_out(self) -> list[dict[str, Any]]:
        """Give all that the kernel said, replies aside."""
        try:
            while True:
                self.heard.append(self._client.get_iopub_msg(timeout=0.2))
        except Empty:
            return self.heard

    def _send(self, comm: str, data: dict[str, Any]) -> None:
        content = {"comm_id": comm.strip("'"), "data": data}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", content))


@pytest.fixture(params=LINES)
def page(
    request: pytest.FixtureRequest, sim: Simulator, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """Start a kernel of the line, with a page before it."""
    line = request.param
    try:
        packages = installed(line, tmp_path_factory.getbasetemp().parent)
    except NoKernelError as error:
        if REQUIRED:
            raise
        pytest.skip(f"ipykernel {line} cannot be installed here: {str(error)[-100:]}")
    path = f"{packages}{os.pathsep}{ROOT}"
    api = {"CYBERDESK_BASE_URL": sim.url, "CYBERDESK_API_KEY": sim.api_key, "IPYTHONDIR": str(tmp_path)}
    name = add_kernel(line, tmp_path, api | {"PYTHONPATH": path})
    specs = KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")])
    kernel = KernelManager(kernel_name=name, kernel_spec_manager=specs, connection_file=str(tmp_path / "kernel.json"))
    kernel.start_kernel()
    client = kernel.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    made = Page(client)
    assert made.ask("__import__('ipykernel').__version__").strip("'").startswith(f"{line}.")
    yield made
    client.stop_channels()
    kernel.shutdown_kernel()


def test_a_launch_by_messages_from_error_to_replay(page: Page, sim: Simulator) -> None:
    """An error is told, corrected, launched by two clicks as one run, watched to its end and replayed, in silence."""
    with Workspace(Client(api_key=sim.api_key, base_url=sim.url)) as ws:
        schema = json.dumps(SCHEMA)
        made = ws.api.workflows.create(name="By messages", main_prompt="Find {patient}.", input_schema=schema)
        page.run(BEGIN.format(workflow=made.id))
        page.click("Launch")
        assert "'Not launched: see the fields.'" in page.ask("texts(panel)")
        page.fill("Patient", "Doe, <b>J</b>")
        page.fill("day", {"year": 2026, "month": 0, "date": 31})
        page.type_secret(SENTINEL)
        page.click("Launch", times=2)
        until(lambda: page.ask("panel.run is not None and panel.run.is_terminal") == "True")
        assert "'success'" in page.ask("texts(panel)"), page.ask("texts(panel)")
        page.click("Replay")
        until(lambda: page.ask("has_player()") == "True")
        page.run("panel.close(); ws.close()")
        assert page.ask("[one.get_name() for one in asyncio.all_tasks() if 'cyberdesk' in repr(one)]") == "[]"
        [run] = ws.api.runs.iter(workflow_id=made.id)
        ws.api.workflows.delete(made.id)
    assert run.input_values == {"patient": "Doe, <b>J</b>", "day": "2026-01-31", "count": 3}
    heard = page.hear_out()
    assert [one["content"] for one in heard if one["msg_type"] in {"error", "stream"}] == []
    assert SENTINEL not in repr(heard)
