"""Direct control of a machine: the drawn desktop reacts, and the next screenshot shows it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb.simulator import Simulator
from cyberdesk_nb.simulator.stores.desks import Desk
from tests.simulator.conftest import Own, http_client, launchable


class Hands:
    """One free machine under direct control."""

    def __init__(self, own: Own, machine_id: str) -> None:
        self.own = own
        self.machine_id = machine_id
        self.path = f"/v1/computer/{machine_id}"
        self.size = own.get(f"{self.path}/display/dimensions")

    @property
    def desk(self) -> Desk:
        """The desk behind the API, to know where its controls are."""
        return self.own.sim.app.state.desks[self.machine_id]

    def centre(self, control: Any) -> dict[str, int]:
        """Give the centre of a control in pixels of the real display."""
        x0, y0, x1, y1 = control.rect
        return {"x": (x0 + x1) * self.size["width"] // 2048, "y": (y0 + y1) * self.size["height"] // 1536}

    def do(self, what: str, body: dict[str, Any]) -> None:
        """Perform an input action, which answers 204 without a body."""
        answer = self.own.http.post(f"{self.path}/input/{what}", json=body)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    def screenshot(self) -> bytes:
        """Take a screenshot."""
        answer = self.own.http.get(f"{self.path}/display/screenshot")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        return answer.content


@pytest.fixture
def hands(own: Own) -> Hands:
    """Take a machine on which nothing runs."""
    busy = {run["machine_id"] for run in own.get("/v1/runs", status="running", fields="error")["items"]}
    free = [item["id"] for item in own.get("/v1/machines", status="connected")["items"] if item["id"] not in busy]
    own.sim.app.state.desks.pop(free[0], None)
    return Hands(own, free[0])


def test_a_click_focuses_and_typing_shows(hands: Hands) -> None:
    """A click in a field, in display pixels, focuses it; what is typed is in the field and on the picture."""
    before = hands.screenshot()
    assert Image.open(io.BytesIO(before)).size == (1024, 768)
    desktop = hands.desk.desktop
    field = next(one for one in desktop.controls() if one.kind == "field" and desktop.clickable(one.id))
    hands.do("mouse/click", hands.centre(field))
    assert hands.desk.desktop.state.focus == field.id
    hands.do("keyboard/key", {"text": "ctrl+a Delete"})
    hands.do("keyboard/type", {"text": "Quux 42"})
    assert "Quux 42" in hands.desk.desktop.control(field.id).value
    assert hands.screenshot() != before
    hands.do("keyboard/key", {"text": "ctrl+a"})
    assert hands.own.post(f"{hands.path}/copy_to_clipboard", {"text": "found"}, status=200) == {"found": "Quux 42"}


def test_the_pointer_is_in_display_pixels(hands: Hands) -> None:
    """Moves, drags and clicks are scaled to the real display, and the position comes back in the same pixels."""
    target = {"x": hands.size["width"] * 3 // 4, "y": hands.size["height"] // 4}
    hands.do("mouse/move", target)
    back = hands.own.get(f"{hands.path}/input/mouse/position")
    assert abs(back["x"] - target["x"]) <= hands.size["width"] / 1024
    assert abs(back["y"] - target["y"]) <= hands.size["height"] / 768
    assert hands.desk.desktop.state.pointer == (768, 192)
    hands.do("mouse/drag", {"start_x": 5, "start_y": 5, "to_x": target["x"], "to_y": target["y"], "duration": 0.5})
    hands.do("mouse/click", {"down": True})
    hands.do("mouse/click", {"down": False})
    hands.do("mouse/scroll", {"direction": "down", "amount": 0})


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("mouse/click", {"x": 1, "y": 1, "button": "fourth"}),
        ("mouse/click", {"x": 1, "y": 1, "clicks": 4}),
        ("mouse/click", {"x": 1, "y": 1, "button": "left", "clicks": 0}),
        ("mouse/scroll", {"direction": "inward", "amount": 1}),
        ("mouse/scroll", {"direction": "up", "amount": -1}),
        ("keyboard/key", {"text": "a+b"}),
        ("keyboard/key", {"text": "ctrl+"}),
    ],
)
def test_input_that_makes_no_sense_is_refused(hands: Hands, what: str, body: dict[str, Any]) -> None:
    """Buttons, click counts, directions and chords that a driver would refuse give 400 and change nothing."""
    before = hands.screenshot()
    assert hands.own.http.post(f"{hands.path}/input/{what}", json=body).status_code == 400
    assert hands.screenshot() == before


def test_the_driver_refuses_in_its_own_words(hands: Hands) -> None:
    """What the desktop refuses comes in the driver's small error body; what the API itself refuses in its own."""
    refused = [
        hands.own.http.post(f"{hands.path}/input/keyboard/key", json={"text": "a+b"}),
        hands.own.http.get(f"{hands.path}/fs/read", params={"path": "nothing.txt"}),
        hands.own.http.post(f"{hands.path}/shell/powershell/session", json={"action": "destroy", "session_id": "x"}),
    ]
    assert [answer.status_code for answer in refused] == [400, 404, 404]
    assert all(answer.json().keys() == {"error", "message", "timestamp"} for answer in refused)
    unknown = hands.own.http.get("/v1/computer/nobody/display/dimensions")
    assert {"error_code", "details"} < unknown.json().keys()


