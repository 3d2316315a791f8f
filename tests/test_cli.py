"""The command line, as a person starts and stops it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from cyberdesk_nb.cli import main
from cyberdesk_nb.simulator import Simulator

PATIENCE_S = 60


@contextmanager
def started(*arguments: str, cwd: Path | None = None) -> Generator[subprocess.Popen[str]]:
    """Start `cyberdesk-nb` with these arguments; it is gone afterwards in any case."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "cyberdesk_nb.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env=os.environ | {"JUPYTER_RUNTIME_DIR": str(cwd), "JUPYTER_CONFIG_DIR": str(cwd)} if cwd else None,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what the process prints until a line matches."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"no line matches {pattern!r} in {''.join(lines)}")


def get_json(url: str, key: str | None = None) -> dict[str, object]:
    """Fetch JSON from this machine."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE_S) as answer:  # noqa: S310
        return json.load(answer)


def test_simulator_serves_until_ctrl_c() -> None:
    """`simulator` prints address and key, answers with them, and ends cleanly on Ctrl-C."""
    with started("simulator", "--port", "0", "--seed", "3", "--runs", "20") as process:
        url = read_until(process, r"CYBERDESK_BASE_URL=(\S+)")[1]
        key = read_until(process, r"CYBERDESK_API_KEY=(\S+)")[1]
        assert url.startswith("http://127.0.0.1:")
        assert get_json(f"{url}/v1/runs?limit=1", key)["total"] == 20
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    with pytest.raises(urllib.error.URLError):
        get_json(f"{url}/v1/health")


def test_a_taken_port_is_said_in_one_line() -> None:
    """A port in use gives one line that names it and says what to try, and no traceback."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        for command in ("lab", "simulator"):
            with started(command, "--port", port, *(["--no-browser"] if command == "lab" else [])) as process:
                output, _ = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 2
            assert port in output
            assert "--port" in output
            assert "Traceback" not in output
            assert len(output.strip().splitlines()) == 1


