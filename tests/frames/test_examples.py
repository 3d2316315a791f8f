"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules

import matplotlib as mpl
import pytest

from cyberdesk_nb import analysis, charts, frames

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (frames, analysis, charts)
    for module in iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Each example gives what it says."""
    with mpl.rc_context({"backend": "Agg"}):
        assert doctest.testmod(import_module(name)).failed == 0
