"""What the bench measures, one way of getting a frame each, alone in a fresh process.

``python -m tests.bench.contestants NAME ADDRESS`` prints seconds and megabytes as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pandas as pd

KEY = "sk_bench_1234567890"
CLIENTS, CONNECTIONS = 2, 4
PAGE = 1000


def sdk_runs(url: str, limit: int = PAGE) -> int:
    """Page with the official SDK, one page after the other, and make a frame of its dicts."""
    from cyberdesk import CyberdeskClient

    client = CyberdeskClient(KEY, base_url=url, timeout=httpx.Timeout(120))
    rows: list[dict[str, Any]] = []
    while True:
        page: Any = client.runs.list_sync(skip=len(rows), limit=limit, include=["workflow", "machine"]).data
        rows += [item.to_dict() for item in page.items]
        if not page.items or len(rows) >= page.total:
            return len(pd.DataFrame(rows))


def sdk_runs_by_100(url: str) -> int:
    """Page with the official SDK by its own page size."""
    return sdk_runs(url, 100)


def sdk_steps(url: str) -> int:
    """Page over trajectories with the official SDK, five at a time, and make a flat frame of their steps."""
    from cyberdesk import CyberdeskClient

    client = CyberdeskClient(KEY, base_url=url, timeout=httpx.Timeout(120))
    items: list[Any] = []
    while True:
        page: Any = client.trajectories.list_sync(skip=len(items), limit=5).data
        items += page.items
        if not page.items or len(items) >= page.total:
            break
    steps = [{**step, "id": one["id"]} for one in (item.to_dict() for item in items) for step in one["trajectory_data"]]
    return len(pd.json_normalize(steps, max_level=1))


def bare_runs(url: str) -> int:
    """Fetch the same pages with bare httpx, its fastest way, and throw them away."""
    return asyncio.run(_fetch(url, None))


def bare_runs_by_100(url: str) -> int:
    """Fetch the same rows with bare httpx by the API's own page size, and throw them away."""
    return asyncio.run(_fetch(url, None, 100))


def unchecked_runs(url: str) -> int:
    """Make the frame of pages that bare httpx fetched: no ids, times and counts are looked at on the way."""
    from cyberdesk_nb.frames import runs_frame
    from cyberdesk_nb.frames._records import PageBytes
    from cyberdesk_nb.frames.digests import page_reader

    read, digests = page_reader("runs"), list[Any]()
    asyncio.run(_fetch(url, lambda body: digests.append(read(PageBytes(body)))))
    return len(runs_frame(digests))


def our_runs(url: str) -> int:
    """Call `ws.runs()`."""
    return len(_ours(url, lambda ws: ws.runs()))


def our_runs_decoded(url: str) -> int:
    """Call `ws.runs()` and make Python objects of its nested cells."""
    from cyberdesk_nb.frames import decode

    def work(ws: Any) -> pd.DataFrame:
        frame = ws.runs()
        for name in ("input_values", "output_data", "usage_metadata", "post_run_checks", "sensitive_input_aliases",
                     "pool_ids", "input_attachment_ids", "output_attachment_ids", "model_metadata"):  # fmt: skip
            frame[name] = decode(frame[name])
        return frame

    return len(_ours(url, work))


def our_file(url: str) -> int:
    """Call `ws.runs_to_parquet()`."""
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        path = _ours(url, lambda ws: ws.runs_to_parquet(Path(folder) / "runs.parquet"))
        return int(cast("Any", pq).ParquetFile(path).metadata.num_rows)


def our_steps(url: str) -> int:
    """Call `ws.trajectory_steps()`."""
    return len(_ours(url, lambda ws: ws.trajectory_steps(generated=True)))


def our_kept_steps(url: str) -> int:
    """Call `ws.trajectory_steps()` and keep every screenshot in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        return len(_ours(url, lambda ws: ws.trajectory_steps(generated=True, images=folder)))


def our_trajectories(url: str) -> int:
    """Call `ws.trajectories()`."""
    return len(_ours(url, lambda ws: ws.trajectories(generated=True)))


CONTESTANTS: dict[str, Callable[[str], int]] = {
    work.__name__: work
    for work in (sdk_runs, sdk_runs_by_100, sdk_steps, bare_runs, bare_runs_by_100, unchecked_runs, our_runs,
                 our_runs_decoded, our_file, our_steps, our_kept_steps,
                 our_trajectories)
}  # fmt: skip


def _ours(url: str, work: Callable[[Any], Any]) -> Any:
    import cyberdesk_nb as cd

    with cd.connect(KEY, url) as ws:
        result = work(ws)
        if isinstance(result, pd.DataFrame):
            record = result.attrs["completeness"]
            assert record["complete"], record
            MEASURED["frame_mb"] = result.memory_usage(deep=True).sum() / 2**20
        return result


async def _fetch(url: str, take: Callable[[bytes], object] | None, limit: int = PAGE) -> int:
    context = httpx.create_ssl_context()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    clients = [httpx.AsyncClient(base_url=url, verify=context, limits=limits, timeout=120) for _ in range(CLIENTS)]
    total = (await clients[0].get("/v1/runs", params={"limit": 1})).json()["total"]
    offsets = iter(range(0, total, limit))

    async def work(client: httpx.AsyncClient) -> None:
        for skip in offsets:
            query = {"skip": skip, "limit": limit, "include": "workflow,machine"}
            async with client.stream("GET", "/v1/runs", params=query) as answer:
                pieces = [piece async for piece in answer.aiter_raw()] if take else []
                if take:
                    take(b"".join(pieces))
                else:
                    async for _piece in answer.aiter_raw():
                        pass

    await asyncio.gather(*(work(client) for client in clients for _ in range(CONNECTIONS)))
    for client in clients:
        await client.aclose()
    return total


MEASURED: dict[str, float] = {}


def _memory_mb(name: str) -> float:
    """Give VmHWM or VmRSS; `ru_maxrss` would count what the parent was before this process began."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Run one contestant. What it needs is imported and has run once before anything is measured."""
    name, url = sys.argv[1:]
    import cyberdesk_nb as cd

    if name.startswith(("our", "unchecked")):
        cd.runs_frame([]).merge(cd.steps_frame([]), how="cross")
    with cd.connect(KEY, url) as ws:
        ws.api.runs.list(limit=1)
    before_mb, wall_s, cpu_s = _memory_mb("VmRSS"), time.perf_counter(), time.process_time()
    rows = CONTESTANTS[name](url)
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    peak_mb = _memory_mb("VmHWM") - before_mb
    print(json.dumps({"rows": rows, "wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb, **MEASURED}))


if __name__ == "__main__":
    main()
