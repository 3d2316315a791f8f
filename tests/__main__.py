"""Run the whole suite: `python -m tests`.

Three pytest calls of their own: everything that needs no browser, the notebooks, and the browser (its driver and
asyncio tests do not share a process). The browser part is skipped where there is no Chromium, unless
CYBERDESK_NB_REQUIRE_BROWSER is set.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARTS = {
    "unit and simulator": ["tests", "--ignore=tests/browser"],
    "notebooks": ["--nbmake", "--nbmake-timeout=120", "-p", "tests.notebook_fleet", "notebooks"],
    "browser": ["tests/browser"],
}
NO_TESTS_RAN = 5


def main() -> int:
    """Run the parts in order, all of them; returns 0 when none failed."""
    failed: list[str] = []
    for name, arguments in PARTS.items():
        print(f"== {name}", flush=True)
        status = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode
        if status not in {0, NO_TESTS_RAN}:
            failed.append(name)
    print(f"== failed: {', '.join(failed)}" if failed else "== all parts passed", flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
