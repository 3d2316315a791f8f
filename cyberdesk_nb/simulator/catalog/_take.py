"""Records a performance: resolves controls to pixels, acts on the desktop, keeps what was seen before each move."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from ._play import Disturbance, Failure, Move, Play, Shot

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from ..screens import Desktop


class Stopped(Exception):  # noqa: N818  it ends a script early, which may be what was asked for
    """The script reached the mark at which it was to fail."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.name)
        self.failure = failure


class Take:
    """One performance while it is being recorded.

    Every method that acts takes the agent's thought last. A control is given by its id on the screen as it is then.
    """

    def __init__(self, desktop: Desktop, disturbance: Disturbance | None, failure: Failure | None) -> None:
        self.desktop = desktop
        self._disturbance = disturbance
        self._failure = failure
        self._shots: list[Shot] = []
        self._iteration: int | None = None
        self._break_step: int | None = None

    # Actions ----------------------------------------------------------------------------------------------------------

    def click(self, control: str, thought: str, *, action: str = "left_click") -> None:
        """Click the centre of a control; ``action`` may be another kind of click."""
        self._do({"action": action, "coordinate": self._centre(control)}, control, thought)

    def double_click(self, control: str, thought: str) -> None:
        """Double-click a control."""
        self.click(control, thought, action="double_click")

    def right_click(self, control: str, thought: str) -> None:
        """Right-click a control."""
        self.click(control, thought, action="right_click")

    def type(self, text: str, thought: str) -> None:
        """Type into the control that has the focus; `__EMPTY__` is skipped, and `__CLEAR__` empties the control."""
        if text == "__CLEAR__":
            self.key("ctrl+a", "I am asked to clear this field, so I select what is in it.")
            self.key("Delete", "I delete it.")
        elif text != "__EMPTY__":
            self._do({"action": "type", "text": text}, self.desktop.state.focus or None, thought)

    def fill(self, control: str, text: str, what: str) -> None:
        """Click a field and type into it; an empty value is skipped as the agent would."""
        if text in {"", "__EMPTY__"}:
            return
        self.click(control, f"I click the {what} field to enter it.")
        self.type(text, f"The {what} field has the focus, so I type {shorten(text, 80)}.")

    def pick(self, control: str, option: str, what: str) -> None:
        """Open a drop-down list and choose an option, given by its label."""
        self.click(control, f"I open the {what} list.")
        for item in self.desktop.controls():
            if item.kind == "option" and item.label == option:
                self.click(item.id, f"I choose {option} from the {what} list.")
                return
        raise self.lost(f"{option} in the {what} list")

    def key(self, chord: str, thought: str) -> None:
        """Press a chord."""
        self._do({"action": "key", "text": chord}, None, thought)

    def scroll(self, control: str, direction: str, amount: int, thought: str) -> None:
        """Scroll over a control."""
        at = self._centre(control)
        move = {"action": "scroll", "coordinate": at, "scroll_direction": direction, "scroll_amount": amount}
        self._do(move, self._top(at), thought)

    def reach(self, table: str, row: int) -> str:
        """Scroll until a row of a table is in view, where it is not yet; return the id of the row."""
        name = f"{table}.{row}"
        first, visible, _ = self.desktop.control(table).span
        if not first <= row < first + visible:
            direction = "down" if row >= first + visible else "up"
            self.scroll(table, direction, abs(row - first), "The row that I need is out of view. I scroll to it.")
        return name

    def drag(self, start: str, end: str, thought: str, *, duration: float = 0.8) -> None:
        """Drag from the centre of one control to the centre of another."""
        a, b = self._centre(start), self._centre(end)
        move = {"action": "left_click_drag", "start_coordinate": a, "coordinate": b, "duration": duration}
        self._do(move, start, thought)

    def wait(self, seconds: float, thought: str) -> None:
        """Wait."""
        self._do({"action": "wait", "duration": seconds}, None, thought)

    def screenshot(self, thought: str, *, extract_prompt: str | None = None, result: object = None) -> None:
        """Take a screenshot, and extract something from it when there is a prompt for that."""
        move = {"action": "screenshot"} | ({"extract_prompt": extract_prompt} if extract_prompt else {})
        self._do(move, None, thought, result=_words(result))

    def focused_action(self, instruction: str, result: object, thought: str) -> None:
        """Let a sub-agent read or do something: one outer move, whatever it takes inside."""
        self._do({"action": "focused_action", "text": instruction}, None, thought, result=_words(result))

    def copy(self, key: str, thought: str) -> None:
        """Copy what is selected into a runtime value."""
        self._do({"action": "copy_to_clipboard", "text": key}, self.desktop.state.focus or None, thought)
        last = self._shots[-1]
        copied = _words({key: self.desktop.state.clipboard})
        self._shots[-1] = replace(last, move=replace(last.move, result=copied))

    @contextmanager
    def loop(self, items: object, thought: str) -> Generator[Callable[[int], None]]:
        """Open a loop over ``items``; call what it yields with the index at the start of each iteration."""
        self._do({"action": "start_loop", "text": _words(items)}, None, thought)

        def begin(index: int) -> None:
            self._iteration = index

        yield begin
        self._iteration = None

    def end_iteration(self, summary: str) -> None:
        """Close one iteration of the loop."""
        self._do({"action": "end_loop_iteration", "text": summary}, None, "This item is done; I go on with the next.")

    # Looking ----------------------------------------------------------------------------------------------------------

    def row(self, matches: Iterable[bool], what: str) -> int:
        """Return the index of the first row that matches; without one the agent is lost."""
        for index, match in enumerate(matches):
            if match:
                return index
        raise self.lost(what)

    def expect(self, control: str) -> None:
        """Go on only when a control is on the screen; without it the agent is lost."""
        if all(c.id != control for c in self.desktop.controls()):
            raise self.lost(control)

    def lost(self, what: str) -> Stopped:
        """Return what ends the script of an agent that does not find something, which odd inputs may cause."""
        shown = " ".join(f"A message says: {box.text}" for box in self.desktop.state.boxes)
        reason = f"Could not find {shorten(what, 80)} on the screen of {self.desktop.title}. {shown}".strip()
        thought = "The screen does not show what I expected, so I cannot go on."
        return Stopped(Failure("lost", "task_failed", "", lambda _: None, lambda _inputs, _rng: reason, thought))

    def _centre(self, control: str) -> list[int]:
        """Return the centre of a control that a click there would reach."""
        found = self.desktop.clickable(control)
        if found is None:
            raise self.lost(control)
        return list(found.centre)

    def _top(self, at: list[int]) -> str | None:
        top = self.desktop.at(at[0], at[1])
        return top.id if top else None

    # Trouble ----------------------------------------------------------------------------------------------------------

    def mark(self, name: str) -> None:
        """Name this point of the script; a disturbance or failure that was asked for here comes up."""
        trouble, end = self._disturbance, self._failure
        if trouble is not None and trouble.at == name:
            self._disturbance = None
            self._break_step = len(self._shots)
            self.desktop.show(trouble.box)
            at = list(self.desktop.control(trouble.button).centre)
            self._do({"action": "left_click", "coordinate": at}, trouble.button, trouble.thought, unplanned=True)
        if end is not None and end.at == name:
            self._break_step = len(self._shots)
            end.strike(self.desktop)
            raise Stopped(end)

    def give_up(self, failure: Failure, error: str) -> None:
        """Make the agent's last moves after a failure."""
        if failure.status == "task_failed":
            self._do({"action": "declare_task_failed", "text": error}, None, failure.thought, unplanned=True)
        else:
            self._do({"action": "screenshot"}, None, failure.thought, unplanned=True)

    def finished(
        self,
        status: Literal["success", "task_failed", "error"],
        output: dict[str, Any] | None,
        error: str | None,
        summary: str,
    ) -> Play:
        """Return the performance."""
        return Play(tuple(self._shots), self.desktop.copy(), output, error, status, summary, self._break_step)

    def _do(
        self,
        tool_input: dict[str, Any],
        control: str | None,
        thought: str,
        *,
        result: str = "",
        unplanned: bool = False,
    ) -> None:
        before = self.desktop.copy()
        answer = self.desktop.act(tool_input)
        move = Move(thought, tool_input, control, result or answer, self._iteration, unplanned)
        self._shots.append(Shot(move, before))


def _words(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shorten(text: str, length: int) -> str:
    """Cut a text that is longer than ``length``."""
    return text if len(text) <= length else f"{text[: length - 1]}\N{HORIZONTAL ELLIPSIS}"
