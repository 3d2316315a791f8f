"""Images that prompts embed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.world.world import Record, World

SCHEME = "supabase://workflow-prompt-images/"
MAX_BYTES = 10 * 1024 * 1024
LINK_LIFETIME_S = 3600
_REFERENCE = re.compile(rf"{SCHEME}([\w./-]+)")
# First bytes decide, not the name or the type that the caller claims: the file is served again later.
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", ".png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", ".jpg"),
    (re.compile(rb"GIF8[79]a"), "image/gif", ".gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp", ".webp"),
)


@dataclass(frozen=True, slots=True)
class PromptImage:
    """One stored image."""

    path: str
    filename: str
    content_type: str
    content: bytes
    created_at: datetime

    @property
    def supabase_url(self) -> str:
        """The stable reference to put into a prompt."""
        return SCHEME + self.path

    def listed(self) -> Record:
        """Return the image as the list shows it."""
        return {
            "supabase_url": self.supabase_url,
            "path": self.path,
            "filename": self.filename,
            "created_at": self.created_at,
            "size_bytes": len(self.content),
        }


class PromptImages(dict[str, PromptImage]):
    """The prompt images of one organisation, by path."""

    def add(self, world: World, filename: str, content: bytes) -> PromptImage:
        """Store an image. 400 when it is no PNG, JPEG, GIF or WebP, 413 above 10 MB."""
        if len(content) > MAX_BYTES:
            raise Refusal(413, "Prompt images may have up to 10 MB", code="image_too_large")
        kind = next(((kind, ending) for start, kind, ending in _SIGNATURES if start.match(content)), None)
        if kind is None:
            raise Refusal(400, "Prompt images must be PNG, JPEG, GIF or WebP", code="invalid_image")
        content_type, ending = kind
        path = f"{_folder(world)}/{_new_name(world)}{ending}"
        name = PurePosixPath(filename).name or f"image{ending}"
        self[path] = PromptImage(path, name, content_type, content, world.clock.now())
        return self[path]

    def copied(self, world: World, prompt: str) -> str:
        """Copy the images that a prompt embeds; return the prompt with references to the copies."""
        return _REFERENCE.sub(lambda match: self._copy(world, match[1]) or match[0], prompt)

    def _copy(self, world: World, path: str) -> str | None:
        image = self.get(path)
        if image is None:
            return None
        place = f"{_folder(world)}/{_new_name(world)}{PurePosixPath(path).suffix}"
        self[place] = replace(image, path=place, created_at=world.clock.now())
        return self[place].supabase_url

    def find(self, path: str) -> PromptImage:
        """Return the image under a path or a whole reference, or raise 404."""
        image = self.get(path.removeprefix(SCHEME))
        if image is None:
            raise not_found("Prompt image", path)
        return image


def _folder(world: World) -> str:
    return f"org_{world.org_id.removeprefix('org_')}/prompt-assets"


def _new_name(world: World) -> str:
    return world.new_id("prompt-image").replace("-", "")
