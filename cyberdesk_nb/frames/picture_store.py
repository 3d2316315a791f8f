"""Pictures in a folder, each under the hash of its content: a screen is stored once, and read when it is shown."""

from __future__ import annotations

import binascii
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from PIL.Image import Image

_SUFFIXES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp"}


class PictureStore:
    """A folder of pictures; it is made when it is not there.

    `failure` is the reason why a picture could not be written: the rest is then not tried, and stays where it was.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.failure: OSError | None = None

    def keep(self, text: str) -> str | None:
        """Store the picture of a base64 text (bare or a data URI); gives its file name, None when it is no picture."""
        try:
            data = binascii.a2b_base64(text[text.find(",") + 1 :] if text.startswith("data:") else text)
        except (binascii.Error, ValueError):
            return None
        suffix = next((name for start, name in _SUFFIXES.items() if data.startswith(start)), None)
        if suffix is None or self.failure is not None:
            return None
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}{suffix}"
        try:
            if not path.exists():
                self._write(path, data)
        except OSError as error:
            # Raised to the reader of the frame, not through the transport, whose frames hold the key.
            self.failure = error.with_traceback(None)
            return None
        return path.name

    def _write(self, path: Path, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{uuid4().hex}.part"
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def image(ref: str, folder: str | os.PathLike[str]) -> Image:
    """Open a picture that was stored when its steps were fetched.

    Parameters
    ----------
    ref
        A value of the column ``image_ref`` whose ``image_kind`` is ``file``.
    folder
        The folder that was given as ``images=``.

    Returns
    -------
    PIL.Image.Image
        The picture, decoded when it is first used.

    Raises
    ------
    RequestError
        When the folder has no such picture.
    """
    from PIL import Image

    path = Path(folder) / ref
    # A reference names a file of this folder and nothing else.
    if Path(ref).name != ref or not path.is_file():
        raise RequestError(f"There is no picture {ref!r} in {str(folder)!r}.", hint="Is it the folder of images=...?")
    return Image.open(path)
