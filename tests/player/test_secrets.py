"""A secret given to a run is in nothing that its player holds, sends, saves or writes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cyberdesk_nb as cd
from cyberdesk_nb.simulator.catalog import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyberdesk_nb.simulator import Simulator

SECRET = "zq7-never-to-be-seen-41"


@pytest.fixture(scope="module")
def ws(sim: Simulator) -> Iterator[cd.Workspace]:
    """Open a workspace on the session's simulator."""
    with cd.connect(sim.api_key, sim.url) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def players(ws: cd.Workspace) -> list[Any]:
    """Run a workflow that types a secret, and open the players of the run and of its trajectory."""
    kind = next(kind for kind in KINDS if kind.slug == "lab-results-entry")
    workflow_id = ws.workflows().set_index("name").loc[kind.name, "id"]
    inputs = kind.sample_inputs(random.Random(1))
    fields = {"workflow_id": workflow_id, "input_values": inputs, "sensitive_input_values": {"pin": SECRET}}
    # Some launched runs fail before they come to the secret.
    launched = (ws.api.runs.wait(ws.api.runs.create(**fields).id, timeout_s=60) for _ in range(5))
    run = next(run for run in launched if run.status == "success")
    trajectory = ws.api.runs.generate_trajectory(run.id)
    return [ws.replay(run.id), ws.replay(trajectory.id)]


def test_the_secret_was_typed_under_its_name(players: list[Any]) -> None:
    """The recordings do hold the step that typed the secret, by its name."""
    for player in players:
        assert "{$pin}" in set(player.frame["text"].dropna())


def test_no_secret_is_held_sent_or_saved(players: list[Any], sim: Simulator, tmp_path: Path) -> None:
    """Neither the secret nor the API key is in widget state, story, cell output, page, GIF, frame or repr."""
    for player in players:
        gif, page = player.to_gif(tmp_path / "a.gif").path, player.to_html(tmp_path / "a.html").path
        frame = player.frame.to_json(date_format="iso")
        texts = [player.get_state(), player._story, player._repr_mimebundle_(), repr(player), repr(player.steps), frame]
        held = [json.dumps(text, default=str).encode() for text in texts]
        for what in [*held, gif.read_bytes(), page.read_bytes()]:
            assert SECRET.encode() not in what
            assert sim.api_key.encode() not in what
