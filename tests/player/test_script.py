"""The front end's source: small, self-contained, and unable to turn data into markup."""

from __future__ import annotations

import re

from cyberdesk_nb.player.assets import widget_script, widget_style


def test_the_front_end_is_one_small_module() -> None:
    """Script and style need nothing else: no imports, no addresses, one default export, under 60 kB."""
    source = widget_script()
    assert len(source.encode()) < 60_000
    assert len(re.findall(r"^export default", source, re.MULTILINE)) == 1
    assert not re.search(r"^\s*import\b|\bimport\(|\brequire\(", source, re.MULTILINE)
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", source + widget_style()))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "@import" not in widget_style()
    assert "url(" not in widget_style()


def test_data_cannot_become_markup() -> None:
    """The script uses none of the ways in which text becomes markup or code."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc"
    assert not re.search(forbidden, widget_script())
