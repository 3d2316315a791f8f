"""The secrets of one workflow: a field for each, filled together, forgotten together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.form.values import MISSING
from cyberdesk_nb.panels.launch.inputs import SecretSpec
from cyberdesk_nb.panels.launch.secret import SecretField

MASK = "***"


class SecretFields:
    """The secret fields of a workflow; `changed` is called when one is set or forgotten."""

    def __init__(self, specs: Iterable[SecretSpec], changed: Callable[[], None] = lambda: None) -> None:
        self._fields = {spec.name: SecretField(spec) for spec in specs}
        for field in self._fields.values():
            parts.observe(field, lambda _: changed(), "is_set")
        self.widget = parts.column(*self._fields.values())

    def fill(self, secrets: Mapping[str, object]) -> None:
        """Set the secrets named; raises `RequestError` for a name that the workflow does not ask for."""
        unknown = [name for name in secrets if name.removeprefix("$") not in self._fields]
        if unknown:
            asked = ", ".join(self._fields) or "none"
            raise RequestError(f"The workflow asks for no secret {unknown[0]!r}.", hint=f"It asks for: {asked}.")
        for name, value in secrets.items():
            self._fields[name.removeprefix("$")].put(value)

    def read(self) -> dict[str, Any]:
        """Give the secrets that are set, in plain. Do not log or show them."""
        return {name: value for name, field in self._fields.items() if (value := field.read()) is not MISSING}

    def forget(self) -> None:
        """Drop all values."""
        for field in self._fields.values():
            field.forget()

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show the errors whose path begins with `$name` at their fields; returns the others."""
        for field in self._fields.values():
            field.error = ""
        rest: list[FieldError] = []
        for error in errors:
            name = str(error.path[0]) if error.path else ""
            field = self._fields.get(name[1:]) if name.startswith("$") else None
            if field is None:
                rest.append(error)
            else:
                field.error = str(FieldError(error.path[1:], error.message))
        return rest

    def redact(self, text: str) -> str:
        """Mask in a text from outside every secret held here."""
        for secret in sorted(_texts(self.read()), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


def without_secrets(inputs: Mapping[str, Any], *, hint: str) -> dict[str, Any]:
    """Give plain inputs as they are; raises `RequestError` where one is named as a secret, which no form may hold."""
    secret = next((name for name in inputs if name.startswith("$")), None)
    if secret is not None:
        raise RequestError(f"{secret} is a secret.", hint=hint)
    return dict(inputs)


def _texts(value: object) -> Iterator[str]:
    """Yield the texts and numbers inside a value, as they would show in a message."""
    if isinstance(value, dict):
        for one in cast("dict[str, object]", value).values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in cast("list[object]", value):
            yield from _texts(one)
    elif value not in (None, "", True, False):
        yield str(value)
