"""The workflow kinds: what they promise, and what an agent does in them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cyberdesk_nb.simulator import catalog
from cyberdesk_nb.simulator.catalog import KINDS, Kind, Play

SEEDS = range(6)
KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)


def inputs_of(kind: Kind, seed: int = 0) -> dict[str, Any]:
    """Return the sample inputs of a seed."""
    return kind.sample_inputs(random.Random(seed))


@cache
def all_plays(kind: Kind) -> list[Play]:
    """Every way in which a kind can be played, with inputs of their own."""
    calm = [kind.play(inputs_of(kind, seed)) for seed in SEEDS]
    disturbed = [kind.play(inputs_of(kind, i), disturbance=d.name) for i, d in enumerate(kind.disturbances)]
    failed = [kind.play(inputs_of(kind, i), failure=f.name) for i, f in enumerate(kind.failures)]
    return calm + disturbed + failed


def points(tool_input: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the pixels that an action names, a drag's start first."""
    return [tuple(tool_input[key]) for key in ("start_coordinate", "coordinate") if key in tool_input]


@KIND
def test_every_click_lands_on_the_control_it_names(kind: Kind) -> None:
    """A click, scroll or drag begins inside the control that its move names, and nothing covers that control there."""
    for play in all_plays(kind):
        for shot in play.shots:
            if not (where := points(shot.move.tool_input)):
                continue
            hit = shot.before.at(*where[0])
            assert hit is not None, shot.move
            assert hit.id == shot.move.control
            if len(where) == 2:
                end = shot.before.at(*where[1])
                assert end is not None
                assert (hit.kind, end.kind) == ("row", "row")
                assert hit.id.split(".")[0] != end.id.split(".")[0]


