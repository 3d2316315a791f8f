"""Colours and faces: what makes one application look unlike the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Theme:
    """The look of one application; colours as ``#rrggbb``, radius and size in pixels."""

    face: Literal["sans", "classic", "mono"] = "sans"
    size: int = 13
    radius: int = 3
    bar: str = "#ffffff"
    bar_text: str = "#1f1f1f"
    menu: str = "#f7f7f7"
    surface: str = "#f3f4f6"
    panel: str = "#ffffff"
    border: str = "#c9ced6"
    text: str = "#1d2430"
    muted: str = "#5b6675"
    accent: str = "#1266b0"
    on_accent: str = "#ffffff"
    field: str = "#ffffff"
    button: str = "#f9fafb"
    header: str = "#e9edf2"
    alt: str = "#f7f9fb"
    chosen: str = "#cfe4f8"
    side: str = "#17324d"
    side_text: str = "#d6e3f0"
    wallpaper: str = "#2b5a87"
    good: str = "#1c7c3c"
    warn: str = "#9a5b00"
    bad: str = "#b3261e"
