"""State that survives (`--db FILE`): a journal of the requests that changed the world, and its replay.

A world is a function of its seed, its anchor and what was asked of it when: nothing in it ticks by itself. So the file
holds the options, the anchor, and every request that could change something, with the virtual time at which it was
made; a restart makes the same fleet and repeats the requests, each at its instant. Records written through on change
were the other choice: they would need to know of every change of every nested value, of the engine's queues and of
the plans of runs, and to put memory back when a write to the file fails. A journal is written first and applied
then, so a file that cannot be written refuses the request before anything has changed.

- The price is the time of a start: about a millisecond a request, and four for a launch with inputs of its own, whose
  play is worked out again. The file grows with every request; nothing is taken out of it.
- A request is in the file before it is applied, and so before its answer leaves. A kill in between leaves a request
  that nobody has an answer to; the restart makes it.
- What is refused with a 422 did not fit and changed nothing; it leaves the file again before its answer leaves.
- Bodies are kept without secrets and without keys that their model does not know (`masks`), so a replay does not check
  inputs against a workflow's schema again: that was done when the secrets were there.
- Each entry keeps the status and a checksum of its answer. A replay that answers otherwise (another version of this
  package, a changed file) is refused, because the fleet that it makes would not be the one that was shown.
- The file is SQLite in WAL mode with full synchronisation, locked for as long as a simulator uses it.
- The fleet in the file wins over the default of a switch; a switch that is given and says otherwise is an error.
  `speed` is no property of the fleet and may change from start to start.
- Time stands still for live runs while no simulator runs. With none, it catches up with the real time since the fleet
  was made, as it would have done had the simulator run. It never goes back.
"""

from __future__ import annotations

from cyberdesk_nb.simulator.persistence.journal import Journal

__all__ = ["Journal"]
