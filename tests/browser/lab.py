"""A JupyterLab of the test's own: its own folder, settings and port, and nothing that asks the internet."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from jupyter_client.blocking.client import BlockingKernelClient

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Page

_READY_S = 60
_ANSWER_S = 15


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    home: Path

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook, alone: stop earlier kernels, and wait until its own is idle; what is run before is lost."""
        self.close_kernels()
        page.goto(f"{self.url}/lab/tree/{notebook}?token={self.token}&reset")
        page.locator(".jp-Notebook").wait_for(timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)

    def wait_for_kernel(self, page: Page) -> None:
        """Wait until the page is connected to a kernel that is idle."""
        while True:
            # While a kernel begins, the list of kernels may fail.
            with suppress(HTTPError):
                if any(one["connections"] and one["execution_state"] == "idle" for one in self._get("api/kernels")):
                    return
            page.evaluate("new Promise(requestAnimationFrame)")

    def run_all(self, page: Page) -> None:
        """Run all cells from the menu."""
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()

    def use_theme(self, name: str) -> None:
        """Choose the theme of pages opened from now on."""
        folder = self.home / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}), encoding="utf-8")

    def save(self, page: Page) -> None:
        """Save the notebook, and wait until it is saved, its checkpoint too, which is written after it."""
        page.locator(".jp-Notebook .jp-Cell").first.click()
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/checkpoints" in answer.url):
            page.keyboard.press("Control+s")

    def ask_kernel(self, expression: str) -> str:
        """Return the repr of an expression in the kernel of the only open notebook."""
        kernels = self._get("api/kernels")
        assert len(kernels) == 1, kernels
        client = BlockingKernelClient(connection_file=str(self.home / "runtime" / f"kernel-{kernels[0]['id']}.json"))
        client.load_connection_file()
        # The reply alone: what the kernel prints could be missed, for its channel may be ready later than the request.
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            client.execute("", store_history=False, user_expressions={"it": expression})
            reply = client.get_shell_msg(timeout=30)
        finally:
            client.stop_channels()
        answer = reply["content"]["user_expressions"]["it"]
        return str(answer["data"]["text/plain"] if answer["status"] == "ok" else answer["evalue"])

    def close_kernels(self) -> None:
        """Stop all kernels."""
        for session in self._get("api/sessions"):
            self._get(f"api/sessions/{session['id']}", "DELETE")

    def _get(self, path: str, method: str = "GET") -> Any:
        request = Request(f"{self.url}/{path}", method=method, headers={"Authorization": f"token {self.token}"})  # noqa: S310 - our own address
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            body = answer.read()
        return json.loads(body) if body else None


@contextmanager
def running_lab(home: Path, notebooks: Path, **environment: str) -> Generator[Lab]:
    """Start JupyterLab on a folder; what it keeps goes under `home`, all that it prints into `server.log` there."""
    (home / "config" / "labconfig").mkdir(parents=True)
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (home / "config" / "labconfig" / "page_config.json").write_text(json.dumps(quiet), encoding="utf-8")
    lab = Lab(f"http://127.0.0.1:{_free_port()}", secrets.token_urlsafe(16), home)
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    places = {name: str(home / folder) for name, folder in folders.items()}
    command = ["jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"]
    command += [f"--port={lab.url.rpartition(':')[2]}", f"--ServerApp.root_dir={notebooks}"]
    with _serving(command, home, places | {"JUPYTER_TOKEN": lab.token} | environment):
        _wait_listening(lab.url)
        yield lab
        lab.close_kernels()


@contextmanager
def running_voila(home: Path, notebook: Path, **environment: str) -> Generator[str]:
    """Start Voila on one notebook, and give its address; what it keeps goes under `home`."""
    url = f"http://127.0.0.1:{_free_port()}"
    command = ["voila", str(notebook), "--no-browser", "--Voila.ip=127.0.0.1", f"--port={url.rpartition(':')[2]}"]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    with _serving(command, home, {name: str(home / name.lower()) for name in folders} | environment):
        yield url


@contextmanager
def _serving(command: list[str], home: Path, environment: dict[str, str]) -> Generator[None]:
    """Run a module that serves, until the end; its kernels are gone with it."""
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=os.environ | environment,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_ready(server, home / "server.log")
        yield
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _wait_ready(server: subprocess.Popen[str], log: Path) -> None:
    """Keep what the server and its kernels print, on and on so that none blocks, and wait until it runs."""
    ready = threading.Event()
    lines: list[str] = []

    def read() -> None:
        assert server.stdout is not None
        with log.open("w", encoding="utf-8") as kept:
            for line in server.stdout:
                lines.append(line)
                kept.write(line)
                kept.flush()
                if "is running at" in line:
                    ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    assert ready.wait(_READY_S), "The server did not start:\n" + "".join(lines[-20:])
    assert server.poll() is None, "The server ended at once:\n" + "".join(lines[-20:])


def _wait_listening(url: str) -> None:
    """Wait until a server takes connections: JupyterLab says that it runs shortly before it listens."""
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    until = time.monotonic() + _READY_S
    while True:
        try:
            socket.create_connection(address, timeout=_READY_S).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until, f"Nothing listens at {url}."
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def expect_kernel(lab: Lab, page: Page, expression: str, value: str) -> None:
    """Wait until an expression in the kernel has a value: the page's message may still be on its way."""
    until = time.monotonic() + _ANSWER_S
    while (found := lab.ask_kernel(expression)) != value and time.monotonic() < until:
        page.evaluate("new Promise(requestAnimationFrame)")
    assert found == value
