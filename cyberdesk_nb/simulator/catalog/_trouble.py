"""Troubles that any application can meet: messages of the system, a frozen window, a lost connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..screens import Box
from ._play import Disturbance, Failure

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ..screens import Desktop


def update_banner(at: str) -> Disturbance:
    """Return the notice of a pending update, a toast in the corner."""
    text = "A restart is needed to finish installing updates. Choose a time that suits you."
    box = Box("update", "Windows Update", text, ("Later", "Restart now"), "info", toast=True)
    thought = "An update notice covers the corner of the screen. It is not part of the task, so I choose Later."
    return Disturbance("update_banner", at, box, "update.later", thought)


def session_notice(at: str, app: str) -> Disturbance:
    """Return a modal question whether to stay logged on."""
    text = f"Your {app} session will expire in 2 minutes because of inactivity. Do you want to stay signed in?"
    box = Box("session", "Session about to expire", text, ("Stay signed in", "Sign out"), "warning")
    thought = "A message says that the session is about to expire. I keep it alive before I go on."
    return Disturbance("session_notice", at, box, "session.stay_signed_in", thought)


def notice(name: str, at: str, title: str, text: str, thought: str, *, icon: str = "info") -> Disturbance:
    """Return a modal message with an OK button."""
    return Disturbance(name, at, Box(name, title, text, ("OK",), icon), f"{name}.ok", thought)


def not_responding(at: str, app: str, process: str) -> Failure:
    """Return a window that stops answering."""

    def strike(desktop: Desktop) -> None:
        desktop.state.condition = "not_responding"

    def words(_inputs: Mapping[str, Any], rng: random.Random) -> str:
        return (
            f"Desktop action timed out after {rng.randint(30000, 90000)} ms: window '{app}' is not responding "
            f"(process {process}, pid {rng.randint(1200, 19999)})"
        )

    thought = f"{app} does not answer any more: its title says Not Responding and the window has turned white."
    return Failure("not_responding", "error", at, strike, words, thought)


def connection_lost(at: str) -> Failure:
    """Return the loss of the connection to the remote desktop."""

    def strike(desktop: Desktop) -> None:
        desktop.state.condition = "disconnected"

    def words(_inputs: Mapping[str, Any], rng: random.Random) -> str:
        return (
            f"Lost connection to machine: websocket closed with code 1006 after {rng.uniform(4, 95):.1f} s "
            f"(tunnel {rng.getrandbits(64):016x})"
        )

    return Failure(
        "connection_lost", "error", at, strike, words, "The remote desktop shows that its connection is lost."
    )


def message(name: str, at: str, title: str, text: str, thought: str, reason: str, *, icon: str = "error") -> Failure:
    """Return a task failure that a message box of the application announces.

    ``reason`` is the agent's explanation; it may name inputs in braces, and ``{ref}``, a number that varies.
    """

    def strike(desktop: Desktop) -> None:
        desktop.state.busy = ""
        desktop.show(Box(name, title, text, ("OK",), icon))

    return Failure(name, "task_failed", at, strike, _reason(reason), thought)


def _reason(template: str) -> Any:
    def words(inputs: Mapping[str, Any], rng: random.Random) -> str:
        return template.format_map({**inputs, "ref": rng.randint(100000, 999999)})

    return words
