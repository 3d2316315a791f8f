"""Signed links: an address that opens one file for a while, without the API key."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from cyberdesk_nb.simulator.refusals import Refusal

PREFIX = "/signed"


@dataclass(slots=True)
class Links:
    """Signs and checks links of one running simulator.

    `now` is wall time on purpose: browsers and clients keep a link for `expires_in` real seconds, while the world's
    clock may run many times faster.
    """

    now: Callable[[], float] = time.time
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, base_url: str, path: str, expires_in: int) -> str:
        """Return the address of `path` ("run-images/<run>/3.png") that works for `expires_in` seconds."""
        expires = int(self.now()) + expires_in
        query = urlencode({"expires": expires, "signature": self._signature(path, expires)})
        return f"{base_url.rstrip('/')}{PREFIX}/{quote(path)}?{query}"

    def check(self, path: str, expires: int, signature: str) -> None:
        """Raise `Refusal` 403 when the link was changed or its time is over."""
        if not hmac.compare_digest(signature.encode(), self._signature(path, expires).encode()):
            raise Refusal(403, "The signature of this link is not valid", code="invalid_signature")
        if self.now() >= expires:
            raise Refusal(403, "This link has expired; ask for a new one", code="link_expired")

    def _signature(self, path: str, expires: int) -> str:
        return hmac.new(self.secret, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()
