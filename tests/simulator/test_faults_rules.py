"""Rules of faults: which requests they strike, where they come from, what is said of wrong ones."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.simulator import Simulator
from cyberdesk_nb.simulator.faults import EXAMPLE, PRESETS, Faults, On, Plan, Rule, Status, read_plan
from cyberdesk_nb.simulator.faults.rules import AnyFault
from tests.simulator.conftest import Own

DOWN = Status(status=503)


@pytest.fixture(autouse=True)
def _no_faults(own: Own) -> Iterator[None]:
    yield
    own.sim.faults.clear()


def statuses(own: Own, *paths: str, method: str = "GET") -> list[int]:
    """Ask for paths one after another; gives the statuses."""
    return [own.http.request(method, path).status_code for path in paths]


@pytest.mark.parametrize(
    ("on", "struck"),
    [
        ({"first": 2}, [1, 2]),
        ({"after": 2}, [3, 4, 5, 6, 7, 8, 9]),
        ({"after": 2, "first": 3}, [3, 4, 5]),
        ({"nth": [1, 4, 8]}, [1, 4, 8]),
        ({"nth": 2, "after": 1}, [3]),
        ({"every": 3}, [3, 6, 9]),
        ({"every": 4, "burst": 2}, [3, 4, 7, 8]),
        ({"every": 4, "burst": 4, "after": 7}, [8, 9]),
        ({"every": 2, "first": 5}, [2, 4]),
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_requests_are_counted(own: Own, on: dict[str, Any], struck: list[int]) -> None:
    """Each count condition strikes exactly the requests that it names, and the log says which."""
    if isinstance(on.get("nth"), int):
        on = {**on, "nth": [on["nth"]]}
    own.sim.faults.add(DOWN, **on)
    got = statuses(own, *["/v1/pools"] * 9)
    assert [number for number, status in enumerate(got, 1) if status == 503] == struck
    assert [one.number for one in own.sim.faults.log] == struck


@pytest.mark.parametrize(
    ("on", "hits", "misses"),
    [
        ({"path": "/v1/runs"}, ["/v1/runs", "/v1/runs?limit=1"], ["/v1/runs/bulk", "/v1/pools"]),
        ({"path": "/v1/runs/{run_id}"}, ["/v1/runs/x"], ["/v1/runs", "/v1/runs/x/trajectory"]),
        ({"path": "/v1/runs/*"}, ["/v1/runs/x", "/v1/runs/x/trajectory"], ["/v1/runs"]),
        ({"path": ["/v1/pools", "/v1/runs*"]}, ["/v1/pools", "/v1/runs/x"], ["/v1/pools/x"]),
        ({"path": "/v1/pools/abc"}, ["/v1/pools/abc"], ["/v1/pools/abd"]),
        ({"path": "/v1/run.*"}, [], ["/v1/runs"]),
        ({"operation": "list_runs"}, ["/v1/runs"], ["/v1/runs/x", "/v1/pools"]),
        ({"operation": "get_run_v1_runs__run_id__get"}, ["/v1/runs/x"], ["/v1/runs"]),
        ({"operation": "list_workflow_prompt_images"}, ["/v1/workflows/prompt-images"], ["/v1/workflows/x"]),
        ({"query": {"status": "error"}}, ["/v1/runs?status=error"], ["/v1/runs", "/v1/runs?status=success"]),
        ({"query": {"include": "*machine*"}}, ["/v1/runs?include=workflow,machine"], ["/v1/runs?include=workflow"]),
        ({"query": {"skip": "*"}}, ["/v1/runs?skip=0"], ["/v1/runs?limit=1"]),
        ({"method": "post"}, [], ["/v1/runs"]),
        ({"method": ["POST", "GET"]}, ["/v1/runs"], []),
        ({}, ["/v1/runs", "/signed/x"], ["/health", "/v1/health", "/openapi.json"]),
        ({"path": "/v1/health"}, ["/v1/health"], ["/health"]),
    ],
)
def test_requests_are_told_apart(own: Own, on: dict[str, Any], hits: list[str], misses: list[str]) -> None:
    """Method, path, operation and query choose requests; health and description are struck only where named."""
    own.sim.faults.add(Status(status=599), **on)
    assert [status for status in statuses(own, *hits) if status != 599] == []
    assert 599 not in statuses(own, *misses)


def test_each_request_can_be_counted_for_itself(own: Own) -> None:
    """With `per = "request"` the first try of each different request is struck, and its repetition is not."""
    own.sim.faults.add(DOWN, first=1, per="request")
    assert statuses(own, "/v1/pools", "/v1/pools", "/v1/pools?limit=3", "/v1/machines", "/v1/pools?limit=3") == [
        503, 200, 503, 503, 200,
    ]  # fmt: skip


def test_chance_replays_with_seed_and_request_whatever_the_order() -> None:
    """Which requests of 400 are struck follows from the seed and the request; another seed strikes others."""

    def struck(seed: int, order: list[int]) -> set[int]:
        faults = Faults(seed=seed)
        faults.add(DOWN, probability=0.25)
        return {number for number in order if faults.striking(scope(number), None)[1]}  # pyright: ignore[reportArgumentType]

    def scope(number: int) -> dict[str, Any]:
        return {"method": "GET", "path": f"/v1/runs/{number}", "query_string": b""}

    forwards, backwards = list(range(400)), list(range(400))[::-1]
    assert struck(1, forwards) == struck(1, backwards)
    assert struck(1, forwards) != struck(2, forwards)
    assert 60 < len(struck(1, forwards)) < 140


def test_rules_are_in_force_as_long_as_asked(own: Own) -> None:
    """`active` and `using` end with their block, also by an error; `remove` takes one rule; `clear` counts anew."""
    faults = own.sim.faults
    with pytest.raises(httpx.HTTPStatusError), faults.active(DOWN):
        own.http.get("/v1/pools").raise_for_status()
    assert faults.rules == ()
    with faults.using({"rules": [{"do": {"fault": "status", "status": 502}}]}):
        assert statuses(own, "/v1/pools") == [502]
    kept, gone = faults.add(DOWN, path="/v1/pools", first=1), faults.add(DOWN, path="/v1/runs")
    assert statuses(own, "/v1/pools", "/v1/runs") == [503, 503]
    faults.remove(gone)
    assert (faults.rules, statuses(own, "/v1/pools", "/v1/runs")) == ((kept,), [200, 200])
    faults.clear()
    assert (list(faults.log), statuses(own, "/v1/pools")) == ([], [200])
    faults.use(kept)
    assert statuses(own, "/v1/pools") == [503]
    assert faults.log[0].number == 2


def test_the_log_says_what_was_done_to_which_request(own: Own) -> None:
    """An entry names request, rules, faults and the status of the answer; None where none was sent in full."""
    with (
        own.sim.faults.active({"fault": "delay"}, {"fault": "status", "status": 502}, name="both", path="/v1/pools"),
        own.sim.faults.active({"fault": "cut"}, name="cut", path="/v1/machines"),
    ):
        statuses(own, "/v1/pools?limit=2", "/v1/runs")
        with pytest.raises(httpx.RemoteProtocolError):
            own.http.get("/v1/machines")
    first, second = own.sim.faults.log
    assert (first.number, first.method, first.path, first.query) == (1, "GET", "/v1/pools", "limit=2")
    assert (first.rules, first.faults, first.status) == (("both",), ("delay", "status"), 502)
    assert (second.number, second.rules, second.status) == (3, ("cut",), None)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_can_be_used_by_one_word(name: str, own: Own) -> None:
    """Each preset has named rules, and the simulator answers under it."""
    rules = own.sim.faults.use(name)
    assert rules
    assert all(rule.name for rule in rules)
    for path in ("/v1/pools", "/v1/machines?skip=1", "/v1/workflow-tags"):
        try:
            assert own.http.get(path).status_code in {200, 429, 503}
        except httpx.RemoteProtocolError:
            assert own.sim.faults.log[-1].status is None


def test_the_example_has_every_kind_of_fault() -> None:
    """What `python -m cyberdesk_nb.simulator.faults` prints is valid, and leaves no kind out."""
    command = [sys.executable, "-m", "cyberdesk_nb.simulator.faults"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == EXAMPLE
    plan = read_plan(tomllib.loads(printed))
    shown = {fault.fault for rule in plan.rules for fault in rule.do}
    assert shown == {kind.model_fields["fault"].default for kind in get_args(get_args(AnyFault)[0])}
    assert all(word in printed for word in PRESETS)


def test_files_are_toml_or_json(tmp_path: Path) -> None:
    """The same rules read alike from both, with presets in front; a preset's own seed and rules are kept."""
    toml, as_json = tmp_path / "faults.toml", tmp_path / "faults.json"
    toml.write_text('seed = 4\nuse = "slow"\n[[rules]]\non = {every = 2}\ndo = {fault = "cut"}\n')
    as_json.write_text(
        json.dumps({"seed": 4, "use": ["slow"], "rules": [{"on": {"every": 2}, "do": [{"fault": "cut"}]}]})
    )
    plan = read_plan(toml)
    assert plan == read_plan(as_json)
    assert (plan.seed, [rule.name for rule in plan.rules]) == (4, ["slow", "drips", ""])


