"""What a launch would send, and the cell that does the same; neither holds a secret."""

from __future__ import annotations

from collections.abc import Callable
from pprint import pformat
from typing import Any

import ipywidgets as w

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import RunCreate
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.values import dumps

_SECRETS = "sensitive_input_values"
_WIDTH = 90


def request_code(request: RunCreate) -> str:
    """Write the cell that sends `request` and waits for the run; it asks for the secrets when it is run."""
    fields: dict[str, str] = {}
    for name in request.model_fields_set:
        value = getattr(request, name)
        fields[name] = _asking(value.get_secret_value()) if name == _SECRETS else _literal(value)
    order = [name for name in RunCreate.model_fields if name in fields]
    arguments = "".join(f"        {name}={fields[name]},\n" for name in order)
    imports = "from getpass import getpass\n\n" if _SECRETS in fields else ""
    return (
        f"{imports}import cyberdesk_nb as cd\n\nasync with cd.Client() as client:\n"
        f"    run = await client.runs.create(\n{arguments}    )\n    run = await client.runs.wait(run.id)\n"
    )


def _literal(value: Any) -> str:
    return pformat(value, width=_WIDTH, sort_dicts=False).replace("\n", "\n        ")


def _asking(secrets: dict[str, Any]) -> str:
    asked = ", ".join(f"{name!r}: getpass({f'{name}: '!r})" for name in secrets)
    return f"{{{asked}}}"


class Preview:
    """Both texts behind a button; they follow the panel while they are open."""

    def __init__(self, request: Callable[[], RunCreate]) -> None:
        self._request = request
        self._open = w.ToggleButton(description="What will be sent", tooltip="The request, and a cell that sends it")
        parts.classed(self._open, "button", "quiet")
        self._body = parts.read_only(label="Request, secrets masked")
        self._code = parts.read_only(label="The same as a cell")
        self._note = parts.words("", "help")
        self._box = parts.column(self._note, self._body, self._code, looks=("inner",))
        parts.visible(self._box, shown=False)
        parts.observe(self._open, lambda _: self.refresh())
        self.widget = parts.column(self._open, self._box)

    def refresh(self) -> None:
        """Write both texts anew, where they are in view."""
        is_open = bool(parts.value_of(self._open))
        parts.visible(self._box, shown=is_open)
        if not is_open:
            return
        try:
            request = self._request()
        except RequestError as error:
            parts.say(self._note, str(error))
            parts.fill(self._body, "")
            parts.fill(self._code, "")
            return
        parts.say(self._note, "")
        parts.fill(self._body, dumps(request.model_dump(mode="json", exclude_unset=True)))
        parts.fill(self._code, request_code(request))
