"""Where a typed secret could be found afterwards: in files, on the wire to the page, in the page itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.simulator.faults import Status
from tests.browser.lab import Lab, running_lab
from tests.browser.launching import (
    NAME,
    PANEL,
    Keyboard,
    environment_of,
    fill_in,
    hospital,
    panel_of,
    runs_of,
    write_notebook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, WebSocket

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

SENTINEL = "Sentinel-4711-do-not-leak"
# What the panel would be with a field of ipywidgets' own: the same in every other respect.
SWAPPED = """
import ipywidgets as w
from cyberdesk_nb.panels.launch import secrets
from cyberdesk_nb.panels.form.values import MISSING

class PasswordField(w.Password):
    is_set = property(lambda self: bool(self.value))
    error = property(lambda self: "", lambda self, words: None)

    def __init__(self, spec):
        super().__init__(description=spec.label + " *")

    def put(self, value):
        self.value = value

    def read(self):
        return self.value or MISSING

    def forget(self):
        self.value = ""

    def observe(self, handler, *names, **more):
        super().observe(handler, *("value" if name == "is_set" else name for name in names), **more)

secrets.SecretField = PasswordField
"""


class Wire:
    """All messages that reached the page over its websockets."""

    def __init__(self, page: Page) -> None:
        self.messages: list[bytes] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._keep)

    def _keep(self, payload: str | bytes) -> None:
        self.messages.append(payload.encode() if isinstance(payload, str) else payload)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve one fleet for all tests here."""
    with hospital() as fleet:
        yield fleet


@pytest.fixture(scope="module")
def lab(fleet: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab that keeps its widgets' state in notebooks, as some people set it."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    shown = PANEL.format(workflow=NAME)
    write_notebook(folder / "SecretField.ipynb", shown)
    write_notebook(folder / "Password.ipynb", SWAPPED, shown)
    settings = home / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text('{"saveState": true}', encoding="utf-8")
    with running_lab(home, folder, CYBERDESK_TRACEBACK="1", **environment_of(fleet)) as running:
        yield running


def holds(data: bytes, secret: str) -> bool:
    """Tell whether bytes hold a secret: plainly, as UTF-16, or in Base64 at any offset."""
    coded = [base64.b64encode(b"_" * before + secret.encode())[4:-4] for before in range(3)]
    return any(one in data for one in (secret.encode(), secret.encode("utf-16-le"), *coded))


def files_with(secret: str, folder: Path) -> list[str]:
    """Search every file under a folder, hidden ones included."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(".ipynb_checkpoints" in path.parts for path in files)
    assert any(path.name == "server.log" for path in files)
    return sorted(str(path.relative_to(folder)) for path in files if holds(path.read_bytes(), secret))


@pytest.mark.parametrize(("field", "leaks"), [("SecretField", False), ("Password", True)])
def test_a_typed_secret_is_in_no_file_and_no_message(
    page: Page, lab: Lab, fleet: Simulator, field: str, leaks: bool
) -> None:
    """Typed, refused, launched and saved with widget state, a secret is nowhere; with a Password field it would be."""
    secret = f"{SENTINEL}-{field}"
    wire = Wire(page)
    lab.open(page, f"{field}.ipynb")
    lab.run_all(page)
    panel = panel_of(page)
    keys = Keyboard(page)
    fill_in(page, secret)
    keys.activate("What will be sent")
    lab.save(page)
    found = files_with(secret, lab.home)
    refusal = Status(status=422, body="structured", message=f"{secret} is wrong")
    with fleet.faults.active(refusal, method="POST", path="/v1/runs"):
        keys.activate("Launch")
        expect(panel.get_by_text("is wrong").filter(visible=True)).to_have_count(1)
        lab.ask_kernel("print(panel, ws, panel.request, vars(panel), panel.to_code())")
        lab.ask_kernel("get_ipython().run_cell('%xmode Verbose\\npanel.submit().result(20)')")
    lab.save(page)
    found += files_with(secret, lab.home)
    before = len(runs_of(fleet))
    keys.activate("Launch", back=True)
    expect(panel.get_by_text("success", exact=True)).to_be_visible(timeout=60_000)
    assert len(runs_of(fleet)) == before + 1
    lab.save(page)
    assert any(b"UnprocessableEntityError" in message for message in wire.messages)
    on_wire = any(holds(message, secret) for message in wire.messages)
    found += files_with(secret, lab.home)
    assert "application/vnd.jupyter.widget-state+json" in (lab.home / "notebooks" / f"{field}.ipynb").read_text("utf-8")
    assert on_wire is leaks
    places = {f"notebooks/{field}.ipynb", f"notebooks/.ipynb_checkpoints/{field}-checkpoint.ipynb"}
    assert set(found) == (places if leaks else set())
    assert secret not in page.content()
