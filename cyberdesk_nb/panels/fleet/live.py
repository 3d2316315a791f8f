"""The live screen of the machine whose details are open: at once, on demand, and again on a slow timer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from threading import Lock
from typing import TypeAlias

from cyberdesk_nb.errors import ClientClosedError
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.fleet.polling import Polling
from cyberdesk_nb.panels.fleet.screen import Screen
from cyberdesk_nb.panels.watching import Every
from cyberdesk_nb.panels.wording import refusal_words

Shoot: TypeAlias = Callable[[str], "Future[bytes]"]

TICK_S = 5.0


class LiveScreen:
    """Shows what one machine shows; an older picture stays in view beside the words on why there is no newer one.

    Parameters
    ----------
    shoot
        Takes a picture of a machine's screen, by its id (`GET /v1/computer/{machine_id}/display/screenshot`).
    every
        How to get ticks.

    """

    def __init__(self, shoot: Shoot, every: Every) -> None:
        self._shoot, self._every = shoot, every
        self._polling: Polling[bytes] | None = None
        self._is_paused = False
        self._machine_id = self._name = ""
        self._lock = Lock()
        self.screen = Screen()
        self._note = parts.words("", "help")
        self._trouble = parts.words("", "error")
        again = parts.button("Refresh screen", self.ask, tooltip="Take a new picture of the screen")
        self.widget = parts.column(parts.row(again, self._note), self._trouble, self.screen)

    def follow(self, machine_id: str, name: str) -> None:
        """Show the screen of this machine from now on."""
        self.stop()
        with self._lock:
            self._machine_id, self._name = machine_id, name
            self.screen.clear()
            parts.say(self._trouble, "")
            parts.say(self._note, "Taking a picture …")
        self._polling = Polling(
            lambda _: self._shoot(machine_id),
            self._every,
            seen=lambda picture: self._seen(machine_id, picture),
            failed=self._failed,
            tick_s=TICK_S,
        )
        if self._is_paused:
            self._polling.pause()
        self.ask()

    def ask(self) -> None:
        """Take a new picture."""
        if self._polling is None:
            return
        try:
            self._polling.ask()
        except ClientClosedError as error:
            self._failed(error, asks_again=False)

    def pause(self) -> None:
        """Take no pictures but those asked for, until `resume`."""
        self._is_paused = True
        if self._polling is not None:
            self._polling.pause()

    def resume(self) -> None:
        """Go on taking pictures."""
        self._is_paused = False
        if self._polling is not None:
            self._polling.resume()

    def stop(self) -> None:
        """Take no more pictures."""
        polling, self._polling = self._polling, None
        if polling is not None:
            polling.stop()

    def _seen(self, machine_id: str, picture: bytes) -> bool:
        with self._lock:
            # An answer that was on its way while another machine was chosen must not show under its name.
            if machine_id != self._machine_id:
                return False
            has_changed = not picture or picture != self.screen.picture
            taken = f"{datetime.now().astimezone():%H:%M:%S}"
            if has_changed:
                self.screen.show(picture, f"Screen of {self._name} at {taken}")
            parts.say(self._note, f"Taken at {taken}." if has_changed else f"Taken at {taken}, unchanged.")
            parts.say(self._trouble, "")
            return has_changed

    def _failed(self, error: BaseException, asks_again: bool) -> None:
        note = "This is the last picture there is." if self.screen.picture else ""
        parts.say(self._note, note)
        then = "Asking again." if asks_again else "It is not asked again."
        parts.say(self._trouble, f"The screen cannot be shown. {refusal_words(error)} {then}")
