"""A field for a secret, which is never part of the widget's state.

What is typed travels once, as a message to the kernel, and is then cleared from the page. Only whether something was
typed is state; so it stands in no saved notebook, and nothing sends it back to the browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets
from pydantic import Secret

from cyberdesk_nb.panels.form.values import MISSING, UnreadableError, loads
from cyberdesk_nb.panels.launch.inputs import SecretSpec
from cyberdesk_nb.panels.parts import one_line

_HERE = Path(__file__).parent


class SecretField(anywidget.AnyWidget):
    """Takes one secret; `read` gives it, `forget` drops it. Its repr and state say only whether it is set."""

    _esm = (_HERE / "secret.js").read_text(encoding="utf-8")

    label = traitlets.Unicode().tag(sync=True)
    help = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    is_set = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, spec: SecretSpec) -> None:
        label = one_line(spec.label, 80)
        super().__init__(label=f"{label} *" if spec.required else label, help=one_line(spec.help))
        self._spec = spec
        self._held: Secret[Any] | None = None
        cast("Any", self).on_msg(self._received)

    def put(self, value: object) -> None:
        """Hold a value; empty text forgets it."""
        self._held = None if value == "" else Secret[Any](value)
        self.is_set = self._held is not None
        self.error = ""

    def read(self) -> Any:
        """Give the value in plain, or `MISSING`. Do not log or show it."""
        return MISSING if self._held is None else self._held.get_secret_value()

    def forget(self) -> None:
        """Drop the value."""
        self.put("")

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if message.get("kind") == "secret" and isinstance(message.get("value"), str):
            self.put(self._understood(message["value"]))

    def _understood(self, typed: str) -> object:
        if self._spec.is_text:
            return typed
        try:
            return loads(typed)
        except UnreadableError:
            return typed
