"""Single values, pictures and links that are not what they should be; what is spared, and that it replays."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.simulator.faults import (
    HOSTILE,
    BadPictures,
    BadValues,
    ExpiredLinks,
    ExtraFields,
    Fault,
    HostileText,
    UnknownEnums,
)
from cyberdesk_nb.simulator.faults.fields import SampleName
from tests.simulator.conftest import Own

INCLUDING: dict[str, Any] = {"limit": 20, "include": "workflow,machine,machine.pools"}


@pytest.fixture(autouse=True)
def _no_faults(own: Own) -> Iterator[None]:
    yield
    own.sim.faults.clear()


def under(own: Own, *faults: Fault, path: str = "/v1/runs", **params: Any) -> Any:
    """Give the JSON of an answer under faults."""
    with own.sim.faults.active(*faults):
        return own.get(path, **params)


def changes(true: Any, got: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give (path, before, after) of every value that differs; a place in a list stands as a star."""
    if isinstance(true, dict) and isinstance(got, dict):
        for key in true.keys() | got.keys():
            yield from changes(true.get(key, "(absent)"), got.get(key, "(absent)"), f"{path}.{key}".lstrip("."))
    elif isinstance(true, list) and isinstance(got, list) and len(true) == len(got):
        for one, other in zip(true, got, strict=True):
            yield from changes(one, other, path)
    elif true != got:
        yield path, true, got


def test_every_kind_of_hostile_text_can_be_asked_for() -> None:
    """The samples that a rule may name are those there are, and between them they try what is known to break things."""
    assert set(SampleName.__args__) == set(HOSTILE)
    everything = "".join(HOSTILE.values())
    for sign in ("onerror=", "</script>", "\u202e", "\0", "\ud800", "=cmd|", "../../", "\x1b]", "\u7532", "\U0001f469"):
        assert sign in everything
    assert len(HOSTILE["long"]) >= 1_000_000


def test_hostile_text_is_everywhere_but_where_it_would_break_the_way(own: Own) -> None:
    """Every string is struck, included records and histories as well; ids, enums, times, links, types are not."""
    true = own.get("/v1/runs", **INCLUDING)
    got = under(own, HostileText(texts=("<b>hostile</b>",)), **INCLUDING)
    struck = {path for path, _, after in changes(true, got) if after == "<b>hostile</b>"}
    assert {path for path, _, _ in changes(true, got)} == struck
    assert struck >= {
        "items.run_message_history.content.text",
        "included.name",
        "included.machine_parameters.site",
        "included.pools.name",
    }
    assert any(path.startswith("items.input_values.") for path in struck)
    spared = {"id", "workflow_id", "status", "created_at", "organization_id", "run_message_history.role"}
    within = {"content.type", "content.image_url", "content.tool_input.action", "timestamp"}
    assert not struck & {*(f"items.{key}" for key in spared), *(f"items.run_message_history.{key}" for key in within)}
    assert not struck & {f"included.{key}" for key in spared | {"type"}}
    for run in got["items"]:
        assert own.get(f"/v1/runs/{run['id']}")["workflow_id"] == run["workflow_id"]


def test_what_is_spared_can_be_asked_for(own: Own) -> None:
    """`also` names kinds, `fields` single ones, `append` keeps the true text, `keys` strikes keys."""
    true = own.get("/v1/runs", limit=5)
    everything = under(own, HostileText(texts=("!",), also=("id", "enum", "time", "address", "structure")), limit=5)
    strings = [after for _, before, after in changes(true, everything) if isinstance(before, str)]
    assert set(strings) == {"!"}
    assert {run["id"] for run in everything["items"]} == {"!"}
    only = under(own, HostileText(texts=("!",), fields=("items.error",), append=True), limit=20)
    moved = list(changes(own.get("/v1/runs", limit=20), only))
    assert moved
    assert all((path, after) == ("items.error", f"{before}!") for path, before, after in moved)
    renamed = under(own, HostileText(texts=("!",), keys=True), limit=5)
    assert all(key.endswith("!") for run in renamed["items"] for key in run["input_values"] or ())


def test_a_megabyte_of_text_comes_once_an_answer(own: Own) -> None:
    """The longest sample strikes one string, else a page of a thousand rows would not fit anywhere."""
    got = under(own, HostileText(samples=("long",)), limit=20)
    assert sum(len(text) >= 1_000_000 for text in strings_of(got)) == 1