WRONG = [
    ('[[rules]]\ndo = {fault = "cut"}\n\n[[rules]]\ndo = {fault = "status", status = 700}\n',
     ["rule 2 (line 4)", "do.status", "599"]),
    ('[[rules]]\ndo = {fault = "cutt"}\n', ["rule 1 (line 1)", "do", "cutt", "'cut'"]),
    ('[[rules]]\non = {evry = 2}\ndo = {fault = "cut"}\n', ["on.evry"]),
    ('[[rules]]\non = {every = 2, burst = 3}\ndo = {fault = "cut"}\n', ["on", "burst"]),
    ('[[rules]]\ndo = [{fault = "cut"}, {fault = "delay", before_s = -1}]\n', ["do[1].before_s"]),
    ('[[rules]]\ndo = {fault = "headers", set = {"X A" = "b"}}\n', ["do.set", "'X A' cannot be the name"]),
    ('[[rules]]\ndo = {fault = "status", status = 500, headers = {A = "b\\nC: d"}}\n', ["do.headers", "one line"]),
    ("[[rules]]\non = {}\n", ["rule 1", "do", "required"]),
    ('use = ["flakey"]\n', ["use", "flakey", "flaky"]),
    ("[[rules]\n", ["line 1"]),
    ("rules = 3\n", ["rules"]),
    ("sed = 3\n", ["sed"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_in_one_line_with_its_place(tmp_path: Path, text: str, words: list[str]) -> None:
    """A file that cannot be right is refused with its name, the rule, the line and the key."""
    file = tmp_path / "faults.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_plan(file)
    said = str(caught.value)
    assert "\n" not in said
    assert [word for word in [*words, *(["faults.toml"] if "use" not in words else [])] if word not in said] == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"{", b"[" * 100_000, b"[]", b"null"])
def test_what_is_no_rules_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, no text, or no object is one clear error."""
    file = tmp_path / "rules.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"rules\.json"):
        read_plan(file)


def test_the_command_line_takes_a_file(tmp_path: Path) -> None:
    """A wrong file ends the command with one line and status 2, before a fleet is made."""
    file = tmp_path / "faults.toml"
    file.write_text('[[rules]]\ndo = {fault = "status"}\n')
    command = [sys.executable, "-m", "cyberdesk_nb.cli", "simulator", "--faults", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "rule 1 (line 1): do.status" in ended.stderr


@pytest.mark.parametrize("source", ["flaky", Plan(rules=(Rule(do=(DOWN,), on=On(first=1)),)), [Rule(do=(DOWN,))]])
def test_a_simulator_can_start_with_faults(make_sim: Callable[..., Simulator], source: Any) -> None:
    """`simulator(faults=...)` takes a preset, a plan or rules."""
    assert make_sim(runs=2, faults=source).faults.rules


def test_rules_that_cannot_be_are_refused_in_a_test_too(own: Own) -> None:
    """`add` checks what it is given, and leaves the rules as they were."""
    for do, on in (({"fault": "status"}, {}), (DOWN, {"evry": 3}), ({"fault": "nothing"}, {})):
        with pytest.raises(ConfigurationError):
            own.sim.faults.add(do, **on)  # pyright: ignore[reportArgumentType]
    assert own.sim.faults.rules == ()
