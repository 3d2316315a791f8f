"""The file of a kept fleet: what cannot be used is told in one line, and what cannot be written is refused."""

from __future__ import annotations

import json
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.simulator import Simulator, simulator
from tests.simulator.conftest import http_client
from tests.simulator.kept_fleet import SMALL, everything, served

PATIENCE_S = 60


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a file with a fleet and a few writes in it; for copying only."""
    db = tmp_path_factory.mktemp("kept") / "fleet.db"
    with simulator(db=db, **SMALL) as sim, http_client(sim) as http:
        for number in range(3):
            http.post("/v1/pools", json={"name": f"Pool {number}"})
    return db


@pytest.fixture
def db(kept: Path, tmp_path: Path) -> Path:
    """Give a copy of that file."""
    return Path(shutil.copy(kept, tmp_path / "fleet.db"))


def change(db: Path, statement: str, *values: object) -> None:
    """Change a file behind the simulator's back."""
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute(statement, values)


def words_of(**options: Any) -> str:
    """Return the words with which a start is refused."""
    with pytest.raises(ConfigurationError) as refused:
        simulator(**options)
    words = str(refused.value)
    assert "\n" not in words
    return words


def _text(db: Path) -> None:
    db.write_text("Dear diary, there is no database in me. " * 100)


def _note(db: Path) -> None:
    db.write_text("Milk, eggs")


def _other_database(db: Path) -> None:
    db.unlink()
    change(db, "CREATE TABLE recipes (title TEXT)")


def _folder(db: Path) -> None:
    db.unlink()
    db.mkdir()


def _newer(db: Path) -> None:
    change(db, "PRAGMA user_version = 99")


def _newer_switch(db: Path) -> None:
    change(db, "UPDATE fleet SET value = json_set(value, '$.gravity', 2) WHERE name = 'options'")