@KIND
def test_clicks_go_to_the_exact_centre(kind: Kind) -> None:
    """The pixel clicked is the centre of the drawn control, so that an overlay on it can be checked to the pixel."""
    for play in all_plays(kind):
        for shot in play.shots:
            if shot.move.control and (where := points(shot.move.tool_input)):
                table = shot.move.control.rpartition(".")[0]
                scrolled = shot.move.tool_input["action"] == "scroll"
                names = {shot.move.control, table} if scrolled else {shot.move.control}
                rects = [c.rect for c in shot.before.controls() if c.id in names]
                centres = {((x0 + x1) // 2, (y0 + y1) // 2) for x0, y0, x1, y1 in rects}
                assert where[0] in centres


@KIND
def test_typed_text_appears_in_the_next_screen(kind: Kind) -> None:
    """What a move types stands in a field afterwards, and the picture is another one than before."""
    typed = 0
    for play in all_plays(kind):
        afters = [shot.before for shot in play.shots[1:]] + [play.final]
        for shot, after in zip(play.shots, afters, strict=True):
            if shot.move.tool_input["action"] != "type":
                continue
            typed += 1
            values = {c.value for c in after.controls()} | set(after.state.fields.values())
            for part in re.split(r"[\t\n]", shot.move.tool_input["text"]):
                assert any(part in value for value in values), shot.move
            assert after.fingerprint() != shot.before.fingerprint()
    assert typed


def test_typed_text_changes_the_picture() -> None:
    """The drawn picture itself changes with what is typed, in every application."""
    for kind in KINDS:
        play = kind.play(inputs_of(kind))
        index = next(i for i, shot in enumerate(play.shots) if shot.move.tool_input["action"] == "type")
        assert play.shots[index].before.render() != play.shots[index + 1].before.render()


@KIND
def test_samples_and_outputs_fit_their_schemas(kind: Kind) -> None:
    """Sample inputs fit the input schema once the secrets are added, and outputs fit the output schema."""
    jsonschema.Draft202012Validator.check_schema(kind.input_schema)
    jsonschema.Draft202012Validator.check_schema(kind.output_schema)
    for seed in range(20):
        inputs = inputs_of(kind, seed)
        secrets = {f"${name}": "correct horse" for name in kind.sensitive}
        jsonschema.validate(inputs | secrets, kind.input_schema, format_checker=jsonschema.FormatChecker())
    for seed in SEEDS:
        play = kind.play(inputs_of(kind, seed))
        jsonschema.validate(play.output, kind.output_schema, format_checker=jsonschema.FormatChecker())


@KIND
def test_a_calm_play_succeeds_in_eight_to_twenty_steps(kind: Kind) -> None:
    """With sample inputs and no trouble every play succeeds, in 8 to 20 steps as a recording keeps them."""
    for seed in range(12):
        play = kind.play(inputs_of(kind, seed))
        assert (play.status, play.error, play.break_step) == ("success", None, None)
        recorded = [shot for shot in play.shots if shot.move.iteration in {None, 0}]
        assert 8 <= len(recorded) <= 20


@KIND
def test_optional_inputs_may_be_left_out(kind: Kind) -> None:
    """A play needs the required inputs only; the rest comes from the schema's defaults."""
    inputs = inputs_of(kind)
    required = {name: inputs[name] for name in kind.input_schema["required"] if not name.startswith("$")}
    assert kind.play(required).status == "success"
    for failure in kind.failures:
        assert kind.play(required, failure=failure.name).error


@KIND
def test_plays_are_deterministic(kind: Kind) -> None:
    """The same inputs give the same moves and the same screens."""
    for trouble in ({}, {"disturbance": kind.disturbances[0].name}, {"failure": kind.failures[0].name}):
        one, two = (kind.play(inputs_of(kind, 3), **trouble) for _ in range(2))
        assert [s.move for s in one.shots] == [s.move for s in two.shots]
        assert [s.before.fingerprint() for s in one.shots] == [s.before.fingerprint() for s in two.shots]
        assert (one.output, one.error, one.summary) == (two.output, two.error, two.summary)


@KIND
def test_a_disturbance_adds_moves_and_changes_nothing_else(kind: Kind) -> None:
    """Without the unplanned moves a disturbed play is the calm one, and its screen differs first at the break step."""
    assert len(kind.disturbances) >= 2
    calm = kind.play(inputs_of(kind, 2))
    for disturbance in kind.disturbances:
        play = kind.play(inputs_of(kind, 2), disturbance=disturbance.name)
        planned = [shot.move for shot in play.shots if not shot.move.unplanned]
        assert planned == [shot.move for shot in calm.shots]
        assert (play.status, play.output) == ("success", calm.output)
        step = play.break_step
        assert step is not None
        assert play.shots[step].move.unplanned
        screens = [[shot.before.fingerprint() for shot in p.shots[: step + 1]] for p in (play, calm)]
        assert screens[0][:step] == screens[1][:step]
        assert screens[0][step] != screens[1][step]


@KIND
def test_a_disturbance_comes_at_the_same_planned_step_for_all_inputs(kind: Kind) -> None:
    """A recording breaks at one control, whatever the inputs, so that a broken step can be found in the data."""
    for disturbance in kind.disturbances:
        next_controls: set[tuple[str, str | None]] = set()
        for seed in SEEDS:
            play = kind.play(inputs_of(kind, seed), disturbance=disturbance.name)
            assert play.break_step is not None
            moves = [shot.move for shot in play.shots[play.break_step :] if not shot.move.unplanned]
            control = re.sub(r"\d+", "#", moves[0].control or "")
            next_controls.add((moves[0].tool_input["action"], control))
        assert len(next_controls) <= 2, (disturbance.name, next_controls)


@KIND
def test_failures_say_so_in_words_and_on_the_screen(kind: Kind) -> None:
    """Each failure ends with its status, no output, a screen that shows it, and words whose numbers vary by run."""
    assert {"task_failed", "error"} == {failure.status for failure in kind.failures}
    for failure in kind.failures:
        plays = [kind.play(inputs_of(kind, seed), failure=failure.name) for seed in (1, 2)]
        for play in plays:
            assert play.status == failure.status
            assert play.output is None
            assert play.error
            assert play.break_step is not None
            boxes = play.final.state.boxes
            assert play.final.state.condition or any(failure.name == box.id for box in boxes)
        words = [play.error or "" for play in plays]
        assert words[0] != words[1]
        assert not any("{" in text for text in words)
        last = plays[0].shots[-1].move
        assert last.tool_input["action"] == ("declare_task_failed" if failure.status == "task_failed" else "screenshot")


def test_an_unknown_disturbance_or_failure_is_refused() -> None:
    """A misspelt name is an error, not a calm play."""
    for trouble in ({"disturbance": "no such"}, {"failure": "no such"}):
        with pytest.raises(KeyError):
            KINDS[0].play(inputs_of(KINDS[0]), **trouble)


@KIND
def test_secrets_are_typed_as_their_names(kind: Kind) -> None:
    """A secret is in the schema as `$name`, in prompt and moves as `{$name}`, and nowhere on the drawn screen."""
    for name in kind.sensitive:
        assert f"${name}" in kind.input_schema["properties"]
        assert name not in inputs_of(kind)
        play = kind.play(inputs_of(kind))
        literal = f"{{${name}}}"
        assert literal in kind.main_prompt
        assert sum(shot.move.tool_input.get("text") == literal for shot in play.shots) == 1
        for shot in play.shots:
            shown = [c for c in shot.before.controls() if literal in c.value or literal in c.label]
            assert all(c.kind == "password" for c in shown)


def test_the_catalogue_has_enough_secrets_and_nested_inputs() -> None:
    """At least two kinds take a secret, and at least two a nested object or array."""
    types = [{str(rule["type"]) for rule in kind.input_schema["properties"].values()} for kind in KINDS]
    assert sum(bool(names & {"object", "array"}) for names in types) >= 2
    assert sum(bool(kind.sensitive) for kind in KINDS) >= 2
    assert len({kind.slug for kind in KINDS}) == len(KINDS) >= 7


@KIND
def test_prompts_name_only_inputs_that_exist(kind: Kind) -> None:
    """Every variable of a prompt is an input of the schema, and every required input is in the prompt."""
    variables = set(re.findall(r"\{(\$?\w+)", kind.main_prompt))
    assert variables <= set(kind.input_schema["properties"])
    assert set(kind.input_schema["required"]) - {"member_id"} <= variables | {"file_name"}
    assert 3 <= len(re.findall(r"[.:] |\.$", kind.main_prompt)) <= 9


def test_the_catalogue_uses_the_whole_action_vocabulary() -> None:
    """Between them the kinds use clicks of several kinds, keys, scroll, a drag, waits, loops and the agent's tools."""
    plays = [play for kind in KINDS for play in all_plays(kind)]
    used = {shot.move.tool_input["action"] for play in plays for shot in play.shots}
    assert used >= {
        "left_click", "double_click", "triple_click", "right_click", "type", "key", "scroll", "left_click_drag", "wait",
        "focused_action", "copy_to_clipboard", "screenshot", "start_loop", "end_loop_iteration", "declare_task_failed",
    }  # fmt: skip


@KIND
def test_loops_number_their_iterations(kind: Kind) -> None:
    """Moves between start_loop and the last end_loop_iteration carry their iteration; all others carry none."""
    for seed in SEEDS:
        play = kind.play(inputs_of(kind, seed))
        actions = [shot.move.tool_input["action"] for shot in play.shots]
        iterations = [shot.move.iteration for shot in play.shots]
        if "start_loop" not in actions:
            assert set(iterations) == {None}
            continue
        start = actions.index("start_loop")
        end = len(actions) - actions[::-1].index("end_loop_iteration")
        numbers = iterations[start + 1 : end]
        assert numbers == sorted(n for n in numbers if n is not None)
        assert len(set(numbers)) == actions.count("end_loop_iteration")
        assert set(iterations[: start + 1] + iterations[end:]) == {None}


HOSTILE = (
    "<img src=x onerror=alert(1)>", "a\tb\nc", "\x00\x07\x1b[31m", "\ud800 lone", "\u202eevil\u202c\u200b",
    "W" * 10_000,
    "上海恒信 🦊 אבג", "{$password}", "__EMPTY__", "'; DROP TABLE runs; --", " ", "e\u0301" * 400,
)  # fmt: skip


def with_text(value: Any, schema: dict[str, Any], text: str) -> Any:
    """Put a text wherever the schema allows any string."""
    if schema.get("type") == "object":
        return {k: with_text(v, schema["properties"].get(k, {}), text) for k, v in value.items()}
    if schema.get("type") == "array":
        return [with_text(item, schema["items"], text) for item in value]
    free = "string" in schema.get("type", ()) and not {"pattern", "enum"} & schema.keys()
    return text[: schema.get("maxLength")] if free else value


@KIND
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_hostile_text_ends_a_play_in_words_and_pictures(kind: Kind, text: str) -> None:
    """Any text in any free input leads to a play that ends in a status, and to screens that can be drawn."""
    play = kind.play(with_text(inputs_of(kind), kind.input_schema, text))
    assert play.status in {"success", "task_failed"}
    assert (play.output is None) == (play.status == "task_failed")
    assert len(play.error or "") <= 500
    late = play.shots[len(play.shots) * 2 // 3].before
    assert late.render().startswith(b"\x89PNG")


def test_the_catalogue_loads_without_pillow() -> None:
    """Workflows can be listed and played where no picture is wanted, so Pillow loads with the first picture only."""
    code = (
        "import random, sys, types\n"
        "sys.modules['PIL'] = None\n"
        "package = sys.modules['cyberdesk_nb.simulator'] = types.ModuleType('cyberdesk_nb.simulator')\n"
        f"package.__path__ = [{str(Path(catalog.__file__).parent.parent)!r}]  # without the web application's imports\n"
        "from cyberdesk_nb.simulator.catalog import KINDS\n"
        "print(KINDS[0].play(KINDS[0].sample_inputs(random.Random(1))).status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "success", done.stderr
