"""The API key and the address that it is sent to, checked when a client is made."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import NoReturn
from urllib.parse import urlsplit

from cyberdesk_nb.errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.cyberdesk.io"
KEY_VARIABLE = "CYBERDESK_API_KEY"
URL_VARIABLE = "CYBERDESK_BASE_URL"

_KEY_HINT = f"Pass api_key=..., or set {KEY_VARIABLE}, to the key as the dashboard shows it."
_URL_HINT = f"Pass base_url=..., or set {URL_VARIABLE}, to an address such as {DEFAULT_BASE_URL}."


class ApiKey:
    """An API key that shows as `***`, and that cannot be printed, copied or pickled by accident."""

    __slots__ = ("__plain", "source")

    def __init__(self, plain: str, source: str) -> None:
        self.__plain = plain
        self.source = source

    def authorization(self) -> str:
        """Give the header value to send; hold it in no variable of a frame that can raise."""
        return f"Bearer {self.__plain}"

    def redact(self, text: bytes) -> bytes:
        """Blot the key out of a text that the server sent back."""
        return text.replace(self.__plain.encode("ascii"), b"***")

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An API key cannot be pickled or copied.")


def find_key(api_key: str | None) -> ApiKey | ConfigurationError | None:
    """Give the key from the argument or else the environment, None where neither has one.

    For one that no server could accept it gives an error, which never repeats the key. The caller raises it once the
    key is out of its own local variables: tracebacks may show those.
    """
    source = "the argument" if api_key is not None else KEY_VARIABLE
    if api_key is None:
        # An empty variable is the usual way to say "unset"; an empty argument is a mistake.
        api_key = os.environ.get(KEY_VARIABLE) or None
    if api_key is None:
        return None
    wrong = _what_is_wrong_with(api_key)
    return (
        ConfigurationError(f"The API key from {source} {wrong}.", hint=_KEY_HINT) if wrong else ApiKey(api_key, source)
    )


def _what_is_wrong_with(key: object) -> str:
    if not isinstance(key, str):
        return f"is no text but {type(key).__name__}"
    if not key.strip():
        return "is empty"
    if not key.isascii():
        return "has characters outside ASCII"
    if not key.isprintable() or " " in key:
        return "has a space, a line break or another invisible character in it"
    return ""


def find_base_url(base_url: str | None) -> str | ConfigurationError:
    """Give the address from the argument, the environment or the default, without a trailing slash.

    Plain http is refused except for loopback, since the key would travel in the open. The error, given as in
    `find_key`, does not repeat the address: a key pasted into the wrong argument is a common mistake.
    """
    url = base_url if base_url is not None else os.environ.get(URL_VARIABLE) or DEFAULT_BASE_URL
    wrong = _what_is_wrong_with_url(url)
    return ConfigurationError(f"The base URL {wrong}.", hint=_URL_HINT) if wrong else url.rstrip("/")


def _what_is_wrong_with_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is malformed"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "does not start with https:// and a host name"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "has a space or another character that no address has"
    if parts.username is not None or parts.query or parts.fragment:
        return "may hold a host and a path only, no user name, query or fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "is plain http, which would send the key in the open; only loopback addresses may use it"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host name means this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
