"""A recording as one HTML file: the same player, no kernel, no network, within a size that it states."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from cyberdesk_nb._version import __version__
from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player.assets import Front, for_page, player_front
from cyberdesk_nb.player.images import NoPicture, Picture, read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

BUDGET_MB = 20.0
"""Largest file, in millions of bytes, unless another size is asked for."""

_SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Quality:
    """How pictures are written: at which share of their size, and at which WebP quality; None keeps the file."""

    scale: float
    webp: int | None
    words: str


QUALITIES = (
    Quality(1, None, "pictures as recorded"),
    Quality(1, 80, "pictures compressed again"),
    Quality(0.7, 70, "pictures at 70 % of their size"),
    Quality(0.5, 60, "pictures at half their size"),
    Quality(0.3, 50, "pictures at 30 % of their size"),
)


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was written.

    Attributes
    ----------
    path
        Where it is.
    size_bytes
        How large it became.
    note
        How the pictures stand in it, in words; the page says the same.
    left_out
        How many pictures had to be left out to keep within the budget.
    """

    path: Path
    size_bytes: int
    note: str
    left_out: int


def write_page(
    path: str | Path,
    *,
    story: dict[str, Any],
    state: dict[str, Any],
    pictures: Sequence[Picture | NoPicture],
    budget_mb: float,
    front: Front | None = None,
) -> Export:
    """Write the page.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    story, state
        What the front end is told, and where it starts.
    pictures
        By position, as in the story.
    budget_mb
        Largest size of the file in millions of bytes. Pictures are compressed again, made smaller, and at last left
        out to keep it.
    front
        What shows the story; None takes the player.

    Raises
    ------
    ConfigurationError
        When the texts alone do not fit.
    """
    budget = int(budget_mb * 1e6)
    front = front or for_page(player_front())
    room = budget - len(_page(front, story, state, [], "").encode()) - 100 * len(pictures) - 2000
    if room < 0:
        raise ConfigurationError(
            f"The texts of the recording alone need more than {budget_mb:g} MB.", hint="Give a larger budget_mb."
        )
    files, quality = _fitting(pictures, room)
    files, left_out = _leave_out(files, room)
    note = f"{quality.words}, {left_out} left out" if left_out else quality.words
    page = _page(front, story, state, files, f"{note}; at most {budget_mb:g} MB").encode()
    Path(path).write_bytes(page)
    return Export(Path(path), len(page), note, left_out)


def _fitting(pictures: Sequence[Picture | NoPicture], room: int) -> tuple[list[Picture | NoPicture], Quality]:
    """Write the pictures at the best quality at which they fit, or at the lowest."""
    distinct = _distinct(pictures)
    written: dict[bytes, Picture | NoPicture] = {}
    quality = QUALITIES[0]
    with ThreadPoolExecutor() as threads:
        for quality in QUALITIES:
            if quality != QUALITIES[-1] and _is_hopeless(distinct, quality, room):
                continue
            files = threads.map(partial(_at, quality), distinct)
            written = {picture.data: file for picture, file in zip(distinct, files, strict=True)}
            if sum(map(_encoded_size, _distinct(list(written.values())))) <= room:
                break
    return [written[one.data] if isinstance(one, Picture) else one for one in pictures], quality


def _is_hopeless(pictures: Sequence[Picture], quality: Quality, room: int) -> bool:
    """Tell by a few pictures whether all of them would be far too large: writing a long recording takes minutes."""
    if len(pictures) <= 2 * _SAMPLE:
        return False
    sample = [_at(quality, picture) for picture in pictures[:: len(pictures) // _SAMPLE]]
    return sum(map(_encoded_size, _distinct(sample))) / len(sample) * len(pictures) > 1.5 * room


def _leave_out(files: list[Picture | NoPicture], room: int) -> tuple[list[Picture | NoPicture], int]:
    """Take pictures as long as there is room; the ones after that are left out and say so."""
    kept: set[bytes] = set()
    left_out = 0
    for position, picture in enumerate(files):
        if isinstance(picture, NoPicture) or picture.data in kept:
            continue
        room -= _encoded_size(picture)
        if room >= 0:
            kept.add(picture.data)
        else:
            files[position] = NoPicture("Left out to keep this file within its size.")
            left_out += 1
    return files, left_out


def _at(quality: Quality, picture: Picture | NoPicture) -> Picture | NoPicture:
    if isinstance(picture, NoPicture) or quality.webp is None:
        return picture
    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            size = (max(1, round(image.width * quality.scale)), max(1, round(image.height * quality.scale)))
            smaller = image.convert("RGB").resize(size)
    except Exception:  # noqa: BLE001 - a broken picture is said to be broken, whatever the reader raised
        return NoPicture("The picture is broken: it cannot be decoded.")
    out = io.BytesIO()
    smaller.save(out, "WEBP", quality=quality.webp, method=4)
    return read_picture(out.getvalue())


def _distinct(files: Sequence[Picture | NoPicture]) -> list[Picture]:
    return list({file.data: file for file in files if isinstance(file, Picture)}.values())


def _encoded_size(picture: Picture) -> int:
    return (len(picture.data) + 2) // 3 * 4 + 120


def _page(
    front: Front, story: dict[str, Any], state: dict[str, Any], files: Sequence[Picture | NoPicture], note: str
) -> str:
    distinct = _distinct(files)
    places = {picture.data: place for place, picture in enumerate(distinct)}
    recording = {
        "story": story,
        "state": state,
        "positions": [places[file.data] if isinstance(file, Picture) else {"reason": file.reason} for file in files],
        "pictures": [_written(picture) for picture in distinct],
    }
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src blob:; "
        f"script-src {_hash_of(front.script)}; style-src {_hash_of(front.style)}"
    )
    made = f"Exported {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by cyberdesk_nb {__version__}; {note}"
    return _PAGE.format(
        policy=html.escape(policy),
        title=html.escape(str(story["title"])),
        style=front.style,
        made=html.escape(made),
        # In a script element only "</" and "<!--" end or change what follows; no "<" at all is the simplest rule.
        recording=json.dumps(recording, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        script=front.script,
    )


def _written(picture: Picture) -> dict[str, Any]:
    head = {"mime": picture.mime, "width": picture.width, "height": picture.height}
    return {**head, "base64": base64.b64encode(picture.data).decode()}


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="player"></main>
<footer>{made}</footer>
<script type="application/json" id="recording">{recording}</script>
<script type="module">{script}</script>
</body>
</html>
"""
