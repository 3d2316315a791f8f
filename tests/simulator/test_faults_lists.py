"""Lists that change or lie between their pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cyberdesk_nb.simulator.faults import Rows
from tests.simulator.conftest import Own


@pytest.fixture(autouse=True)
def _no_faults(own: Own) -> Iterator[None]:
    yield
    own.sim.faults.clear()


def ids(own: Own, path: str = "/v1/runs", **params: Any) -> list[str]:
    """Give the ids of one page."""
    return [row["id"] for row in own.get(path, **params)["items"]]


@pytest.mark.parametrize(
    ("slide", "skip", "begins_at"), [(2, 10, 8), (2, 20, 16), (-2, 10, 12), (-2, 20, 24), (2, 0, 0)]
)
def test_pages_slide(own: Own, slide: int, skip: int, begins_at: int) -> None:
    """Each page but the first begins earlier or later, the more the further it is, and says nothing of it."""
    true = ids(own, limit=40)
    with own.sim.faults.active(Rows(slide=slide)):
        page = own.get("/v1/runs", skip=skip, limit=10)
    assert [row["id"] for row in page["items"]] == true[begins_at : begins_at + 10]
    assert (page["skip"], page["limit"], page["total"]) == (skip, 10, len(true))


def test_pages_jitter_repeat_shuffle_and_hide(own: Own) -> None:
    """Rows come in another order, twice, or not at all; the same sequence of requests shows the same."""

    def read(fault: Rows) -> list[list[str]]:
        own.sim.faults.clear()
        with own.sim.faults.active(fault):
            return [ids(own, skip=skip, limit=10) for skip in (0, 10, 20, 10)]

    true = ids(own, limit=40)
    jittered = read(Rows(jitter=3))
    begins = [true.index(page[0]) for page in jittered]
    assert begins[0] == 0
    assert all(abs(begin - skip) <= 3 for begin, skip in zip(begins, (0, 10, 20, 10), strict=True))
    assert begins != [0, 10, 20, 10]
    shuffled = read(Rows(shuffle=True))
    assert [set(page) for page in shuffled] == [set(true[skip : skip + 10]) for skip in (0, 10, 20, 10)]
    assert shuffled[0] != true[:10]
    repeated = read(Rows(repeat=3))
    assert [(len(page), set(page)) for page in repeated] == [(13, set(true[s : s + 10])) for s in (0, 10, 20, 10)]
    hidden = read(Rows(hide=0.4))
    assert all(len(page) < 10 or set(page) == set(true[10:20]) for page in hidden)
    assert hidden[1] != hidden[3]
    for fault, seen in ((Rows(jitter=3), jittered), (Rows(shuffle=True), shuffled), (Rows(hide=0.4), hidden)):
        assert read(fault) == seen


@pytest.mark.parametrize(("longer", "limit", "count"), [(5, 10, 15), (-4, 10, 6), (-50, 10, 1)])
def test_pages_are_longer_or_shorter_than_asked(own: Own, longer: int, limit: int, count: int) -> None:
    """The page holds another number of rows than its `limit` says."""
    true = ids(own, limit=40)
    with own.sim.faults.active(Rows(longer=longer)):
        page = own.get("/v1/runs", limit=limit, skip=3)
    assert [row["id"] for row in page["items"]] == true[3 : 3 + count]
    assert (page["limit"], page["skip"]) == (limit, 3)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        ("page", [10, 10]), ("zero", [0, 0]), ("negative", [-1, -1]), ("grows", ["+10", "+20"]), ("text", ["many"] * 2),
        ("shrinks", ["-10", "-20"]), ("null", [None, None]), ("missing", ["absent"] * 2), (7, ["+7", "+7"]),
        (-7, ["-7", "-7"]),
    ],
)  # fmt: skip
def test_the_total_lies(own: Own, total: Any, expected: list[Any]) -> None:
    """The count is off, follows the page, changes at each turn, or cannot be read."""
    true = own.get("/v1/runs", limit=1)["total"]
    with own.sim.faults.active(Rows(total=total)):
        said = [own.get("/v1/runs", limit=10).get("total", "absent") for _ in range(2)]
    assert said == [true + int(one) if isinstance(one, str) and one[0] in "+-" else one for one in expected]


@pytest.mark.parametrize("noun", ["runs", "pools", "workflows"])
def test_rows_come_and_go_for_good(own: Own, noun: str) -> None:
    """Rows are really made and deleted before a page, as the log says, and every other answer agrees."""
    path = f"/v1/{noun}"
    before = set(ids(own, path, limit=1000))
    with own.sim.faults.active(Rows(insert=2), path=path):
        assert len(ids(own, path, limit=1000)) == len(before) + 2
    made = set(ids(own, path, limit=1000)) - before
    assert {note.removeprefix("made ") for note in own.sim.faults.log[-1].notes} == made
    with own.sim.faults.active(Rows(delete=1), path=path):
        own.get(path, skip=1, limit=1)
    (gone,) = [note.removeprefix("deleted ") for note in own.sim.faults.log[-1].notes]
    assert own.http.get(f"{path}/{gone}").status_code == 404
    assert set(ids(own, path, limit=1000)) == before | made - {gone} if gone in made else before - {gone} | made


def test_what_is_no_page_stays_as_it_is(own: Own) -> None:
    """Single records, arrays and errors pass."""
    for path in ("/v1/workflow-tags", f"/v1/runs/{ids(own, limit=1)[0]}", "/v1/runs/nothing"):
        true = own.http.get(path).content
        with own.sim.faults.active(Rows(shuffle=True, hide=1, total="zero", longer=3)):
            assert own.http.get(path).content == true
