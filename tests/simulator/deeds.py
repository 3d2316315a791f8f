"""Things that users do, by chance: each is one request, most of them sensible, some refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random
from typing import Any

import httpx

from tests.simulator.conftest import launchable

Deed = Callable[[httpx.Client, Random], Any]
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
NOBODY = "00000000-0000-4000-8000-000000000000"
SECRET = "S3cret-never-kept-9f2c"


def do(http: httpx.Client, number: int, seed: int) -> int:
    """Do the `number`-th deed with the chance of `seed`; return the status."""
    answer = DEEDS[number % len(DEEDS)](http, Random(seed))
    assert answer.status_code < 500 or answer.status_code == 503, (answer.request, answer.text)
    return answer.status_code


def _ids(http: httpx.Client, path: str) -> list[str]:
    listed = http.get(path).json()
    return [one["id"] for one in (listed["items"] if isinstance(listed, dict) else listed)]


def _launchable(http: httpx.Client, *, with_secrets: bool = False) -> dict[str, Any]:
    try:
        return launchable(http, with_secrets=with_secrets)
    except AssertionError:
        # All runs that ended well are gone.
        return {"workflow_id": NOBODY, "input_values": {}, "sensitive_input_values": {}}


def _rarely(http: httpx.Client, path: str, dice: Random) -> str:
    """Return an id to be deleted; mostly one that is not there, so that the fleet lives on."""
    return _one(http, path, dice) if dice.random() < 0.3 else NOBODY


def _one(http: httpx.Client, path: str, dice: Random) -> str:
    """Return an id from a list, now and then one that is not there."""
    ids = _ids(http, path)
    return dice.choice(ids) if ids and dice.random() > 0.05 else NOBODY


def _launch(http: httpx.Client, dice: Random) -> dict[str, Any]:
    body = _launchable(http, with_secrets=dice.random() < 0.5)
    body["sensitive_input_values"] = dict.fromkeys(body["sensitive_input_values"], SECRET)
    machines = http.get("/v1/machines").json()["items"]
    choices: list[dict[str, Any]] = [
        {},
        {"start_session": True, "release_session_after": dice.random() < 0.5},
        {"machine_id": _one(http, "/v1/machines", dice)},
        {"pool_ids": [_one(http, "/v1/pools", dice)]},
        {"is_priority": True},
        {"file_inputs": [{"filename": "a.txt", "content": base64.b64encode(dice.randbytes(9)).decode()}]},
        {"session_id": dice.choice([one["reserved_session_id"] for one in machines]) if machines else None},
        {"input_values": {"nothing": "fits"}},
    ]
    return {**body, **dice.choice(choices)}


def _bulk(http: httpx.Client, dice: Random) -> Any:
    return http.post("/v1/runs/bulk", json={**_launch(http, dice), "count": dice.randint(1, 3)})


def _chain(http: httpx.Client, dice: Random) -> Any:
    body = _launchable(http)
    step = {
        "workflow_id": body["workflow_id"],
        "inputs": body["input_values"],
        "sensitive_inputs": dict.fromkeys(body["sensitive_input_values"], SECRET),
    }
    keep = dice.random() < 0.5
    steps = [{**step, "session_alias": "first"}, {**step, "session_alias": "second"}]
    return http.post("/v1/runs/chain", json={"steps": steps, "keep_session_after_completion": keep})


def _change_run(http: httpx.Client, dice: Random) -> Any:
    changes = dice.choice([{"status": "cancelled"}, {"output_data": {"n": dice.random()}}, {"status": "running"}])
    return http.patch(f"/v1/runs/{_one(http, '/v1/runs', dice)}", json=changes)


def _retry(http: httpx.Client, dice: Random) -> Any:
    return http.post(f"/v1/runs/{_one(http, '/v1/runs', dice)}/retry", json=dice.choice([{}, {"start_session": True}]))


def _change_machine(http: httpx.Client, dice: Random) -> Any:
    changes = dice.choice(
        [
            {"reserved_session_id": None},
            {"is_available": dice.random() < 0.5},
            {"status": dice.choice(["connected", "disconnected", "error"])},
            {"machine_sensitive_parameters": {"pin": SECRET}, "machine_parameters": {"site": dice.random()}},
            {"name": f"M{dice.random()}"},
        ]
    )
    return http.patch(f"/v1/machines/{_one(http, '/v1/machines', dice)}", json=changes)


def _pools_of_machine(http: httpx.Client, dice: Random) -> Any:
    pools = _ids(http, "/v1/pools")
    chosen = dice.sample(pools, dice.randint(0, len(pools)))
    return http.put(f"/v1/machines/{_one(http, '/v1/machines', dice)}/pools", json={"pool_ids": chosen})


def _new_pool(http: httpx.Client, dice: Random) -> Any:
    return http.post("/v1/pools", json={"name": f"P{dice.random()}", "pool_sensitive_parameters": {"k": SECRET}})


def _connect(http: httpx.Client, dice: Random) -> Any:
    body = {"machine_id": _one(http, "/v1/machines?status=disconnected", dice), "websocket_id": f"ws{dice.random()}"}
    return http.post("/v1/connections", json=body)


def _disconnect(http: httpx.Client, dice: Random) -> Any:
    rows = http.get("/v1/connections", params={"status": "connected"}).json()["items"]
    return http.patch(f"/v1/connections/{dice.choice(rows)['id'] if rows else 'x'}", json={"status": "disconnected"})


def _change_workflow(http: httpx.Client, dice: Random) -> Any:
    changes = dice.choice([{"name": f"W{dice.random()}"}, {"main_prompt": f"Do {{this}} {dice.random()}"}])
    return http.patch(f"/v1/workflows/{_one(http, '/v1/workflows', dice)}", json=changes)


def _merge(http: httpx.Client, dice: Random) -> Any:
    body = {"target_workflow_id": _one(http, "/v1/workflows", dice), "copy_trajectories": True}
    return http.post(f"/v1/workflows/{_rarely(http, '/v1/workflows', dice)}/merge", json=body)


def _put_tag(http: httpx.Client, dice: Random) -> Any:
    body = {"tag_ids": [_one(http, "/v1/workflow-tags", dice)]}
    return http.post(f"/v1/workflows/{_one(http, '/v1/workflows', dice)}/tags", json=body)


def _attach(http: httpx.Client, dice: Random) -> Any:
    body = {
        "run_id": _one(http, "/v1/runs", dice),
        "filename": f"{dice.random()}.txt",
        "content_type": "text/plain",
        "attachment_type": dice.choice(["input", "output"]),
        "content": base64.b64encode(dice.randbytes(20)).decode(),
    }
    return http.post("/v1/run-attachments", json=body)


def _trajectory(http: httpx.Client, dice: Random) -> Any:
    step = {"func_name": "click", "args": [dice.randint(0, 99), 5], "kwargs": {}, "result": None}
    body = {
        "workflow_id": _one(http, "/v1/workflows", dice),
        "trajectory_data": [step],
        "dimensions": {"width": 1024, "height": 768},
        "is_approved": dice.random() < 0.5,
    }
    return http.post("/v1/trajectories", json=body)


def _change_trajectory(http: httpx.Client, dice: Random) -> Any:
    changes = dice.choice([{"is_approved": True}, {"is_main": True}, {"name": f"T{dice.random()}"}])
    return http.patch(f"/v1/trajectories/{_one(http, '/v1/trajectories', dice)}", json=changes)


def _model(http: httpx.Client, dice: Random) -> Any:
    return http.post(
        "/v1/model-configurations",
        json={"name": f"C{dice.random()}", "provider": "openai", "model": "m", "api_key": SECRET},
    )


def _credential(http: httpx.Client, dice: Random) -> Any:
    slot = dice.choice(["anthropic", "openai", "google", "aws_bedrock"])
    if dice.random() < 0.3:
        return http.delete(f"/v1/provider-credentials/{slot}")
    if dice.random() < 0.3:
        return http.post(f"/v1/provider-credentials/{slot}/validate")
    return http.put(f"/v1/provider-credentials/{slot}", json={"api_key": dice.choice([SECRET, "invalid" + SECRET])})


def _image(http: httpx.Client, dice: Random) -> Any:
    return http.post("/v1/workflows/prompt-image", files={"file": (f"{dice.random()}.png", PNG + dice.randbytes(4))})


def _log(http: httpx.Client, dice: Random) -> Any:
    body = {"request_id": f"r{dice.random()}", "method": "GET", "path": "/x"}
    return http.post("/v1/request-logs", json={**body, "machine_id": _one(http, "/v1/machines", dice)})


def _control(http: httpx.Client, dice: Random) -> Any:
    """Work on a machine's screen, files and shell; a machine that a run uses refuses, and logs that."""
    at = f"/v1/computer/{_one(http, '/v1/machines?status=connected', dice)}"
    content = base64.b64encode(dice.randbytes(5)).decode()
    paths: list[tuple[str, str, Any]] = [
        ("POST", "/input/mouse/click", {"x": dice.randint(0, 1500), "y": dice.randint(0, 800)}),
        ("POST", "/input/keyboard/type", {"text": f"t{dice.random()}"}),
        ("POST", "/fs/write", {"path": "notes.txt", "content": content, "mode": "append"}),
        ("POST", "/shell/powershell/exec", {"command": "hostname"}),
        ("GET", "/display/screenshot", None),
        ("GET", "/fs/list", None),
        ("POST", "/input/mouse/scroll", {"direction": "sideways", "amount": 1}),
    ]
    method, path, body = dice.choice(paths)
    return http.request(method, at + path, json=body)


