"""The key and the address are checked when a client is made, and show nowhere."""

from __future__ import annotations

import pytest

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client
from tests.client.server import KEY, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("key", ["", "   ", "cd sekret", "cd_sekret\n", "cd_sekrét", "cd_sekret\x00", "\tcd_sekret"])
def test_a_malformed_key_is_refused_without_repeating_it(key: str) -> None:
    """A key that no server could accept is refused at once, with an error that says why and does not show it."""
    with pytest.raises(errors.ConfigurationError) as caught:
        Client(key)
    assert "sekr" not in str(caught.value)
    assert "api_key" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "https://",
        "https://user:sekret@host",
        "https://host/?key=sekret",
        "https://host:port",
        "https://ho st",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "sekret",
        "https://[",
        "",
    ],
)
def test_a_bad_address_is_refused_without_repeating_it(url: str) -> None:
    """Plain http beyond this computer, user names, queries, other schemes: refused, without showing a pasted key."""
    with pytest.raises(errors.ConfigurationError) as caught:
        Client(KEY, url)
    assert "sekret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:1/", "http://[::1]:9", "https://host/base/"]
)
def test_loopback_and_https_are_taken(url: str) -> None:
    """Https anywhere and http on this computer are fine; a trailing slash does not matter."""
    assert Client(KEY, url).base_url == url.rstrip("/")


def test_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments, key and address come from the environment; an empty variable counts as not set."""
    monkeypatch.setenv("CYBERDESK_API_KEY", KEY)
    monkeypatch.setenv("CYBERDESK_BASE_URL", "https://other.example.com")
    client = Client()
    assert client.has_key
    assert client.base_url == "https://other.example.com"
    assert "CYBERDESK_API_KEY" in repr(client)
    monkeypatch.setenv("CYBERDESK_API_KEY", "")
    monkeypatch.setenv("CYBERDESK_BASE_URL", "")
    client = Client()
    assert not client.has_key
    assert client.base_url == "https://api.cyberdesk.io"


async def test_a_proxy_that_cannot_be_used_is_a_setting_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed proxy in the environment is named as such, without the password in it, and nothing is tried twice."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:sekret@proxy")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with Client(KEY, "https://api.example.com") as client:
        with pytest.raises(errors.ConfigurationError, match="HTTPS_PROXY") as caught:
            await client.machines.list()
    assert "sekret" not in str(caught.value)


async def test_no_key_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that needs a key, on a client without one, says what to do and sends nothing."""
    monkeypatch.delenv("CYBERDESK_API_KEY", raising=False)
    async with serving([{}]) as server, Client(base_url=server.url) as client:
        with pytest.raises(errors.ConfigurationError, match="CYBERDESK_API_KEY"):
            await client.machines.list()
        assert server.requests == []


async def test_health_needs_no_key_and_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Health can be asked without a key, and a client that has one does not send it there."""
    monkeypatch.delenv("CYBERDESK_API_KEY", raising=False)
    for key in (None, KEY):
        async with serving([{"status": "ok"}]) as server, Client(key, server.url) as client:
            assert await client.health.check() == {"status": "ok"}
            for ask in (
                client.health.db,
                client.health.info,
                client.health.service,
                client.health.service_db,
                client.health.live,
                client.health.ready,
            ):
                await ask()
            assert len(server.requests) == 7
            assert not any("authorization" in request.headers for request in server.requests)


async def test_the_key_is_sent_as_bearer() -> None:
    """Every other call carries the key as the API wants it."""
    async with (
        serving([{"items": [], "total": 0, "skip": 0, "limit": 100}]) as server,
        Client(KEY, server.url) as client,
    ):
        await client.machines.list()
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