def _cut(db: Path) -> None:
    content = db.read_bytes()
    db.write_bytes(content[: len(content) // 2])


def _torn_page(db: Path) -> None:
    content = bytearray(db.read_bytes())
    content[4096:4600] = bytes(504)
    db.write_bytes(content)


def _lost_row(db: Path) -> None:
    """Let the page of the journal say that it holds one row less; all that can still be read is whole."""
    with closing(sqlite3.connect(db)) as connection:
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'journal'")
    content = bytearray(db.read_bytes())
    place = (page - 1) * 4096
    assert content[place] == 13  # a leaf, so the count of its rows stands in bytes 3 and 4
    content[place + 4] -= 1
    db.write_bytes(content)


def _changed_word(db: Path) -> None:
    content = db.read_bytes()
    assert b"Pool 1" in content
    db.write_bytes(content.replace(b"Pool 1", b"Loop 1"))


def _no_options(db: Path) -> None:
    change(db, "UPDATE fleet SET value = '{}' WHERE name = 'options'")


def _no_tables(db: Path) -> None:
    change(db, "DROP TABLE journal")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_text, "not a file of the simulator"),
        (_other_database, "not a file of the simulator"),
        (_note, "not a file of the simulator"),
        (_folder, "cannot be used"),
        (_newer, "newer version"),
        (_newer_switch, "newer version"),
        (_cut, "damaged"),
        (_torn_page, "damaged"),
        (_lost_row, "damaged"),
        (_changed_word, "damaged"),
        (_no_options, "damaged"),
        (_no_tables, "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_left_alone(db: Path, spoil: Callable[[Path], None], words: str) -> None:
    """A foreign, newer, damaged or unreadable file ends the start with one line that names it, unchanged."""
    spoil(db)
    before = db.read_bytes() if db.is_file() else b""
    told = words_of(db=db, **SMALL)
    assert words in told
    assert str(db) in told
    assert (db.read_bytes() if db.is_file() else b"") == before


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A path in a folder that does not exist is told, and no folder is made."""
    assert "cannot be used" in words_of(db=tmp_path / "no" / "fleet.db", **SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("folder", "words"), [(0o755, "may not be read and written"), (0o000, "unable to open")])
def test_a_file_that_may_not_be_written_is_told(kept: Path, folder: int, words: str) -> None:
    """A file that one may not write, or not even see, ends the start, rather than each write."""
    with TemporaryDirectory() as name:
        place = Path(name)
        db = Path(shutil.copy(kept, place / "fleet.db"))
        db.chmod(0o444)
        place.chmod(folder)
        # Root may write all files; the effective user of the process is somebody else then.
        start = f"""
import os
from cyberdesk_nb.simulator import simulator
if not os.geteuid():
    os.seteuid(65534)
simulator(db={str(db)!r})
"""
        ended = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False)
        place.chmod(0o700)
    assert re.search(rf"ConfigurationError: .*fleet\.db .*{words}", ended.stderr), ended.stderr


@pytest.mark.parametrize("wrong", [{"machines": 0}, {"failure_rate": 2.0}, {"colour": "blue"}])
def test_switches_that_no_fleet_can_have_make_no_file(db: Path, tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Impossible switches are refused as they are without a file, be it new or not, and leave no new one behind."""
    for file in (db, tmp_path / "new.db"):
        with pytest.raises((ValueError, TypeError)):
            simulator(db=file, **wrong)
    assert list(tmp_path.iterdir()) == [db]


def test_an_empty_file_becomes_a_fleet(tmp_path: Path) -> None:
    """A file of no bytes, as tools that hand out names make it, is taken as a new one."""
    db = tmp_path / "fleet.db"
    db.touch()
    with simulator(db=db, **SMALL) as sim:
        assert sim.world.options.machines == SMALL["machines"]
    assert db.stat().st_size > 0


def test_another_fleet_than_asked_for_is_told(db: Path) -> None:
    """Switches that say otherwise than the file are named with both values; those that agree, or are left out, pass."""
    told = words_of(db=db, seed=8, machines=SMALL["machines"], failure_rate=0.5)
    assert "seed 7, not 8" in told
    assert "failure_rate 0.05, not 0.5" in told
    assert "machines" not in told
    with simulator(db=db, seed=7, runs=SMALL["runs"]) as sim:
        assert sim.world.options.screens is False


def test_a_file_serves_one_simulator_at_a_time(db: Path) -> None:
    """A second simulator is told that the file is in use, in this process and in another; a kill gives it free."""
    with served(db) as running:
        assert "in use" in words_of(db=db, **SMALL)
        running.kill()
    with simulator(db=db, **SMALL) as sim:
        assert "in use" in words_of(db=db, **SMALL)
        assert sim.world.pools


def test_a_start_that_fails_gives_the_file_free(db: Path, make_sim: Callable[..., Simulator]) -> None:
    """After a start that failed for another reason the file can be used at once."""
    port = int(make_sim().url.rsplit(":", 1)[1])
    assert str(port) in words_of(db=db, port=port, **SMALL)
    words_of(db=db, faults="no such preset", **SMALL)
    with simulator(db=db, **SMALL):
        pass


def test_the_command_line_tells_it_in_one_line(db: Path) -> None:
    """`simulator --db` with another seed ends with status 2 and one line on stderr."""
    command = [sys.executable, "-m", "cyberdesk_nb.cli", "simulator", "--db", str(db), "--seed", "8"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"cyberdesk-nb: .*fleet\.db holds another fleet .*seed 7, not 8.*\n", ended.stderr)


def test_a_journal_that_replays_otherwise_is_told(db: Path) -> None:
    """A fleet that would come back other than it was shown is refused, and the request that tells is named."""
    change(db, "UPDATE journal SET digest = digest + 1 WHERE number = 2 AND digest IS NOT NULL")
    assert "request 2 (POST /v1/pools) is answered otherwise" in words_of(db=db, **SMALL)


def test_a_kill_between_writing_and_answering_leaves_all_of_it(db: Path) -> None:
    """A request that was written down before a kill, and never answered, is made as a whole on the next start."""
    change(db, "UPDATE journal SET status = NULL, digest = NULL WHERE number = 3")
    for _ in range(2):
        with simulator(db=db, **SMALL) as sim, http_client(sim) as http:
            names = {pool["name"] for pool in http.get("/v1/pools").json()["items"]}
            assert {"Pool 0", "Pool 1", "Pool 2"} <= names


@pytest.fixture
def full_disk() -> Callable[[int, int], None]:
    """Limit how large files of a process may grow, which refuses writes as a full disk does."""

    def limit(pid: int, size: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return limit


def test_a_full_disk_refuses_writes_and_nothing_else(db: Path, full_disk: Callable[[int, int], None]) -> None:
    """Writes that cannot be stored are refused as 507 and change nothing; reads go on, and so do writes after that."""
    with served(db) as running:
        http = running.http
        before = everything(http)
        full_disk(running.pid, 100)
        for _ in range(3):
            answer = http.post("/v1/pools", json={"name": "Too much"}, headers={"Idempotency-Key": "k"})
            assert (answer.status_code, answer.json()["error_code"]) == (507, "not_stored")
        machine = next(iter(before["/v1/machines"][1]["items"]))["id"]
        assert http.get(f"/v1/computer/{machine}/display/dimensions").status_code == 507
        running.advance(30)
        assert http.get("/v1/pools?limit=1000").json() == before["/v1/pools"][1]
        full_disk(running.pid, resource.RLIM_INFINITY)
        again = http.post("/v1/pools", json={"name": "Too much"}, headers={"Idempotency-Key": "k"})
        assert again.status_code == 201
        shown = everything(http)
        running.kill()
    with served(db) as second:
        assert everything(second.http) == shown
    assert json.dumps(shown["/v1/pools"][1]).count("Too much") == 1
