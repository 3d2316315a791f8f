"""Ask before runs are cancelled or retried, in words that say what will be lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.monitor.rows import short, status_of

_NAMED = 8


class Confirmation:
    """A question with its answers; out of sight until something is asked."""

    def __init__(self) -> None:
        self._question = parts.words("", "heading")
        self._loss = parts.words("")
        self._which = parts.words("", "help")
        self._answers = parts.row()
        self.widget = parts.column(self._question, self._loss, self._which, self._answers, looks=("confirm",))
        self.hide()

    def ask(
        self, question: str, loss: str, which: str, answers: Sequence[tuple[str, Callable[[], object], str]]
    ) -> None:
        """Ask; the first answer given by a press closes the question, so that a second press does nothing."""
        self.hide()
        for label, text in ((self._question, question), (self._loss, loss), (self._which, which)):
            parts.say(label, text)
        buttons = [parts.button(text, self._once(act), look) for text, act, look in answers]
        parts.put(self._answers, *buttons, parts.button("Leave them as they are", self.hide, "quiet"))
        parts.visible(self.widget, shown=True)

    def hide(self) -> None:
        """Ask no more."""
        for old in parts.children_of(self._answers):
            parts.close_all(old)
        parts.put(self._answers)
        parts.visible(self.widget, shown=False)

    def _once(self, act: Callable[[], object]) -> Callable[[], None]:
        given: list[bool] = []

        def press() -> None:
            if given:
                return
            given.append(True)
            self.hide()
            act()

        return press


def cancel_loss(runs: Sequence[RunResponse]) -> str:
    """Say what is lost when runs are cancelled."""
    waiting = sum(run.started_at is None for run in runs)
    going = len(runs) - waiting
    said = [f"{count_of(waiting)} waiting and will never start."] if waiting else []
    said += [f"{count_of(going)} at work: it stops where it is, and its output is lost."] if going == 1 else []
    said += [f"{count_of(going)} at work: they stop where they are, and their outputs are lost."] if going > 1 else []
    return " ".join([*said, "A cancelled run cannot go on; it can only be retried from its beginning."])


def retry_loss(runs: Sequence[RunResponse]) -> str:
    """Say what is lost when runs are retried."""
    one = len(runs) == 1
    whose = "its earlier attempt" if one else "their earlier attempts"
    said = [f"A retry erases what {whose} left: output, message history with its screenshots, output files."]
    secret = sum(bool(run.sensitive_input_aliases) for run in runs)
    if secret:
        had = "It was" if one else f"{secret:,} of them were"
        said.append(f"{had} given secrets, which are not kept: without them the new attempt may fail.")
    return " ".join(said)


def which_runs(runs: Sequence[RunResponse], name_of: Callable[[str], str]) -> str:
    """Name the runs that are meant, as many as there is room for."""
    named = [
        f"{short(name_of(run.workflow_id), 60)} ({short(run.id, 60)}), {short(status_of(run), 40)}"
        for run in runs[:_NAMED]
    ]
    more = len(runs) - len(named)
    return "; ".join(named) + (f"; and {more:,} more" if more else "")


def count_of(count: int, noun: str = "") -> str:
    """Say how many: "1 is", "3 are", or "1 run", "3 runs" with a noun."""
    if noun:
        return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
    return "1 is" if count == 1 else f"{count:,} are"
