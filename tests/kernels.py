"""Versions of ipykernel beside the installed one, each in a folder of its own, as kernels that Jupyter can start.

The newest bug fix of each line that people run; a line that cannot be installed here is skipped, unless
CYBERDESK_NB_REQUIRE_KERNELS is set. `python -m tests.kernels 6.31` installs one and prints its folder, for PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

LINES = ("6.31", "7.3", "7.4")
# What only the older lines need: none of it is a dependency of the newest.
_MORE = ("nest-asyncio>=1.6,<2", "psutil>=5.7")
REQUIRED = os.environ.get("CYBERDESK_NB_REQUIRE_KERNELS") == "1"


class NoKernelError(Exception):
    """A line that cannot be installed here, for instance because there is no network."""


def install(line: str, folder: Path) -> None:
    """Install a line of ipykernel into a folder, with nothing else that is there already.

    Raises `NoKernelError` where pip cannot.
    """
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    wanted = [f"ipykernel=={line}.*", *_MORE]
    done = subprocess.run([*pip, f"--target={folder}", *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoKernelError(done.stderr.strip()[-500:])


def installed(line: str, cache: Path) -> Path:
    """Give the folder of a line below `cache`, where it is installed once for all runs of the tests.

    Raises `NoKernelError` where it is not there and pip cannot install it.
    """
    folder = cache / f"ipykernel-{line}-{sys.implementation.cache_tag}"
    if not folder.exists():
        # Whole or not at all: a run that is broken off must not leave half a kernel to the next one.
        with TemporaryDirectory(dir=cache) as made:
            install(line, Path(made) / line)
            with suppress(OSError):  # Another run was quicker.
                (Path(made) / line).rename(folder)
    return folder


def add_kernel(line: str, jupyter: Path, environment: dict[str, str]) -> str:
    """Describe a kernel in Jupyter's data folder, and give its name; `PYTHONPATH` decides which line it is."""
    name = f"ipykernel-{line}"
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "env": environment,
    }
    folder = jupyter / "kernels" / name
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return name


if __name__ == "__main__":
    made = Path(mkdtemp(prefix="ipykernel-"))
    install(sys.argv[1], made)
    print(made)
