"""Pages of runs are sent in pieces; what arrives is one body, whatever its size."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cyberdesk_nb.simulator.web.wire import InPieces, json_response, page_response

from .conftest import Own


@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 75, 130])
def test_pieces_are_the_page(count: int) -> None:
    """The pieces of a page of any length make the bytes that the page has in one."""
    page: dict[str, Any] = {"items": [{"n": n, "text": "ü]"} for n in range(count)], "total": 7, "included": None}
    answer = page_response(page)
    pieces = list(answer.pieces) if isinstance(answer, InPieces) else [bytes(answer.body)]
    assert b"".join(pieces) == json_response(page).body
    assert len(pieces) <= count // 25 + 2


@pytest.mark.parametrize("limit", [1, 25, 40, 1000])
def test_a_page_arrives_whole(own: Own, limit: int) -> None:
    """A page is the same run by run as the runs themselves, whether it says how long it is or goes out in chunks."""
    answer = own.http.get("/v1/runs", params={"limit": limit, "include": "workflow"})
    assert answer.headers["content-type"] == "application/json"
    assert ("content-length" in answer.headers) is (limit <= 25)
    page = msgspec.json.decode(answer.content)
    assert list(page) == ["items", "total", "skip", "limit", "included"]
    assert len(page["items"]) == min(limit, page["total"])
    for run in page["items"][:3]:
        alone = own.get(f"/v1/runs/{run['id']}")
        assert {**run, "included": None} == alone
