"""The package as a whole: light to import, complete in its names, public where it says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cyberdesk_nb as cd

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
HEAVY = ("pandas", "matplotlib", "ipywidgets", "fastapi")
MODULE_LINES_MAX = 400

PROBE = """
import json, sys, time
before = time.process_time()
import cyberdesk_nb
print(json.dumps({"cpu_s": time.process_time() - before, "loaded": sorted(sys.modules)}))
"""


def test_import_loads_nothing_heavy() -> None:
    """`import cyberdesk_nb` loads neither pandas, matplotlib, ipywidgets nor fastapi."""
    probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    loaded = json.loads(probe.stdout)["loaded"]
    assert not [name for name in HEAVY if name in loaded]


@pytest.mark.parametrize("name", cd.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """What `__all__` promises can be had and is listed by `dir`."""
    assert getattr(cd, name) is not None
    assert name in dir(cd)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as on any module."""
    with pytest.raises(AttributeError, match="conect"):
        getattr(cd, "conect")  # noqa: B009 - the point is the lookup


def test_no_module_has_grown_too_long() -> None:
    """No module of the package is over 400 lines."""
    package = Path(cd.__file__).parent
    lengths = {
        path.relative_to(package).as_posix(): len(path.read_text().splitlines()) for path in package.rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES_MAX} == {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_clean(path: Path) -> None:
    """A notebook opens with a question and holds no output, no counter and no widget state."""
    notebook: dict[str, Any] = json.loads(path.read_text())
    assert notebook["cells"][0]["cell_type"] == "markdown"
    assert "?" in "".join(notebook["cells"][0]["source"])
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert "widgets" not in notebook["metadata"]
