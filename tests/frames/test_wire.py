"""Frames of the pages that the simulator really sends."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pandas as pd
import pytest

from cyberdesk_nb import frames
from cyberdesk_nb.frames._pages import read_page
from cyberdesk_nb.frames.tables import TABLES
from cyberdesk_nb.models import RunResponse, attach_included, parse_included
from cyberdesk_nb.simulator import Simulator


def fetch(sim: Simulator, path: str, **query: Any) -> bytes:
    """Fetch the body of one page."""
    headers = {"Authorization": f"Bearer {sim.api_key}"}
    answer = httpx.get(f"{sim.url}/v1/{path}", params=query, headers=headers, timeout=60)
    return answer.raise_for_status().content


@pytest.mark.parametrize(
    ("table", "include"),
    [
        ("runs", "workflow,machine"),
        ("machines", "pools"),
        ("workflows", "tags,post_run_checks"),
        ("pools", "machines"),
        ("connections", ""),
        ("trajectories", "workflow"),
    ],
)
def test_pages_are_clean_and_read_the_same_both_ways(sim: Simulator, table: str, include: str) -> None:
    """A real page takes the fast way, has no problem and no unknown field, and equals the frame of its dicts."""
    body = fetch(sim, table, limit=4, **({"include": include} if include else {}))
    make = getattr(frames, f"{table}_frame")
    frame = make(body, strict=True)
    assert read_page(TABLES[table], body) is not None
    assert len(frame) == len(json.loads(body)["items"]) > 0
    assert frame["extra"].isna().all()
    pd.testing.assert_frame_equal(make(json.loads(body)), frame)


def test_models_of_a_real_page_give_the_same_runs(sim: Simulator) -> None:
    """Runs as the client hands them out give the frame of the bytes; only keys of nested objects may change places."""
    body = fetch(sim, "runs", limit=20, include="workflow,machine", sort_mode="created_at_desc")
    page = json.loads(body)
    related, _ = parse_included(page["included"])
    models = attach_included([RunResponse.model_validate(item) for item in page["items"]], related)
    from_models, from_bytes = frames.runs_frame(models), frames.runs_frame(body)
    as_json = [column.name for column in TABLES["runs"].columns if column.dtype == "json" and column.name in from_bytes]
    pd.testing.assert_frame_equal(from_models.drop(columns=as_json), from_bytes.drop(columns=as_json))
    for name in as_json:
        texts = zip(from_models[name].fillna("null"), from_bytes[name].fillna("null"), strict=True)
        assert all(json.loads(one) == json.loads(other) for one, other in texts), name


def test_steps_of_real_records_are_all_known(sim: Simulator) -> None:
    """Steps of runs and trajectories of the fleet are read without a problem, each in the API's vocabulary."""
    for path in ("runs", "trajectories"):
        frame = frames.steps_frame(fetch(sim, path, limit=4), strict=True)
        assert len(frame) > 0
        assert frame["is_known"].all()
        placed = frame[frame["action"].isin(["left_click", "double_click", "left_click_drag"])]
        assert placed[["x_share", "y_share"]].notna().all(axis=None)
