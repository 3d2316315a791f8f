"""What the player and the comparison have in common: callbacks, messages to the page, a still picture, an end."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, ClassVar, cast

import anywidget

from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.images import NoPicture, Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipywidgets import Widget

    from cyberdesk_nb.player.images import Pictures
    from cyberdesk_nb.player.redaction import Redaction

_REQUESTS_MAX = 64


class ReplayWidget(anywidget.AnyWidget):
    """A widget that tells its page a story, and sends it the pictures that it asks for.

    Its makers fill `_story` and say in `_stores` where the pictures come from, one store after the other.
    """

    _subscription: ClassVar[str]
    """Name of the method that takes callbacks, for what is said when one fails."""

    _story: dict[str, Any]
    _stores: tuple[Pictures, ...]

    def __init__(self, still: bool | Redaction) -> None:
        self._callbacks: list[Callable[[Any], object]] = []
        self._still = still
        self._edition = 0
        self._stores = ()
        super().__init__()
        self.on_msg(self._on_message)  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types

    def close(self) -> None:
        """Take the widget down: stop its fetches, forget its callbacks, close its views."""
        self._callbacks.clear()
        for pictures in self._stores:
            pictures.close()
        layout = cast("Widget", self.layout)  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types
        super().close()
        # ipywidgets makes a layout for each widget, and leaves its comm open when the widget closes.
        layout.close()

    def _poster(self) -> bytes | None:
        """Draw the still picture that the cell's output keeps, as PNG; None where there is nothing to draw."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = cast("tuple[dict[str, Any], dict[str, Any]] | None", super()._repr_mimebundle_(**kwargs))  # pyright: ignore[reportUnknownMemberType] - anywidget's dicts
        poster = self._poster() if bundle is not None and self._still is not False else None
        if bundle is not None and poster is not None:
            bundle[0]["image/png"] = b64encode(poster).decode()
        return bundle

    def _subscribe(self, callback: Callable[[Any], object]) -> Callable[[], None]:
        self._callbacks.append(callback)

        def stop() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return stop

    def _call_back(self, value: object) -> None:
        for callback in list(self._callbacks):
            try:
                callback(value)
            except Exception as error:  # noqa: BLE001 - a callback's error would vanish; it is shown in the widget
                what = f"{type(error).__name__}: {printable(str(error))}"
                self._tell({"kind": "notice", "text": f"A function given to {self._subscription} failed: {what}"})

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        """Answer the front end: what the recording is, and the pictures it wants to show."""
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if message.get("kind") == "open":
            self._tell_story()
        if message.get("kind") == "pictures":
            wanted = cast("list[Any]", message.get("positions") or [])
            for position in [item for item in wanted if type(item) is int][:_REQUESTS_MAX]:
                self._send_picture(position, small=message.get("size") == "small")

    def _tell(self, message: dict[str, Any], *buffers: bytes) -> None:
        self.send(message, list(buffers))  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types

    def _tell_story(self) -> None:
        self._tell({"kind": "story", "edition": self._edition, "story": self._story})

    def _send_picture(self, position: int, *, small: bool) -> None:
        # A picture may arrive after another recording was loaded: the edition says which one it belongs to.
        head: dict[str, Any] = {"kind": "picture", "edition": self._edition, "position": position}
        head["size"] = "small" if small else "full"

        def deliver(picture: Picture | NoPicture) -> None:
            if isinstance(picture, NoPicture):
                self._tell({**head, "reason": picture.reason, "passing": picture.passing})
            else:
                size = {"mime": picture.mime, "width": picture.width, "height": picture.height}
                self._tell({**head, **size}, picture.data)

        self._request(position, deliver, small=small)

    def _request(self, position: int, deliver: Callable[[Picture | NoPicture], None], *, small: bool) -> None:
        """Read one picture; the positions count through the stores, one after the other."""
        for pictures in self._stores[:-1]:
            if position < len(pictures):
                pictures.request(position, deliver, small=small)
                return
            position -= len(pictures)
        self._stores[-1].request(position, deliver, small=small)
