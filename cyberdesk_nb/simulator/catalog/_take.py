"""Records a performance: resolves controls to pixels, acts on the desktop, keeps what was seen before each move."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from ._kind import Disturbance, Failure, Move, Play, Shot

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

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
        self._do({"action": action, "coordinate": list(self.desktop.control(control).centre)}, control, thought)

    def double_click(self, control: str, thought: str) -> None:
        """Double-click a control."""
        self.click(control, thought, action="double_click")

    def right_click(self, control: str, thought: str) -> None:
        """Right-click a control."""
        self.click(control, thought, action="right_click")

    def type(self, text: str, thought: str) -> None:
        """Type into the control that has the focus."""
        self._do({"action": "type", "text": text}, self.desktop.state.focus or None, thought)

    def fill(self, control: str, text: str, what: str) -> None:
        """Click a field and type into it; an empty value is skipped as the agent would."""
        if text in {"", "__EMPTY__"}:
            return
        self.click(control, f"I click the {what} field to enter it.")
        self.type(text, f"The {what} field has the focus, so I type {text}.")

    def pick(self, control: str, option: str, what: str) -> None:
        """Open a drop-down list and choose an option, given by its label."""
        self.click(control, f"I open the {what} list.")
        found = next(c for c in self.desktop.controls() if c.kind == "option" and c.label == option)
        self.click(found.id, f"I choose {option} from the {what} list.")

    def key(self, chord: str, thought: str) -> None:
        """Press a chord."""
        self._do({"action": "key", "text": chord}, None, thought)

    def scroll(self, control: str, direction: str, amount: int, thought: str) -> None:
        """Scroll over a control."""
        at = list(self.desktop.control(control).centre)
        move = {"action": "scroll", "coordinate": at, "scroll_direction": direction, "scroll_amount": amount}
        self._do(move, control, thought)

    def drag(self, start: str, end: str, thought: str, *, duration: float = 0.8) -> None:
        """Drag from the centre of one control to the centre of another."""
        a, b = self.desktop.control(start).centre, self.desktop.control(end).centre
        move = {"action": "left_click_drag", "start_coordinate": list(a), "coordinate": list(b), "duration": duration}
        self._do(move, start, thought)

    def wait(self, seconds: float, thought: str) -> None:
        """Wait."""
        self._do({"action": "wait", "duration": seconds}, None, thought)

    def screenshot(self, thought: str, *, extract_prompt: str | None = None, result: object = None) -> None:
        """Take a screenshot, and extract something from it when there is a prompt for that."""
        move = {"action": "screenshot"} | ({"extract_prompt": extract_prompt} if extract_prompt else {})
        self._do(move, None, thought, result=_words(result))

    def focused_action(
        self, instruction: str, result: object, thought: str, *, effect: Callable[[Desktop], object] | None = None
    ) -> None:
        """Let a sub-agent carry out an instruction: one outer move; ``effect`` is what it does to the desktop."""
        self._do({"action": "focused_action", "text": instruction}, None, thought, result=_words(result), effect=effect)

    def copy(self, key: str, thought: str) -> None:
        """Copy what is selected into a runtime value."""
        self._do({"action": "copy_to_clipboard", "text": key}, self.desktop.state.focus or None, thought)
        last = self._shots[-1]
        value = json.dumps({key: self.desktop.state.clipboard}, ensure_ascii=False)
        self._shots[-1] = Shot(_with_result(last.move, value), last.before)

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

    # ------------------------------------------------------------------------------------------------------------------

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
        effect: Callable[[Desktop], object] | None = None,
        unplanned: bool = False,
    ) -> None:
        before = self.desktop.copy()
        answer = self.desktop.act(tool_input)
        if effect is not None:
            effect(self.desktop)
        move = Move(thought, tool_input, control, result or answer, self._iteration, unplanned)
        self._shots.append(Shot(move, before))


def _words(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _with_result(move: Move, result: str) -> Move:
    return Move(move.thought, move.tool_input, move.control, result, move.iteration, move.unplanned)
