"""Load what only an extra installs, and say which one when it is missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from cyberdesk_nb.errors import ConfigurationError


def load(module: str, extra: str) -> ModuleType:
    """Import a module that needs an extra; raises `ConfigurationError` with the command that installs it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("cyberdesk_nb"):
            raise
        raise ConfigurationError(
            f"{module} needs {error.name}, which is not installed.",
            hint=f'Run: pip install "cyberdesk-nb[{extra}]"',
        ) from error