def strings_of(value: Any) -> list[str]:
    """Give every string within JSON."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings_of(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings_of(one)]
    return [value] if isinstance(value, str) else []


def test_the_same_value_is_struck_in_the_same_way_wherever_it_is_read(own: Own) -> None:
    """A record has the same damage on every page and every reading, also in another go; another seed damages others."""
    fault = BadValues(how=("other_type", "null", "missing", "bad_time"), share=0.3)
    own.sim.faults.add(fault)
    first = own.get("/v1/runs", limit=20)["items"]
    assert own.get("/v1/runs", limit=20)["items"] == first
    assert own.get("/v1/runs", limit=5, skip=3)["items"] == first[3:8]
    own.sim.faults.clear()
    assert under(own, fault, limit=20)["items"] == first
    own.sim.faults.clear()
    own.sim.faults.use({"seed": own.sim.faults.seed + 1, "rules": [{"do": fault}]})
    assert own.get("/v1/runs", limit=20)["items"] != first


def test_unknown_enum_values_come_where_enums_are(own: Own) -> None:
    """Every enum has the unknown value, also that of an included machine; nothing else has changed."""
    moved = list(changes(own.get("/v1/runs", **INCLUDING), under(own, UnknownEnums(value="paused"), **INCLUDING)))
    assert {after for _, _, after in moved} == {"paused"}
    assert {path for path, _, _ in moved} >= {"items.status", "included.status"}
    assert {before for path, before, _ in moved if path == "items.status"} <= set(RunStatus)


@pytest.mark.parametrize(
    ("how", "is_so"),
    [
        ("other_type", lambda before, after: type(before) is not type(after)),
        ("null", lambda _, after: after is None),
        ("missing", lambda _, after: after == "(absent)"),
        ("naive_time", lambda _, after: datetime.fromisoformat(after).tzinfo is None),
        ("bad_time", lambda before, after: before[:2] == "20" and after == "yesterday at noon"),
        ("far_time", lambda _, after: after.startswith("9999")),
        ("huge_integer", lambda _, after: after > 2**64),
        ("nan", lambda _, after: math.isnan(after)),
        ("infinity", lambda _, after: math.isinf(after)),
        ("fraction", lambda before, after: after == before + 0.5),
        ("number_as_text", lambda before, after: after == str(before)),
        ("nested", lambda _, after: json.dumps(after).startswith("[" * 100)),
    ],
)
def test_values_are_wrong_as_asked(own: Own, how: Any, is_so: Any) -> None:
    """Each wrong is what it says, strikes some fields of each page, and leaves ids and the envelope alone."""
    true, got = own.get("/v1/runs", **INCLUDING), under(own, BadValues(how=(how,)), **INCLUDING)
    moved = list(changes(true, got))
    assert moved
    assert [row for row in moved if not is_so(row[1], row[2])] == []
    assert [run["id"] for run in got["items"]] == [run["id"] for run in true["items"]]
    assert (got["total"], got["skip"], got["limit"]) == (true["total"], true["skip"], true["limit"])


def test_named_fields_are_struck_and_no_others(own: Own) -> None:
    """`fields` reaches the envelope and ids as well, by key or path; `share` strikes about as many as it says."""
    got = under(own, BadValues(how=("missing",), fields=("total", "items.machine_id")), limit=20)
    assert "total" not in got
    assert all("machine_id" not in run and "workflow_id" in run for run in got["items"])
    half = under(own, BadValues(how=("missing",), fields=("is_priority",), share=0.5), limit=40)
    assert 5 < sum("is_priority" in run for run in half["items"]) < 35


def test_fields_of_tomorrow_are_added_to_every_record(own: Own) -> None:
    """Rows and included records have the field more, with any name; the page itself has not."""
    got = under(own, ExtraFields(add={"<b>": {"x": 1}}), **INCLUDING)
    assert all(record["<b>"] == {"x": 1} for record in [*got["items"], *got["included"]])
    assert "<b>" not in got


def picture(own: Own) -> str:
    """Sign the first picture of a run that has one."""
    for run in own.get("/v1/runs", status="success", limit=10)["items"]:
        for message in run["run_message_history"] or ():
            for block in message["content"]:
                if block.get("image_url"):
                    path = f"/v1/runs/{run['id']}/image/signed-url"
                    return own.get(path, image_url=block["image_url"])["signed_url"]
    raise AssertionError("no picture")


@pytest.mark.parametrize("how", ["missing", "truncated", "bomb", "svg", "html", "empty", "not_base64"])
def test_pictures_are_broken_as_asked(own: Own, how: Any) -> None:
    """Behind a signed link and within a trajectory alike."""
    url = picture(own)
    fault = BadPictures(how=(how,), megapixels=41)
    with own.sim.faults.active(fault):
        answer = own.http.get(url)
    steps = under(own, fault, path="/v1/trajectories", limit=1)["items"][0]["trajectory_data"]
    inline = [step["pre_check_snapshot"]["screenshot"] for step in steps]
    if how == "missing":
        assert (answer.status_code, set(inline)) == (404, {None})
        return
    assert answer.status_code == 200
    assert looks(answer.content) == ("other" if how == "not_base64" else how)
    if how == "not_base64":
        with pytest.raises(ValueError, match=r"base64|padding|characters"):
            base64.b64decode(inline[0], validate=True)
    else:
        assert {looks(base64.b64decode(text)) for text in inline} == {how}


def looks(image: bytes) -> str:
    """Say what is wrong with an image."""
    if not image:
        return "empty"
    if image.startswith((b"<svg", b"<html")):
        return "svg" if image.startswith(b"<svg") else "html"
    try:
        with Image.open(io.BytesIO(image)) as opened:
            if opened.width * opened.height == 41_000_000:
                return "bomb"
            opened.load()
    except OSError as error:
        return "truncated" if "trunc" in str(error) else "other"
    return "whole"


def test_links_are_over_before_they_come(own: Own) -> None:
    """A signed link has expired when it arrives, as the storage says itself; the next one works again."""
    with own.sim.faults.active(ExpiredLinks(by_s=5), path="*signed-url", first=1, per="request"):
        refused = own.http.get(picture(own))
        assert (refused.status_code, refused.json()["error_code"]) == (403, "link_expired")
        assert own.http.get(picture(own)).status_code == 200
