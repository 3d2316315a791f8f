"""A secret is in no state, repr or message to the front end."""

from __future__ import annotations

import json
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets import embed

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.panels.form.values import MISSING
from cyberdesk_nb.panels.launch.inputs import SecretSpec
from cyberdesk_nb.panels.launch.secret import SecretField
from cyberdesk_nb.panels.launch.secrets import SecretFields
from tests.panels.records import SENTINEL


def typed(field: SecretField, value: Any) -> None:
    """Deliver what the page sends when a secret was typed."""
    field._handle_custom_msg({"kind": "secret", "value": value}, [])


def test_what_is_typed_is_held_and_in_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typed secret can be read by the panel, and stands in no state, repr or message that leaves the kernel."""
    field = SecretField(SecretSpec("password", "Password"))
    sent: list[Any] = []
    monkeypatch.setattr(field, "_send", lambda *args, **_: sent.append(args))
    typed(field, SENTINEL)
    assert field.read() == SENTINEL
    assert field.is_set
    outside = [
        field.get_state(),
        w.Widget.get_manager_state(),
        embed.dependency_state([field]),
        repr(field),
        vars(field),
        sent,
    ]
    assert SENTINEL not in json.dumps(outside, default=repr)


def test_a_forgotten_secret_is_gone() -> None:
    """Forgetting, or typing nothing, leaves nothing to read."""
    field = SecretField(SecretSpec("password", "Password"))
    for forget in (field.forget, lambda: typed(field, "")):
        typed(field, "x")
        forget()
        assert field.read() is MISSING
        assert not field.is_set


@pytest.mark.parametrize(
    "content", [None, [], {"kind": "other", "value": "x"}, {"kind": "secret", "value": 3}, {"kind": "secret"}]
)
def test_other_messages_are_ignored(content: Any) -> None:
    """Only a text sent as a secret is taken."""
    field = SecretField(SecretSpec("password", "Password"))
    field._handle_custom_msg(content, [])
    assert field.read() is MISSING


def test_a_secret_that_is_no_text_is_read_as_json() -> None:
    """Where the schema wants an object, JSON text becomes one; other text is kept for the check to refuse."""
    field = SecretField(SecretSpec("login", "Login", is_text=False))
    typed(field, '{"user": "u"}')
    assert field.read() == {"user": "u"}
    typed(field, "{")
    assert field.read() == "{"


def test_secrets_of_another_name_are_refused_without_their_value() -> None:
    """A name that the workflow does not ask for is an error that lists those it does."""
    fields = SecretFields([SecretSpec("pin", "Pin")])
    with pytest.raises(RequestError, match="It asks for: pin") as caught:
        fields.fill({"pim": SENTINEL})
    assert SENTINEL not in str(caught.value)
    fields.fill({"$pin": "1"})
    assert fields.read() == {"pin": "1"}


def test_texts_from_outside_are_cleared_of_secrets() -> None:
    """A message that repeats a secret, or a part of a nested one, shows a mask in its place."""
    fields = SecretFields([SecretSpec("pin", "Pin"), SecretSpec("login", "Login")])
    fields.fill({"pin": 123456, "login": {"user": "u-long", "keys": [SENTINEL]}})
    assert fields.redact(f"123456 of u-long: {SENTINEL}!") == "*** of ***: ***!"