def test_lab_serves_the_notebooks_with_the_simulator_in_its_environment(tmp_path: Path) -> None:
    """`lab` prints an address that opens JupyterLab on the folder, and Ctrl-C stops both servers."""
    (tmp_path / "mine.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    with started("lab", "--no-browser", "--notebooks", str(tmp_path), "--runs", "20", cwd=tmp_path) as process:
        simulator = read_until(process, r"Simulator: (\S+)")[1]
        address = read_until(process, r"JupyterLab: (\S+)")[1]
        server, token = address.split("/lab?token=")
        contents = _when_up(f"{server}/api/contents?token={token}", process)
        assert "mine.ipynb" in json.dumps(contents)
        assert get_json(f"{simulator}/v1/health") is not None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    for url in (f"{server}/api", f"{simulator}/v1/health"):
        with pytest.raises(urllib.error.URLError):
            get_json(url)


def _when_up(url: str, process: subprocess.Popen[str]) -> dict[str, object]:
    """Ask until the server answers; a process that ended has failed."""
    while process.poll() is None:
        try:
            return get_json(url)
        except (urllib.error.URLError, ConnectionError):
            continue
    raise AssertionError(f"ended with {process.returncode}")


@pytest.mark.parametrize(
    "switch", [("--machines", "0"), ("--workflows", "0"), ("--runs", "-1"), ("--speed", "-1"), ("--speed", "nan")]
)
def test_a_fleet_that_cannot_be_is_refused(switch: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A size or speed that no fleet can have is refused by the name of its switch, and nothing is started."""
    with pytest.raises(SystemExit) as ended:
        main(["simulator", *switch])
    assert ended.value.code == 2
    assert switch[0] in capsys.readouterr().err.splitlines()[-1]


def test_help_names_the_commands() -> None:
    """`--help` lists the commands, and each has a help of its own."""
    text = subprocess.run(
        [sys.executable, "-m", "cyberdesk_nb.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "lab" in text
    assert "simulator" in text
    assert "export-replay" in text


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


Export: TypeAlias = Callable[..., Done]


@pytest.fixture
def export(sim: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Export:
    """Run `cyberdesk-nb export-replay` against a simulator, in this process."""
    monkeypatch.setenv("CYBERDESK_BASE_URL", sim.url)
    monkeypatch.setenv("CYBERDESK_API_KEY", sim.api_key)

    def run(*arguments: object) -> Done:
        try:
            status = main(["export-replay", *map(str, arguments)])
        except SystemExit as refused:  # argparse's way
            status = int(str(refused.code))
        printed = capsys.readouterr()
        return Done(status, printed.out, printed.err)

    return run


def test_export_replay_writes_what_the_ending_asks_for(sim: Simulator, tmp_path: Path) -> None:
    """`export-replay` writes a page or a GIF of a run within the budget, names the file, and keeps the key out."""
    run_id = next(run["id"] for run in sim.world.list_runs(status="task_failed")[0])
    for name, start in (("replay.html", b"<!doctype html>"), ("replay.gif", b"GIF89a")):
        done = subprocess.run(
            [sys.executable, "-m", "cyberdesk_nb.cli", "export-replay", run_id, tmp_path / name, "--budget-mb", "3"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"CYBERDESK_BASE_URL": sim.url, "CYBERDESK_API_KEY": sim.api_key},
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr
        written = (tmp_path / name).read_bytes()
        assert name in done.stdout
        assert written[: len(start)].lower() == start.lower()
        assert len(written) <= 3_000_000
        assert sim.api_key.encode() not in written


def test_export_replay_leaves_out_what_is_redacted(sim: Simulator, export: Export, tmp_path: Path) -> None:
    """`--redact-input` masks the values of that input, and a name that the run does not have writes nothing."""
    run = next(run for run in sim.world.list_runs(status="success")[0] if run["input_values"])
    name, value = next((name, value) for name, value in run["input_values"].items() if len(str(value)) > 5)
    page = tmp_path / "replay.html"
    assert export(run["id"], page, "--no-pictures").status == 0
    assert str(value) in page.read_text()
    assert export(run["id"], page, "--no-pictures", "--redact-input", name).status == 0
    assert str(value) not in page.read_text()
    refused = export(run["id"], tmp_path / "other.html", "--redact-input", "no such input")
    assert refused.status == 2
    assert "no such input" in refused.err
    assert not (tmp_path / "other.html").exists()


def test_export_replay_says_in_one_line_what_is_wrong(export: Export, tmp_path: Path) -> None:
    """An unknown id, a missing folder and an unknown ending each give one line and status 2."""
    unknown = "00000000-0000-4000-8000-000000000000"
    for path in (tmp_path / "a.html", tmp_path / "none" / "a.html"):
        done = export(unknown, path)
        assert done.status == 2
        assert len(done.err.strip().splitlines()) == 1
    assert ".html or .gif" in export(unknown, "a.txt").err


def test_report_of_the_demo_needs_no_account(tmp_path: Path) -> None:
    """`report --demo` writes the file, says what to look at first and where it is, and ends well without a key."""
    fleet = ["--runs", "40", "--screens", "off", "--seed", "3"]
    with started("report", "--demo", *fleet, "-o", "week.html", "--since", "60d", cwd=tmp_path) as process:
        read_until(process, r"week\.html: \d+\.\d MB")
        assert process.wait(PATIENCE_S) == 0
    assert (tmp_path / "week.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        (["--seed", "3"], "--seed is a switch of the simulated fleet"),
        (["--demo", "--runs", "5", "-o", "missing/week.html"], "There is no folder 'missing'"),
        (["--demo", "--runs", "5", "--workflow", "No such one"], "No workflow is called 'No such one'"),
        (["--demo", "--runs", "5", "--tz", "Mars/Olympus"], "'Mars/Olympus' is no time zone"),
        (["--demo", "--runs", "5", "--since", "soon"], "'soon' is no time"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    switches: list[str],
    said: str,
) -> None:
    """A wrong switch gives one line that says what is wrong, exit status 2, and no file."""
    monkeypatch.chdir(tmp_path)
    assert main(["report", *switches]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
    assert list(tmp_path.glob("*.html")) == []
