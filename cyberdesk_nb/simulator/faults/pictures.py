"""Pictures that cannot be shown, and links to them that no longer work."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from cyberdesk_nb.simulator.faults.answers import Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.errors import Status
from cyberdesk_nb.simulator.faults.fault import Fault
from cyberdesk_nb.simulator.faults.values import Value, changed
from cyberdesk_nb.simulator.web.links import PREFIX

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.owned=1</script><image href="http://x.invalid/"/></svg>'
_HTML = b'<html><body onload="window.owned=1">Not Found</body></html>'


class BadPictures(Fault):
    """Spoils screenshots, those within JSON and those that are answers of their own."""

    fault: Literal["bad_pictures"] = "bad_pictures"
    how: tuple[Literal["missing", "truncated", "bomb", "svg", "html", "empty", "not_base64"], ...] = ("truncated",)
    """Which of them; of several one is chosen for each picture. `bomb` is a small PNG of very many pixels."""
    share: Annotated[float, Field(ge=0, le=1)] = 1.0
    megapixels: Annotated[int, Field(ge=1, le=2000)] = 40
    """Size of a bomb."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Spoil an image, or those inside a JSON answer."""
        if answer.status >= 300:
            return answer
        if answer.media_type.startswith("image/"):
            return self._spoilt_answer(answer, asked.path, dice)
        content = answer.json()
        if content is None:
            return answer

        def change(value: Value) -> Any:
            return self._spoilt_text(value, dice) if value.kind == "picture" else value.value

        return answer.with_json(changed(content, asked, change))

    def _spoilt_answer(self, answer: Answer, path: str, dice: Dice) -> Answer:
        how = self._how(path, dice)
        if how == "missing":
            return Status(status=404, message="There is no such image").answer()
        return answer if how is None else answer.with_body(self._spoilt(how, answer.body), answer.media_type)

    def _spoilt_text(self, value: Value, dice: Dice) -> Any:
        how = self._how(f"{value.record} {value.value[-64:]}", dice)
        if how is None:
            return value.value
        if how == "missing":
            return None
        if how == "not_base64":
            return "this is no picture!"
        try:
            image = base64.b64decode(value.value.rpartition(",")[2])
        except ValueError:
            return value.value
        return base64.b64encode(self._spoilt(how, image)).decode()

    def _how(self, place: str, dice: Dice) -> str | None:
        return dice.pick(self.how, "how", place) if self.how and dice.unit("strikes", place) < self.share else None

    def _spoilt(self, how: str, image: bytes) -> bytes:
        if how == "bomb":
            return _bomb(self.megapixels)
        return _SPOILT[how](image)


class ExpiredLinks(Fault):
    """Hands out signed links whose time is already over."""

    fault: Literal["expired_links"] = "expired_links"
    by_s: Annotated[int, Field(ge=0)] = 60
    """For how long they have been over."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Sign every link of the answer anew, for a time that has passed."""
        content = answer.json() if answer.status < 300 else None
        if content is None:
            return answer

        def change(value: Value) -> Any:
            parts = urlsplit(str(value.value) if value.kind == "address" else "")
            if not parts.path.startswith(f"{PREFIX}/") or "signature=" not in parts.query:
                return value.value
            path = unquote(parts.path.removeprefix(f"{PREFIX}/"))
            return asked.links.sign(f"{parts.scheme}://{parts.netloc}", path, -self.by_s)

        return answer.with_json(changed(content, asked, change))


class Skew(Fault):
    """Lets the server's clock be wrong: its `Date` header, and every time in its answers."""

    fault: Literal["skew"] = "skew"
    by_s: float
    """How far it is ahead; negative: behind."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Shift what the answer says of times."""
        now = datetime.now().astimezone() + timedelta(seconds=self.by_s)
        shifted = answer.with_headers({"date": format_datetime(now)})
        content = shifted.json()
        if content is None:
            return shifted

        def change(value: Value) -> Any:
            return self._shifted(value.value) if value.kind == "time" else value.value

        return shifted.with_json(changed(content, asked, change))

    def _shifted(self, text: str) -> str:
        try:
            return (datetime.fromisoformat(text) + timedelta(seconds=self.by_s)).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError):
            return text


@cache
def _bomb(megapixels: int) -> bytes:
    from PIL import Image

    packed = io.BytesIO()
    Image.new("1", (1000 * megapixels, 1000)).save(packed, "PNG")
    return packed.getvalue()


_SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda image: image[: len(image) // 3],
    "svg": lambda _: _SVG,
    "html": lambda _: _HTML,
    "empty": lambda _: b"",
    "not_base64": lambda image: image[::-1],
}
