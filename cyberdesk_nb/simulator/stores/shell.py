"""The PowerShell of a simulated machine: it knows a few words and runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cyberdesk_nb.simulator.refusals import DriverRefusal
from cyberdesk_nb.simulator.world.world import Record


class Shell:
    """Sessions and the answers to commands."""

    def __init__(self, machine: Record, new_id: Callable[[str], str]) -> None:
        self._machine = machine
        self._new_id = new_id
        self._sessions: list[str] = []

    def run(self, command: str, at: datetime, *, session_id: str | None = None, same_session: bool = True) -> Record:
        """Answer a command as a console would."""
        if session_id is None:
            session_id = self._sessions[-1] if same_session and self._sessions else self.open()
        elif session_id not in self._sessions:
            raise DriverRefusal(404, f"No PowerShell session {session_id}", code="session_not_found")
        printed = self._answer(command.strip(), at)
        if printed is not None:
            return {"stdout": printed + "\r\n", "stderr": "", "exit_code": 0, "session_id": session_id}
        word = (command.split() or [""])[0]
        stderr = f"{word} : The term '{word}' is not known to this simulated console.\r\n"
        return {"stdout": "", "stderr": stderr, "exit_code": 1, "session_id": session_id}

    def open(self) -> str:
        """Start a session and return its id."""
        self._sessions.append(self._new_id("shell"))
        return self._sessions[-1]

    def close(self, session_id: str | None) -> None:
        """End a session. 404 when there is no such one."""
        if session_id not in self._sessions:
            raise DriverRefusal(404, f"No PowerShell session {session_id}", code="session_not_found")
        self._sessions.remove(session_id)

    def _answer(self, command: str, at: datetime) -> str | None:
        word, _, rest = command.partition(" ")
        answers = {
            "echo": rest.strip("'\""),
            "write-output": rest.strip("'\""),
            "hostname": self._machine["hostname"] or "",
            "whoami": f"{(self._machine['hostname'] or 'desktop').lower()}\\operator",
            "get-date": at.strftime("%A, %B %d, %Y %H:%M:%S"),
        }
        return answers.get(word.lower())
