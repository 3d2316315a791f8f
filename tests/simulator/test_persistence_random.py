"""A kept fleet under whatever users do to it: a restart at any place changes nothing that the API shows."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.simulator import simulator
from tests.simulator.conftest import http_client
from tests.simulator.deeds import DEEDS, SECRET, do
from tests.simulator.kept_fleet import SMALL, differences, everything

_SECONDS = st.sampled_from([0.0, 0.0, 1.0, 30.0, 200.0])
_DEEDS = st.tuples(st.integers(0, len(DEEDS) - 1), st.integers(0, 1_000_000), _SECONDS)


@settings(max_examples=3, deadline=None)
@given(lives=st.lists(st.lists(_DEEDS, min_size=8, max_size=25), min_size=1, max_size=2))
def test_a_restart_anywhere_changes_nothing(lives: list[list[tuple[int, int, float]]]) -> None:
    """After any deeds, with restarts anywhere between them, a new start shows what the last one showed, no secret."""
    with TemporaryDirectory() as folder:
        db = Path(folder, "fleet.db")
        shown = None
        for deeds in [*lives, []]:
            with simulator(db=db, **SMALL) as sim, http_client(sim) as http:
                if shown is not None:
                    assert differences(shown, everything(http)) == {}
                for number, seed, seconds in deeds:
                    do(http, number, seed)
                    sim.clock.advance(seconds)
                shown = everything(http)
            assert SECRET.encode() not in b"".join(file.read_bytes() for file in Path(folder).iterdir())