DEEDS: tuple[Deed, ...] = (
    lambda http, dice: http.post("/v1/runs", json=_launch(http, dice)),
    lambda http, dice: http.post("/v1/runs", json=_launch(http, dice)),
    _bulk,
    _chain,
    _change_run,
    _retry,
    lambda http, dice: http.delete(f"/v1/runs/{_one(http, '/v1/runs', dice)}"),
    lambda http, dice: http.post(f"/v1/runs/{_one(http, '/v1/runs?status=success', dice)}/generate-trajectory"),
    _change_machine,
    _change_machine,
    lambda http, dice: http.post(
        "/v1/machines", json={"fingerprint": "f", "unkey_key_id": "k", "name": f"N{dice.random()}"}
    ),
    lambda http, dice: http.delete(f"/v1/machines/{_rarely(http, '/v1/machines', dice)}"),
    _pools_of_machine,
    _new_pool,
    lambda http, dice: http.delete(f"/v1/pools/{_rarely(http, '/v1/pools', dice)}"),
    _connect,
    _disconnect,
    lambda http, dice: http.post("/v1/workflows", json={"main_prompt": f"Enter the invoice {{n}} {dice.random()}"}),
    _change_workflow,
    lambda http, dice: http.post(
        f"/v1/workflows/{_one(http, '/v1/workflows', dice)}/duplicate", json={"include_trajectories": True}
    ),
    _merge,
    lambda http, dice: http.delete(f"/v1/workflows/{_rarely(http, '/v1/workflows', dice)}"),
    lambda http, dice: http.post("/v1/workflow-tags", json={"name": f"T{dice.randint(0, 3)}"}),
    lambda http, dice: http.post("/v1/workflow-tag-groups", json={"name": f"G{dice.randint(0, 3)}"}),
    lambda http, dice: http.delete(f"/v1/workflow-tags/{_one(http, '/v1/workflow-tags', dice)}"),
    _put_tag,
    _attach,
    lambda http, dice: http.delete(f"/v1/run-attachments/{_one(http, '/v1/run-attachments', dice)}"),
    _trajectory,
    _change_trajectory,
    lambda http, dice: http.post(f"/v1/trajectories/{_one(http, '/v1/trajectories', dice)}/duplicate"),
    lambda http, dice: http.delete(f"/v1/trajectories/{_one(http, '/v1/trajectories', dice)}"),
    _model,
    _credential,
    _image,
    _log,
    _control,
    _control,
    _control,
)
