"""Run the whole suite: `python -m tests`.

Three pytest calls of their own: everything that needs no browser, the notebooks, and the browser (its driver and
asyncio tests do not share a process). The first runs beside the other two, whose output is shown when they end. The
browser part is skipped where there is no Chromium, unless CYBERDESK_NB_REQUIRE_BROWSER is set.

A browser test presses and waits in real time, beside everything else that the machine does. The files of those that
fail are run once more when all else is done; both outputs are shown, and the last line says what passed only then.

What is tried at random is tried less often here than it can be. The long forms: CYBERDESK_NB_SEEDS=10 (fleets of the
analyses; 100 for the findings), CYBERDESK_NB_DIFF_CASES=500, CYBERDESK_NB_SEQUENCES=500 and CYBERDESK_NB_EXAMPLES=60
(the simulator's state machine, and schemathesis). CYBERDESK_NB_SHOTS=FOLDER keeps pictures of panels in both themes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNIT = ["tests", "--ignore=tests/browser"]
BESIDE = {
    "notebooks": ["--nbmake", "--nbmake-timeout=240", "-p", "tests.notebook_fleet", "notebooks"],
    "browser": ["tests/browser"],
}
NO_TESTS_RAN = 5


def main() -> int:
    """Run all parts; returns 0 when none failed."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        others = {name: beside.submit(_pytest, arguments, capture=True) for name, arguments in BESIDE.items()}
        print("== unit and simulator", flush=True)
        failed = [] if _passed(_pytest(UNIT)) else ["unit and simulator"]
        for name, other in others.items():
            ended = other.result()
            print(f"== {name}\n{ended.stdout}", flush=True)
            failed += [] if _passed(ended) else [name]
    unsteady: list[str] = []
    if "browser" in failed and (files := _failed_files(others["browser"].result().stdout)):
        print(f"== browser, once more: {' '.join(files)}", flush=True)
        if _passed(_pytest(files)):
            failed.remove("browser")
            unsteady = files
    print(f"== failed: {', '.join(failed)}" if failed else "== all parts passed", flush=True)
    if unsteady:
        print(f"== passed only when run once more: {', '.join(unsteady)}", flush=True)
    return bool(failed)


def _failed_files(printed: str) -> list[str]:
    """Return the files of the tests that pytest's summary lists; none where the whole call failed."""
    return sorted(set(re.findall(r"^(?:FAILED|ERROR) (tests/browser/\w+\.py)::", printed, re.MULTILINE)))


def _pytest(arguments: list[str], *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *arguments]
    stdout, stderr = (subprocess.PIPE, subprocess.STDOUT) if capture else (None, None)
    return subprocess.run(
        command, cwd=ROOT, check=False, stdout=stdout, stderr=stderr, text=True, encoding="utf-8", errors="replace"
    )


def _passed(ended: subprocess.CompletedProcess[str]) -> bool:
    return ended.returncode in {0, NO_TESTS_RAN}


if __name__ == "__main__":
    sys.exit(main())
