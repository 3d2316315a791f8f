"""Every method of the official SDK against the simulator, accepted and refused, parsed by its own classes.

Each has an async and a sync form; both are walked. The table of the results ends the test output.
"""

from __future__ import annotations

import base64
import importlib
import inspect
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio.to_thread
import cyberdesk
import httpx
import pytest
from cyberdesk import CyberdeskClient

from cyberdesk_nb.simulator import Simulator, simulator
from tests.simulator.conftest import TABLES, Row, http_client, launchable

pytestmark = pytest.mark.anyio

sdk = importlib.import_module("openapi_client.cyberdesk_cloud_client.models")
NOBODY = "00000000-0000-4000-8000-000000000000"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def methods_of(client: Any, face: str) -> list[str]:
    """Return the SDK's methods of one face, by the name of the async one."""
    apis = {name: api for name, api in vars(client).items() if type(api).__name__.endswith("API")}
    functions = [
        (f"{name}.{method.removesuffix('_sync')}", inspect.iscoroutinefunction(function))
        for name, api in apis.items()
        for method, function in vars(type(api)).items()
        if inspect.isfunction(function) and not method.startswith("_")
    ]
    return sorted(name for name, is_async in functions if is_async == (face == "async"))


class Walk:
    """Calls SDK methods twice, with a wrong key and with the right one, and notes what came back.

    Parameters
    ----------
    face
        Which of the SDK's twins is called: the `async` methods, or those that end in `_sync`.
    """

    def __init__(self, sim: Simulator, face: str) -> None:
        self.sim = sim
        self.face = face
        self.client: Any = CyberdeskClient(sim.api_key, base_url=sim.url, timeout=httpx.Timeout(30))
        self.stranger: Any = CyberdeskClient("wrong", base_url=sim.url, timeout=httpx.Timeout(30))
        self.rows = {name: Row() for name in methods_of(self.client, face)}

    async def call(self, client: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a method by its async name."""
        resource, method = name.split(".")
        if self.face == "async":
            return await getattr(getattr(client, resource), method)(*args, **kwargs)
        twin = getattr(getattr(client, resource), f"{method}_sync")
        return await anyio.to_thread.run_sync(lambda: twin(*args, **kwargs))

    async def ok(self, name: str, kind: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a method that must be refused to a stranger and must give `kind` (a class, [class] or a value) to us."""
        refused = await self.call(self.stranger, name, *args, **kwargs)
        assert getattr(refused.error, "status_code", None) == 401, name
        answer = await self.call(self.client, name, *args, **kwargs)
        assert answer.error is None, f"{name}: {answer.error}"
        self._check(name, answer.data, kind)
        self.rows[name].note(type(answer.data).__name__, 401)
        return answer.data

    async def missing(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        """Call a method with an id that nobody has: the SDK must see a 404."""
        answer = await self.call(self.client, name, *args, **kwargs)
        assert getattr(answer.error, "status_code", None) == 404, f"{name}: {answer.data} {answer.error}"
        self.rows[name].note(None, 404)

    @staticmethod
    def _check(name: str, data: Any, kind: Any) -> None:
        if isinstance(kind, list):
            assert isinstance(data, list), name
            assert {type(item) for item in data} <= set(kind), name
        elif inspect.isclass(kind):
            assert type(data) is kind, f"{name}: {data}"
        else:
            assert data == kind, name

    async def close(self) -> None:
        """Close both connections."""
        for client in (self.client, self.stranger):
            await client._client.get_async_httpx_client().aclose()


@pytest.fixture(scope="module", params=["async", "sync"])
async def walk(request: pytest.FixtureRequest) -> AsyncIterator[Walk]:
    """Walk through a fleet of its own, and leave the table for the end of the test output."""
    with simulator(runs=60, trajectories=8, speed=0.0) as sim:
        walking = Walk(sim, request.param)
        request.config.stash.setdefault(TABLES, {})[f"official SDK, {walking.face} methods"] = walking.rows
        yield walking
        await walking.close()


async def test_machines_and_pools(walk: Walk) -> None:
    """Machines and pools: create, read, change, both ways of membership, delete."""
    body = sdk.MachineCreate(fingerprint="f-1", unkey_key_id="k-1", name="Walker")
    machine = await walk.ok("machines.create", sdk.MachineResponse, body)
    pool = await walk.ok("pools.create", sdk.PoolResponse, sdk.PoolCreate(name="Walkers"))
    machine_id, pool_id = str(machine.id), str(pool.id)
    await walk.ok("machines.list", sdk.PaginatedResponseWithIncludesMachineResponse, include=["pools"], name="Walker")
    await walk.ok("machines.get", sdk.MachineResponseWithIncludes, machine_id, include=["pools"])
    await walk.ok("machines.update", sdk.MachineResponse, machine_id, sdk.MachineUpdate(name="Runner"))
    await walk.ok("machines.clear_session", sdk.MachineResponse, machine_id)
    assigned = sdk.MachinePoolUpdate(pool_ids=[pool.id])
    # Annotated as a list of pools, the call gives the machine: so does the API.
    await walk.ok("machines.update_pools", sdk.MachineResponse, machine_id, assigned)
    [of_machine] = await walk.ok("machines.get_pools", [sdk.PoolResponse], machine_id)
    assert of_machine.id == pool.id
    await walk.ok("pools.list", sdk.PaginatedResponseWithIncludesPoolResponse, include=["machines"])
    got = await walk.ok("pools.get", sdk.PoolResponseWithIncludes, pool_id, include_machines=True)
    assert [member.id for member in got.machines] == [machine.id]
    await walk.ok("pools.update", sdk.PoolResponse, pool_id, sdk.PoolUpdate(description="all who walk"))
    members = sdk.MachinePoolAssignment(machine_ids=[machine.id])
    await walk.ok("pools.remove_machines", {"success": True}, pool_id, members)
    await walk.ok("pools.add_machines", sdk.PoolWithMachines, pool_id, members)
    for name, args in {
        "machines.get": (),
        "machines.update": (sdk.MachineUpdate(name="x"),),
        "machines.clear_session": (),
        "machines.delete": (),
        "machines.get_pools": (),
        "machines.update_pools": (assigned,),
        "pools.get": (),
        "pools.update": (sdk.PoolUpdate(name="x"),),
        "pools.delete": (),
        "pools.add_machines": (members,),
        "pools.remove_machines": (members,),
    }.items():
        await walk.missing(name, NOBODY, *args)
    body = sdk.ConnectionCreate(websocket_id="ws-1", machine_id=machine.id)
    await walk.ok("connections.create", sdk.ConnectionResponse, body)
    await walk.ok("connections.list", sdk.PaginatedResponseConnectionResponse, machine_id=machine_id)
    await walk.missing("connections.create", sdk.ConnectionCreate.from_dict({**body.to_dict(), "machine_id": NOBODY}))
    await walk.ok("pools.delete", {"success": True}, pool_id)
    await walk.ok("machines.delete", {"success": True}, machine_id)


async def test_workflows(walk: Walk) -> None:
    """Workflows: create, read, change, duplicate, merge, prompt images, delete."""
    body = sdk.WorkflowCreate(main_prompt="Open {patient}.", name="Walk")
    made = await walk.ok("workflows.create", sdk.WorkflowResponse, body)
    workflow_id = str(made.id)
    await walk.ok("workflows.list", sdk.PaginatedResponseWithIncludesWorkflowResponse, search="walk", include=["tags"])
    await walk.ok("workflows.get", sdk.WorkflowResponseWithIncludes, workflow_id, include=["tags"])
    changed = await walk.ok(
        "workflows.update", sdk.WorkflowResponse, workflow_id, sdk.WorkflowUpdate(main_prompt="Close {patient}.")
    )
    assert len(changed.old_versions) == 1
    copy = await walk.ok("workflows.duplicate", sdk.WorkflowResponse, workflow_id, include_trajectories=True)
    assert copy.name == "(Copy) Walk"
    # Twice, since the stranger's call goes first and must change nothing.
    merged = await walk.ok("workflows.merge", sdk.WorkflowResponse, str(copy.id), target_workflow_id=workflow_id)
    assert merged.id == made.id
    await walk.missing("workflows.get", str(copy.id))
    for name, more in {
        "workflows.update": {"data": sdk.WorkflowUpdate(name="x")},
        "workflows.delete": {},
        "workflows.duplicate": {},
        "workflows.merge": {"target_workflow_id": workflow_id},
    }.items():
        await walk.missing(name, NOBODY, **more)
    image = await walk.ok(
        "workflows.upload_prompt_image", sdk.WorkflowPromptImageResponse, file_content=PNG, filename="a.png"
    )
    [listed] = await walk.ok("workflows.list_prompt_images", [sdk.WorkflowPromptImageListItem])
    signed = await walk.ok(
        "workflows.get_prompt_image_signed_url", sdk.WorkflowPromptImageSignedUrlResponse, listed.path
    )
    assert signed.supabase_url == image.supabase_url
    await walk.missing("workflows.get_prompt_image_signed_url", "nothing.png")
    await walk.ok("workflows.delete_prompt_image", {"success": True}, listed.path)
    await walk.missing("workflows.delete_prompt_image", listed.path)
    await walk.ok("workflows.delete", {"success": True}, workflow_id)


async def test_tags_and_groups(walk: Walk) -> None:
    """Tags and groups: create, read, change, order, archive, put on workflows, delete."""
    workflow_id = str((await walk.client.workflows.list(limit=1)).data.items[0].id)
    group = await walk.ok("workflow_tag_groups.create", sdk.WorkflowTagGroupResponse, "Walking")
    await walk.ok("workflow_tag_groups.list", [sdk.WorkflowTagGroupResponse])
    await walk.ok("workflow_tag_groups.get", sdk.WorkflowTagGroupResponse, group.id)
    await walk.ok("workflow_tag_groups.update", sdk.WorkflowTagGroupResponse, group.id, color="#00ff00")
    await walk.ok("workflow_tag_groups.reorder", None, [group.id])
    tag = await walk.ok("workflow_tags.create", sdk.WorkflowTagResponse, "walked", group_id=group.id)
    await walk.ok("workflow_tags.list", [sdk.WorkflowTagResponse], include_archived=True)
    await walk.ok("workflow_tags.get", sdk.WorkflowTagResponse, tag.id)
    await walk.ok("workflow_tags.update", sdk.WorkflowTagResponse, tag.id, name="was walked")
    await walk.ok("workflow_tags.reorder", None, [tag.id])
    await walk.ok("workflow_tags.add_to_workflow", [sdk.WorkflowTagResponse], workflow_id, [tag.id])
    on = await walk.ok("workflow_tags.get_for_workflow", [sdk.WorkflowTagResponse], workflow_id)
    assert tag.id in [one.id for one in on]
    await walk.ok("workflow_tags.remove_from_workflow", None, workflow_id, tag.id)
    await walk.ok("workflow_tags.bulk_add_to_workflows", None, [workflow_id], [tag.id])
    await walk.ok("workflow_tags.archive", sdk.WorkflowTagResponse, tag.id)
    await walk.ok("workflow_tags.unarchive", sdk.WorkflowTagResponse, tag.id)
    for name, args in {
        "workflow_tag_groups.get": (NOBODY,),
        "workflow_tag_groups.update": (NOBODY,),
        "workflow_tag_groups.delete": (NOBODY,),
        "workflow_tag_groups.reorder": ([NOBODY],),
        "workflow_tags.get": (NOBODY,),
        "workflow_tags.update": (NOBODY,),
        "workflow_tags.delete": (NOBODY,),
        "workflow_tags.archive": (NOBODY,),
        "workflow_tags.unarchive": (NOBODY,),
        "workflow_tags.reorder": ([NOBODY],),
        "workflow_tags.add_to_workflow": (NOBODY, [tag.id]),
        "workflow_tags.remove_from_workflow": (workflow_id, NOBODY),
        "workflow_tags.get_for_workflow": (NOBODY,),
        "workflow_tags.bulk_add_to_workflows": ([workflow_id], [NOBODY]),
    }.items():
        await walk.missing(name, *args)
    await walk.ok("workflow_tags.delete", None, tag.id)
    await walk.ok("workflow_tag_groups.delete", None, group.id)


async def test_runs(walk: Walk) -> None:
    """Runs: create, bulk, chain, list, read, cancel, retry, pictures, trajectories, delete."""
    with http_client(walk.sim) as http:
        body = launchable(http)
    made = await walk.ok("runs.create", sdk.RunResponse, sdk.RunCreate.from_dict(body))
    run_id = str(made.id)
    bulk = sdk.RunBulkCreate.from_dict({**body, "count": 2})
    await walk.ok("runs.bulk_create", cyberdesk.client.RunBulkCreateResponse, bulk)
    step = {
        "workflow_id": body["workflow_id"],
        "inputs": body["input_values"],
        "sensitive_inputs": body["sensitive_input_values"],
    }
    chain = sdk.WorkflowChainCreate.from_dict({"steps": [step, step]})
    await walk.ok("runs.chain", sdk.WorkflowChainResponse, chain)
    page = await walk.ok(
        "runs.list",
        cyberdesk.client.PaginatedResponseWithIncludesRunResponse,
        status=sdk.RunStatus.SUCCESS,
        include=["workflow", "machine.pools"],
        sort_mode=sdk.RunListSortMode.CREATED_AT_DESC,
        fields=[sdk.RunField.ERROR, sdk.RunField.RUN_MESSAGE_HISTORY],
    )
    done = page.items[0]
    await walk.ok("runs.get", sdk.RunResponseWithIncludes, str(done.id), include=["workflow", "machine"])
    images = [
        block["image_url"]
        for message in done.to_dict()["run_message_history"]
        for block in message["content"]
        if block["type"] == "image"
    ]
    await walk.ok("runs.get_image_signed_url", sdk.RunImageSignedUrlResponse, str(done.id), image_url=images[0])
    await walk.missing("runs.get_image_signed_url", str(done.id), image_url="supabase://run-images/other")
    generated = await walk.ok("runs.generate_trajectory", sdk.TrajectoryResponse, str(done.id))
    assert generated.is_generated
    await walk.ok("runs.get_trajectory", sdk.TrajectoryResponse, str(done.id))
    cancelled = await walk.ok("runs.update", sdk.RunResponse, run_id, sdk.RunUpdate(status=sdk.RunStatus.CANCELLED))
    assert cancelled.status == sdk.RunStatus.CANCELLED
    retry = sdk.RunRetry.from_dict({"sensitive_input_values": body["sensitive_input_values"]})
    again = await walk.ok("runs.retry", sdk.RunResponse, run_id, retry)
    assert again.status == sdk.RunStatus.SCHEDULING
    for name, args in {
        "runs.get": (),
        "runs.update": (sdk.RunUpdate(),),
        "runs.delete": (),
        "runs.retry": (retry,),
        "runs.get_trajectory": (),
        "runs.generate_trajectory": (),
    }.items():
        await walk.missing(name, NOBODY, *args)
    nobodys = {**body, "workflow_id": NOBODY}
    await walk.missing("runs.create", sdk.RunCreate.from_dict(nobodys))
    await walk.missing("runs.bulk_create", sdk.RunBulkCreate.from_dict({**nobodys, "count": 2}))
    await walk.missing("runs.chain", sdk.WorkflowChainCreate.from_dict({"steps": [{**step, "workflow_id": NOBODY}]}))
    await walk.client.runs.update(run_id, sdk.RunUpdate(status=sdk.RunStatus.CANCELLED))
    await walk.ok("runs.delete", {"success": True}, run_id)


async def test_trajectories(walk: Walk) -> None:
    """Trajectories: list, create, read, approve and make main, duplicate, latest, delete."""
    page = await walk.ok(
        "trajectories.list", sdk.PaginatedResponseWithIncludesTrajectoryResponse, limit=2, include=["workflow"]
    )
    some = page.items[0].to_dict()
    body = {key: some[key] for key in ("workflow_id", "trajectory_data", "dimensions")}
    made = await walk.ok("trajectories.create", sdk.TrajectoryResponse, sdk.TrajectoryCreate.from_dict(body))
    assert (made.is_generated, made.is_main, made.is_approved) == (False, False, False)
    trajectory_id = str(made.id)
    await walk.ok("trajectories.get", sdk.TrajectoryResponseWithIncludes, trajectory_id, include=["workflow"])
    change = sdk.TrajectoryUpdate(name="Walked", is_approved=True, is_main=True)
    changed = await walk.ok("trajectories.update", sdk.TrajectoryResponse, trajectory_id, change)
    assert (changed.name, changed.has_been_approved, changed.is_main) == ("Walked", True, True)
    copy = await walk.ok("trajectories.duplicate", sdk.TrajectoryResponse, trajectory_id)
    assert (copy.name, copy.is_approved) == ("Walked (Copy)", False)
    await walk.ok("trajectories.get_latest_for_workflow", sdk.TrajectoryResponse, some["workflow_id"])
    for name, args in {
        "trajectories.get": (),
        "trajectories.update": (change,),
        "trajectories.delete": (),
        "trajectories.duplicate": (),
        "trajectories.get_latest_for_workflow": (),
    }.items():
        await walk.missing(name, NOBODY, *args)
    await walk.missing("trajectories.create", sdk.TrajectoryCreate.from_dict({**body, "workflow_id": NOBODY}))
    await walk.ok("trajectories.delete", {"success": True}, trajectory_id)


async def test_attachments_models_and_usage(walk: Walk, tmp_path: Path) -> None:
    """Attachments, model configurations and usage."""
    run_id = (await walk.client.runs.list(limit=1)).data.items[0].id
    body = {
        "run_id": str(run_id),
        "filename": "a.csv",
        "content": base64.b64encode(b"1,2").decode(),
        "content_type": "text/csv",
        "attachment_type": "output",
    }
    create = sdk.RunAttachmentCreate.from_dict
    made = await walk.ok("run_attachments.create", sdk.RunAttachmentResponse, create(body))
    attachment_id = str(made.id)
    await walk.missing("run_attachments.create", create({**body, "run_id": NOBODY}))
    await walk.ok("run_attachments.list", sdk.PaginatedResponseRunAttachmentResponse, run_id=str(run_id))
    await walk.ok("run_attachments.get", sdk.RunAttachmentResponse, attachment_id)
    await walk.ok("run_attachments.download", b"1,2", attachment_id)
    await walk.ok(
        "run_attachments.get_download_url", sdk.RunAttachmentDownloadUrlResponse, attachment_id, expires_in=10
    )
    saved = await walk.ok("run_attachments.save_to_file", dict, attachment_id, output_path=tmp_path)
    assert (tmp_path / "a.csv").read_bytes() == b"1,2", saved
    expiry = sdk.RunAttachmentUpdate(expires_at=walk.sim.clock.now() + timedelta(days=1))
    await walk.ok("run_attachments.update", sdk.RunAttachmentResponse, attachment_id, expiry)
    for name, args in {
        "run_attachments.get": (),
        "run_attachments.download": (),
        "run_attachments.get_download_url": (),
        "run_attachments.save_to_file": (tmp_path,),
        "run_attachments.update": (expiry,),
        "run_attachments.delete": (),
    }.items():
        await walk.missing(name, NOBODY, *args)
    await walk.ok("run_attachments.delete", {"success": True}, attachment_id)

    model = sdk.ModelConfigurationCreate(name="Walker", provider="openai", model="gpt", api_key="sk-1")
    own = await walk.ok("model_configurations.create", sdk.ModelConfigurationResponse, model)
    model_id = str(own.id)
    await walk.ok("model_configurations.list", [sdk.ModelConfigurationResponse])
    await walk.ok("model_configurations.get", sdk.ModelConfigurationResponse, model_id)
    renamed = sdk.ModelConfigurationUpdate(name="Runner")
    await walk.ok("model_configurations.update", sdk.ModelConfigurationResponse, model_id, renamed)
    for name, args in {"get": (), "update": (renamed,), "delete": ()}.items():
        await walk.missing(f"model_configurations.{name}", NOBODY, *args)
    await walk.ok("model_configurations.delete", None, model_id)

    now = walk.sim.clock.now()
    await walk.ok("usage.aggregate", sdk.UsageAggregateResponse, now - timedelta(days=40), now, sdk.UsageMode.BILLED)


async def test_all_methods_were_walked(walk: Walk) -> None:
    """No method of the SDK was left out: each has succeeded, and has been refused."""
    assert len(walk.rows) == 78
    assert [name for name, row in walk.rows.items() if not row.passed] == []