def test_files_and_shell_answer(hands: Hands) -> None:
    """A written file can be read back, appended to and listed; known commands answer, others fail as in a console."""
    path = f"{hands.path}/fs"
    note = r"C:\Data\note.txt"
    for mode in ("write", "append"):
        body = {"path": note, "content": base64.b64encode(b"ab").decode(), "mode": mode}
        written = hands.own.post(f"{path}/write", body, status=200)
    assert (written["size"], written["path"]) == (4, note)
    assert base64.b64decode(hands.own.get(f"{path}/read", path=r"C:\Data\..\Data\note.txt")["content"]) == b"abab"
    listed = hands.own.get(f"{path}/list", path="C:\\")["entries"]
    assert {row["name"]: row["is_dir"] for row in listed}["Data"] is True
    assert hands.own.get(f"{path}/list")["entries"][0]["name"] == "CyberdeskTransfers"
    assert hands.own.http.get(f"{hands.path}/fs/read", params={"path": "nothing.txt"}).status_code == 404
    shell = f"{hands.path}/shell/powershell"
    session = hands.own.post(f"{shell}/session", {"action": "create"}, status=200)["session_id"]
    said = hands.own.post(f"{shell}/exec", {"command": "echo hi", "session_id": session}, status=200)
    assert (said["stdout"], said["exit_code"], said["session_id"]) == ("hi\r\n", 0, session)
    failed = hands.own.post(f"{shell}/exec", {"command": "Remove-Item C:\\"}, status=200)
    assert (failed["exit_code"], failed["stdout"]) == (1, "")


def test_files_of_runs_lie_on_their_machine(make_sim: Callable[..., Simulator]) -> None:
    """A file sent with a run is on the run's machine from its start, at its target, until it is to be cleaned up."""
    sim = make_sim(failure_rate=0.0, disturbance_rate=0.0)
    with http_client(sim) as http:
        own = Own(sim, http)
        free, other = [one["id"] for one in own.get("/v1/machines")["items"] if one["is_available"]][:2]
        content = base64.b64encode(b"hello").decode()
        files = [
            {"filename": "../kept.txt", "content": content},
            {"filename": "a.txt", "content": content, "target_path": "C:/In", "cleanup_imports_after_run": True},
            {"filename": "b.txt", "content": content, "target_path": r"C:\In\renamed.csv"},
        ]
        paths = [r"~\CyberdeskTransfers\kept.txt", r"C:\In\a.txt", r"C:\In\renamed.csv"]

        def statuses(machine_id: str) -> list[int]:
            address = f"/v1/computer/{machine_id}/fs/read"
            return [http.get(address, params={"path": path}).status_code for path in paths]

        own.post("/v1/runs", {**launchable(http), "machine_id": free, "file_inputs": files})
        assert statuses(free) == [404, 404, 404]
        sim.clock.advance(10)
        assert (statuses(free), statuses(other)) == ([200, 200, 200], [404, 404, 404])
        read = own.get(f"/v1/computer/{free}/fs/read", path=paths[2])
        assert (base64.b64decode(read["content"]), read["size"]) == (b"hello", 5)
        sim.clock.advance(3600)
        assert statuses(free) == [200, 404, 200]


def test_every_relayed_call_is_logged(hands: Hands) -> None:
    """Each call that reached the machine leaves a request log with its path and status, refused ones too."""
    hands.screenshot()
    hands.own.http.post(f"{hands.path}/input/keyboard/key", json={"text": "a+b"})
    logs = hands.own.get("/v1/request-logs", machine_id=hands.machine_id, limit=1000)["items"]
    seen = {(log["method"], log["path"], log["status_code"]) for log in logs}
    assert {("GET", "/display/screenshot", 200), ("POST", "/input/keyboard/key", 400)} <= seen


def test_a_machine_that_is_gone_or_busy_refuses(own: Own) -> None:
    """Unknown machines are 404, offline ones 503; while a run works, its screen is shown and hands are kept off."""
    offline = own.get("/v1/machines", status="disconnected", limit=1)["items"][0]["id"]
    assert own.http.get(f"/v1/computer/{offline}/display/dimensions").status_code == 503
    assert own.http.get("/v1/computer/nobody/display/dimensions").status_code == 404
    run = own.post("/v1/runs", launchable(own.http))
    for _ in range(200):
        own.sim.clock.advance(1)
        run = own.get(f"/v1/runs/{run['id']}")
        if run["status"] == "running":
            break
    path = f"/v1/computer/{run['machine_id']}"
    live = [block for message in run["run_message_history"] for block in message["content"] if block["type"] == "image"]
    assert own.http.get(f"{path}/display/screenshot").content == base64.b64decode(live[-1]["image_base64"])
    busy = own.http.post(f"{path}/input/keyboard/type", json={"text": "x"})
    assert (busy.status_code, run["id"] in busy.text) == (409, True)


def test_shutdown_takes_the_machine_offline(own: Own) -> None:
    """Stopping the driver disconnects the machine: its status, its connection and its availability agree."""
    machine_id = own.get("/v1/machines", status="connected")["items"][-1]["id"]
    assert own.post(f"/v1/machines/{machine_id}/cyberdriver/shutdown", status=200)["reason"] == "user_disabled_machine"
    machine = own.get(f"/v1/machines/{machine_id}")
    assert (machine["status"] != "connected", machine["is_available"]) == (True, False)
    assert own.get("/v1/connections", machine_id=machine_id, status="connected")["total"] == 0
    assert own.http.get(f"/v1/computer/{machine_id}/display/screenshot").status_code == 503
