"""A recording as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player import Redaction, TrajectoryPlayer
from tests.player.pictures import inline, picture

HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 ]]>"


def noise(seed: int, size: tuple[int, int] = (400, 300)) -> bytes:
    """Return a PNG that cannot be compressed well; each call has its own."""
    out = io.BytesIO()
    image = Image.effect_noise(size, 60 + seed).convert("RGB")
    image.save(out, "PNG")
    return out.getvalue()


def player(*screens: bytes, name: str = "Sample", **values: Any) -> TrajectoryPlayer:
    """Return a player with these screens."""
    steps = [
        {"func_name": "click", "args": [10 * i, 20], "pre_check_snapshot": {"screenshot": inline(screen)}}
        for i, screen in enumerate(screens)
    ]
    return TrajectoryPlayer.from_trajectory({"id": "t", "name": name, "trajectory_data": steps} | values)


def test_the_file_is_as_large_as_it_says(tmp_path: Path) -> None:
    """The size told is the file's, and pictures that fit are in it as they were recorded."""
    screen = picture()
    export = player(screen).to_html(tmp_path / "a.html")
    text = export.path.read_text(encoding="utf-8")
    assert export.size_bytes == export.path.stat().st_size
    assert (export.note, export.left_out) == ("pictures as recorded", 0)
    assert "pictures as recorded; at most 20 MB" in text
    assert inline(screen) in text


def test_equal_pictures_are_written_once(tmp_path: Path) -> None:
    """A screen that did not change costs its size once."""
    text = player(*[picture()] * 5).to_html(tmp_path / "a.html").path.read_text(encoding="utf-8")
    assert text.count(inline(picture())) == 1


@pytest.mark.parametrize("budget_mb", [0.3, 0.1, 0.075])
def test_the_budget_is_kept_and_the_means_are_told(tmp_path: Path, budget_mb: float) -> None:
    """However small the budget, the file keeps it; how the pictures suffered is told, and none vanishes silently."""
    export = player(*(noise(i) for i in range(8))).to_html(tmp_path / "a.html", budget_mb=budget_mb)
    text = export.path.read_text(encoding="utf-8")
    assert export.size_bytes <= budget_mb * 1e6
    assert export.note in text
    assert export.note != "pictures as recorded"
    assert text.count("Left out to keep this file within its size.") == export.left_out
    assert len(re.findall('"base64":', text)) == 8 - export.left_out


def test_the_budget_is_kept_with_many_pictures(tmp_path: Path) -> None:
    """A long recording keeps its budget, with each distinct picture written once and none lost."""
    screens = [noise(i) for i in range(40)]
    export = player(*screens, *screens).to_html(tmp_path / "a.html", budget_mb=0.7)
    text = export.path.read_text(encoding="utf-8")
    assert 0.5e6 < export.size_bytes <= 0.7e6
    assert (export.left_out, len(re.findall('"base64":', text))) == (0, 40)


def test_pictures_that_cannot_be_made_small_enough_are_left_out_and_counted(tmp_path: Path) -> None:
    """Where even the smallest pictures do not all fit, the first ones stay, and the rest are counted and say why."""
    export = player(*(noise(i) for i in range(8))).to_html(tmp_path / "a.html", budget_mb=0.075)
    assert 0 < export.left_out < 8
    assert f"{export.left_out} left out" in export.note


def test_texts_that_do_not_fit_are_an_error(tmp_path: Path) -> None:
    """A budget that the texts alone exceed raises and writes nothing."""
    with pytest.raises(ConfigurationError, match="budget_mb"):
        player(picture()).to_html(tmp_path / "a.html", budget_mb=0.01)
    assert not (tmp_path / "a.html").exists()


def test_the_policy_allows_exactly_what_is_in_the_page(tmp_path: Path) -> None:
    """The page's policy forbids everything but its own script, its own style and its own pictures."""
    text = player(picture()).to_html(tmp_path / "a.html").path.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy
    assert script
    assert style
    allowed = policy[1].replace("&#x27;", "'")
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed
    for part in (script[1], style[1]):
        assert base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() in allowed


def test_hostile_text_cannot_leave_its_place(tmp_path: Path) -> None:
    """Script ends and comments in names and texts open no element: the page has its two scripts and no third."""
    steps = [{"func_name": HOSTILE, "kwargs": {HOSTILE: HOSTILE}, "result": HOSTILE}]
    text = player(name=HOSTILE, trajectory_data=steps).to_html(tmp_path / "a.html").path.read_text(encoding="utf-8")
    assert len(re.findall(r"<script", text)) == 2
    assert len(re.findall(r"</script", text)) == 2
    assert "<!--" not in text


def test_a_redacted_value_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    """What was to be left out occurs nowhere in the file: not in texts, not in the title, not in a picture."""
    name = "Annabel Winterbourne"
    step = {"func_name": "computer", "kwargs": {"action": "type", "text": name}, "result": f"Typed {name}"}
    step["pre_check_snapshot"] = {"screenshot": inline(picture())}
    record = {"trajectory_data": [step], "original_input_values": {"patient": name}}
    redaction = Redaction(inputs=("patient",), pictures=True)
    export = player(name=f"For {name}", **record).to_html(tmp_path / "a.html", redact=redaction)
    assert name.encode() not in export.path.read_bytes()
    assert inline(picture())[:40].encode() not in export.path.read_bytes()
    assert b"pictures were left out" in export.path.read_bytes()
