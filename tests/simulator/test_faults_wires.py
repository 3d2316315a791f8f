"""What faults of connections, errors and bodies look like on the wire, to a plain HTTP client."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.simulator.faults import Body, Cut, Delay, Headers, Length, Skew, Stall, Status
from tests.simulator.conftest import Own, http_client

BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.fixture(autouse=True)
def _no_faults(own: Own) -> Iterator[None]:
    yield
    own.sim.faults.clear()


def raw_answer(own: Own, path: str = "/v1/pools") -> bytes:
    """Give every byte that comes back, until the connection ends."""
    host, port = own.sim.url.removeprefix("http://").split(":")
    request = (
        f"GET {path} HTTP/1.1\r\nhost: sim\r\nauthorization: Bearer {own.sim.api_key}\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(request.encode())
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize(
    ("shape", "media_type", "sign"),
    [
        ("structured", "application/json", '"error_code": "odd"'),
        ("validation", "application/json", '"loc"'),
        ("legacy", "application/json", '"errors"'),
        ("driver", "application/json", '{"error": "Broken"}'),
        ("text", "text/plain", "Broken"),
        ("html", "text/html", "<h1>"),
        ("empty", "", ""),
        ("not_json", "application/json", "upstream"),
    ],
)
def test_errors_have_the_shape_asked_for(own: Own, shape: Any, media_type: str, sign: str) -> None:
    """Any status comes with any of the body shapes, and with headers of one's own."""
    fault = Status(status=529, body=shape, message="Broken", code="odd", retry_after_s=7, headers={"X-Odd": "yes"})
    with own.sim.faults.active(fault):
        answer = own.http.get("/v1/pools")
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["x-odd"]) == (529, "7", "yes")
    assert answer.headers.get("content-type", "").startswith(media_type)
    assert sign in answer.text
    assert bool(answer.text) == bool(sign)


def test_an_error_may_hide_that_it_was_done(own: Own) -> None:
    """With `carried_out` the write happens and its answer is the error; without it nothing happens."""
    before = own.get("/v1/pools")["total"]
    for carried_out, made in ((False, 0), (True, 1)):
        with own.sim.faults.active(Status(status=502, carried_out=carried_out), method="POST"):
            assert own.http.post("/v1/pools", json={"name": f"Pool {carried_out}"}).status_code == 502
        assert own.get("/v1/pools")["total"] == before + made


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        (Cut(at="start"), 1),
        (Cut(at="start", reset=True), 1),
        (Cut(at="headers"), 1),
        (Cut(at="body", share=0.5), 1),
        (Cut(at="body", after_bytes=0), 1),
        (Cut(at="start", carried_out=False), 0),
    ],
)
def test_a_reply_is_lost_before_or_after_the_write(own: Own, fault: Cut, made: int) -> None:
    """A cut ends the connection; the write is done where asked for, and its key gives the kept answer afterwards."""
    before = own.get("/v1/pools")["total"]
    key, body = {"Idempotency-Key": str(uuid4())}, {"name": f"Pool {uuid4()}"}
    with own.sim.faults.active(fault, method="POST"), pytest.raises(BROKEN):
        own.http.post("/v1/pools", json=body, headers=key)
    assert own.get("/v1/pools")["total"] == before + made
    assert own.http.post("/v1/pools", json=body, headers=key).status_code == 201
    assert own.get("/v1/pools")["total"] == before + 1


