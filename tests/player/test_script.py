"""The front ends' source: small, self-contained, and unable to turn data into markup."""

from __future__ import annotations

import re

import pytest

from cyberdesk_nb.player.assets import Front, comparison_front, player_front

fronts = pytest.mark.parametrize("front", [player_front(), comparison_front()], ids=["player", "comparison"])


@fronts
def test_a_front_end_is_one_small_module(front: Front) -> None:
    """Script and style need nothing else: no imports, no addresses, one default export, under 60 kB."""
    assert len(front.script.encode()) < 60_000
    assert len(re.findall(r"^export default", front.script, re.MULTILINE)) == 1
    assert not re.search(r"^\s*import\b|\bimport\(|\brequire\(", front.script, re.MULTILINE)
    assert set(re.findall(r"https?://[^\s\"'`)]+", front.script + front.style)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in front.style
    assert "url(" not in front.style


@fronts
def test_data_cannot_become_markup(front: Front) -> None:
    """The script uses none of the ways in which text becomes markup or code."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc"
    assert not re.search(forbidden, front.script)
