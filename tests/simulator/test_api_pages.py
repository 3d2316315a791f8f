"""Pages of runs are sent in pieces; what arrives is one body, whatever its size."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cyberdesk_nb.simulator.web.wire import json_response, page_response

from .conftest import Own


@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 75, 130])
def test_pieces_are_the_page(count: int) -> None:
    """The pieces of a page of any length make the bytes that the page has in one."""
    page: dict[str, Any] = {"items": [{"n": n, "text": "ü]"} for n in range(count)], "total": 7, "included": None}
    pieces = page_response(page).pieces
    assert b"".join(pieces) == json_response(page).body
    assert len(pieces) <= count // 25 + 2


@pytest.mark.parametrize("limit", [1, 25, 40, 1000])
def test_a_page_says_how_long_it_is(own: Own, limit: int) -> None:
    """A page carries the length of its body, and is the same run by run as the runs themselves."""
    answer = own.http.get("/v1/runs", params={"limit": limit, "include": "workflow"})
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "transfer-encoding" not in answer.headers
    page = msgspec.json.decode(answer.content)
    assert list(page) == ["items", "total", "skip", "limit", "included"]
    assert len(page["items"]) == min(limit, page["total"])
    for run in page["items"][:3]:
        alone = own.get(f"/v1/runs/{run['id']}")
        assert {**run, "included": None} == alone