def test_a_cut_leaves_as_much_as_was_said(own: Own) -> None:
    """Nothing, a half of the head, a share or a number of bytes of the body come before the end, and no more."""
    whole = len(own.http.get("/v1/machines").content)
    for fault, head, body in (
        (Cut(at="start"), False, 0),
        (Cut(at="headers"), False, 0),
        (Cut(at="body", share=0.25), True, whole // 4),
        (Cut(at="body", after_bytes=7), True, 7),
    ):
        with own.sim.faults.active(fault):
            start, end, rest = raw_answer(own, "/v1/machines").partition(b"\r\n\r\n")
        assert (bool(end), len(rest)) == (head, body)
        assert start.startswith(b"HTTP/1.1 200") == (fault.at != "start")


@pytest.mark.parametrize(("off", "declared"), [(20, True), (-20, True), (0, False)])
def test_the_length_lies(own: Own, off: int, declared: bool) -> None:
    """`Content-Length` is off by what was asked, or missing; the body itself is whole."""
    true = own.http.get("/v1/pools").content
    with own.sim.faults.active(Length(off=off, declared=declared)):
        head, _, body = raw_answer(own).partition(b"\r\n\r\n")
    assert body == true
    assert (f"content-length: {len(true) + off}".encode() in head) == declared
    assert (b"content-length" in head) == declared


def test_slow_answers_come_whole(own: Own) -> None:
    """A delayed answer in pieces is the same answer."""
    true = own.http.get("/v1/machines").content
    with own.sim.faults.active(Delay(before_s=0.01, pause_s=0.001, piece_bytes=900)):
        assert own.http.get("/v1/machines").content == true
    assert own.sim.faults.log[-1].status == 200


@pytest.mark.parametrize(("after_bytes", "came"), [(None, b""), (0, b"\r\n\r\n"), (30, b'\r\n\r\n{"items":')])
def test_silence_lasts_until_the_simulator_ends(after_bytes: int | None, came: bytes) -> None:
    """An answer that never ends holds neither other requests up nor the end of the simulator."""
    with simulator(runs=2, trajectories=1, speed=0.0) as sim, http_client(sim) as http:
        own = Own(sim, http)
        got: list[bytes] = []
        with sim.faults.active(Stall(after_bytes=after_bytes), path="/v1/pools"):
            waiting = threading.Thread(target=lambda: got.append(raw_answer(own)))
            waiting.start()
            while not sim.faults.log:
                assert http.get("/v1/machines").status_code == 200
        assert got == []
        sim.close()
        waiting.join(10)
    assert len(got) == 1
    assert came in got[0]
    assert len(got[0].partition(b"\r\n\r\n")[2]) == (after_bytes or 0)


@pytest.mark.parametrize(
    ("how", "sign"),
    [
        ("truncated", b'{"items":['),
        ("not_json", b"upstream"),
        ("html", b"<html>"),
        ("empty", b""),
        ("null", b"null"),
        ("array", b'["'),
        ("duplicate_keys", b'"items": null'),
        ("deep", b"[[[[[["),
        ("bom", b"\xef\xbb\xbf{"),
        ("bad_utf8", b"\xff\xfe"),
        ("huge", b"xxxxxx"),
        ("gzip_bomb", b"      "),
    ],
)
def test_bodies_are_spoilt_as_asked(own: Own, how: Any, sign: bytes) -> None:
    """Each way of spoiling shows in the body, under a good status and a right length; errors are left alone."""
    with own.sim.faults.active(Body(how=how, size_bytes=3_000_000)):
        answer = own.http.get("/v1/pools")
        assert own.http.get("/v1/pools/nothing").status_code == 422
    assert answer.status_code == 200
    assert sign in answer.content
    assert (len(answer.content) >= 3_000_000) == (how in {"huge", "gzip_bomb"})
    if how == "gzip_bomb":
        assert int(answer.headers["content-length"]) < 10_000
    if how == "duplicate_keys":
        assert json.loads(answer.content) == own.get("/v1/pools")


def test_compression_can_be_claimed(own: Own) -> None:
    """`bad_gzip` says that a plain body is compressed."""
    with own.sim.faults.active(Body(how="bad_gzip")), pytest.raises(httpx.DecodingError):
        own.http.get("/v1/pools")


def test_headers_and_clocks_can_lie(own: Own) -> None:
    """Headers are set and removed; a wrong clock shows in `Date` and in every time of the body by the same span."""
    with own.sim.faults.active(Headers(set={"Content-Type": "text/css", "X-RateLimit-Remaining": "-5"})):
        answer = own.http.get("/v1/pools")
    assert (answer.headers["content-type"], answer.headers["x-ratelimit-remaining"]) == ("text/css", "-5")
    true = own.http.get("/v1/workflows")
    with own.sim.faults.active(Skew(by_s=86400 * 30)):
        skewed = own.http.get("/v1/workflows")
    dates = [parsedate_to_datetime(one.headers["date"]) for one in (true, skewed)]
    assert 29 <= (dates[1] - dates[0]).days <= 31
    first, second = (one.json()["items"][0] for one in (true, skewed))
    assert first["created_at"][:10] < second["created_at"][:10]
    assert {key for key in first if first[key] != second[key]} <= {"created_at", "updated_at", "old_versions", "tags"}


def test_without_a_rule_nothing_is_touched(own: Own) -> None:
    """An answer under rules that strike others is byte by byte the answer without any."""
    true = own.http.get("/v1/machines")
    with own.sim.faults.active(Body(how="empty"), path="/v1/pools"):
        same = own.http.get("/v1/machines")
    ignored = {"date"}
    assert same.content == true.content
    assert [one for one in same.headers.items() if one[0] not in ignored] == [
        one for one in true.headers.items() if one[0] not in ignored
    ]
