"""An application: how its screen is laid out, and what its controls do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._theme import Theme

if TYPE_CHECKING:
    from ._controls import Control
    from ._state import State
    from ._ui import Ui


class App:
    """The behaviour of one application; it keeps nothing itself, all that changes is in the `State`.

    Subclasses lay out the screen for a state and answer the events; everything that all Windows programs do alike
    (focus, typing, drop-downs, check boxes, tables, message boxes) is done by the desktop before an event arrives.
    """

    title: ClassVar[str] = ""
    theme: ClassVar[Theme] = Theme()
    shortcuts: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Chords such as ``ctrl+s``, each with the id of the control that it presses."""
    start_focus: ClassVar[str] = ""

    def layout(self, ui: Ui) -> None:
        """Put the controls of the state ``ui.state`` on the screen."""
        raise NotImplementedError

    def press(self, state: State, name: str) -> None:
        """Answer a pressed button, link, tab, menu entry or shortcut."""

    def choose(self, state: State, name: str) -> None:
        """Answer a new value of a drop-down or check box."""

    def enter(self, state: State, name: str) -> bool:  # noqa: ARG002  subclasses use them
        """Answer the Enter key in a field; False lets it press the default button."""
        return False

    def open_row(self, state: State, table: str, row: int) -> None:
        """Answer a double click on a table row."""

    def context(self, state: State, name: str) -> tuple[tuple[str, str], ...]:  # noqa: ARG002  subclasses use them
        """Return the entries (id, label) of the context menu of a control; empty for none."""
        return ()

    def menu_items(self, name: str) -> tuple[tuple[str, str], ...]:  # noqa: ARG002  subclasses use them
        """Return the entries (id, label) of a menu of the menu bar; empty for a menu that only opens."""
        return ()

    def drop(self, state: State, source: Control, target: Control | None, end: tuple[int, int]) -> None:
        """Answer a drag from one control to another, or to the pixel ``end``."""

    def answer(self, state: State, box: str, button: str) -> None:
        """Answer a button of a message box, after it closed."""
