"""The API key: asked of every path but the health checks, the API's own description and signed links."""

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from cyberdesk_nb.simulator.web.errors import error_response
from cyberdesk_nb.simulator.web.links import PREFIX as LINKS

OPEN_PATHS = frozenset(
    {"/", "/health", "/health/live", "/health/ready", "/health/db", "/v1/health", "/v1/health/db", "/openapi.json"}
)


class RequireKey:
    """ASGI middleware: 403 without credentials, 401 with wrong ones; it answers before anything is validated."""

    def __init__(self, app: ASGIApp, *, api_key: str) -> None:
        self._app = app
        self._expected = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its key is right."""
        if scope["type"] != "http" or is_open(scope["path"]):
            return await self._app(scope, receive, send)
        key = bearer_key(scope)
        if key is None:
            return await error_response(403, "Not authenticated")(scope, receive, send)
        if not hmac.compare_digest(key, self._expected):
            return await error_response(401, "Invalid API key")(scope, receive, send)
        return await self._app(scope, receive, send)


def is_open(path: str) -> bool:
    """Tell whether a path needs no key."""
    return path in OPEN_PATHS or path.startswith(f"{LINKS}/")


def bearer_key(scope: Scope) -> bytes | None:
    """Return the key of `Authorization: Bearer <key>`; None without that header or with another scheme."""
    header: bytes = dict(scope["headers"]).get(b"authorization", b"")
    scheme, _, key = header.partition(b" ")
    key = key.strip()
    return key if scheme.lower() == b"bearer" and key else None
