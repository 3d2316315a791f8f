"""Makes runs go on: places them, plans their lives, ends them, and lets the next begin, as virtual time passes."""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from math import exp
from typing import Any, cast

from jsonschema import Draft202012Validator

from cyberdesk_nb.simulator.chance import mix, rng, unit
from cyberdesk_nb.simulator.checks import CHECK_FAILED
from cyberdesk_nb.simulator.dispatch import ANYWHERE, Dispatcher
from cyberdesk_nb.simulator.fleet.past import SAMPLES, Lived
from cyberdesk_nb.simulator.inputs import UnresolvedReference, merged, parsed_schema, problems, resolved
from cyberdesk_nb.simulator.past_runs import from_us
from cyberdesk_nb.simulator.plans import nominal_s
from cyberdesk_nb.simulator.records import RunReader
from cyberdesk_nb.simulator.run_book import RunBook
from cyberdesk_nb.simulator.runs import CANCELLED, ERROR, RUNNING, SUCCESS, TASK_FAILED, Attempt, Run
from cyberdesk_nb.simulator.scripts import Script, ScriptKey
from cyberdesk_nb.simulator.store import Record, Store
from cyberdesk_nb.simulator.trajectories import Trajectories


class Engine:
    """Owns the dispatcher and the events to come. Times given to it never run backwards."""

    def __init__(
        self, store: Store, book: RunBook, trajectories: Trajectories, reader: RunReader, lived: Lived
    ) -> None:
        self.dispatcher: Dispatcher = lived.dispatcher
        self._store = store
        self._book = book
        self._trajectories = trajectories
        self._reader = reader
        self._order = count()
        self._ends: list[tuple[datetime, int, int, Attempt]] = []
        self._starting: deque[tuple[int, int, datetime]] = deque()
        self._is_starting = False
        for at, number, _ in lived.ends:
            self._expect(book.own_past(number), from_us(at))
        for number in self._waiting():
            book.own_past(number)
        self._hurry()

    # time
    def settle(self, now: datetime) -> None:
        """Let happen what is due up to `now`."""
        while self._ends and self._ends[0][0] <= now:
            at, _, number, attempt = heapq.heappop(self._ends)
            run = self._book.own.get(number)
            if run is not None and run.attempt is attempt:
                self._leave(run, at)
        self._hurry()

    def _hurry(self) -> None:
        if self._ends:
            self._store.clock.hurry_until(max(end[0] for end in self._ends))

    def _expect(self, run: Run, at: datetime) -> None:
        assert run.attempt is not None
        heapq.heappush(self._ends, (at, next(self._order), run.number, run.attempt))

    # what users do
    def submit(self, run: Run, at: datetime) -> None:
        """Queue a run; it starts at once where a machine is free."""
        slot = self.dispatcher.submit(
            run.number, self.mask_of(run.number), priority=run.is_priority, session=run.session_id
        )
        if slot is not None:
            self._begin(run.number, slot, at)
        self._hurry()

    def cancel(self, run: Run, at: datetime) -> None:
        """Stop a live run: what it did until now stays."""
        self._stop(run, at, CANCELLED, None)

    def stop(self, run: Run, at: datetime, status: str, errors: list[str] | None) -> None:
        """End a live run in another way than its plan says."""
        self._stop(run, at, status, errors)

    def release_session(self, session_id: str, at: datetime) -> None:
        """Cancel a session's live runs and give its machine back."""
        for run in self._book.of_session(session_id):
            if run.is_live(at):
                self.cancel(run, at)
        self._free(session_id, at)

    def connect(self, slot: int, at: datetime) -> None:
        """Let a machine take part again."""
        number = self.dispatcher.connect(slot)
        if number is not None:
            self._begin(number, slot, at)
        self._hurry()

    def disconnect(self, slot: int, at: datetime, why: str) -> None:
        """Take a machine out; the run on it ends in an error."""
        self.dispatcher.disconnect(slot)
        number = self.dispatcher.running.get(slot)
        if number is not None:
            self._stop(self._book.own[number], at, ERROR, [why])

    def requeue(self, at: datetime) -> None:
        """Place waiting runs anew after the pools have changed."""
        for number, slot in self.dispatcher.requeue(self.mask_of):
            self._begin(number, slot, at)
        self._hurry()

    def mask_of(self, number: int) -> int:
        """Return where a run may be placed: machine beats pools (all of them) beats any."""
        run = self._book.own[number]
        if run.wanted_machine_id is not None:
            slot = self._store.slots.get(run.wanted_machine_id)
            return 1 << slot if slot is not None else 0
        mask = ANYWHERE
        for pool_id in run.pool_ids or ():
            mask &= self._store.pool_mask(pool_id)
        return mask

    def values_of(self, run: Run) -> Mapping[str, Any]:
        """Return the inputs that a run's prompt is filled with: its own, its machine's and its pools'."""
        machine = self._store.machines.get(run.machine_id or "", {})
        pools = [self._store.pools[pool_id] for pool_id in run.pool_ids or () if pool_id in self._store.pools]
        return merged(
            run.inputs or {},
            machine.get("machine_parameters") or {},
            [pool["pool_parameters"] or {} for pool in pools],
        )

    # beginning
    def _begin(self, number: int, slot: int, at: datetime) -> None:
        """Start a run on a slot; those that a start makes possible follow it in a loop, not in a recursion."""
        self._starting.append((number, slot, at))
        if self._is_starting:
            return
        self._is_starting = True
        try:
            while self._starting:
                self._start(*self._starting.popleft())
        finally:
            self._is_starting = False

    def _start(self, number: int, slot: int, at: datetime) -> None:
        run = self._book.own[number]
        run.machine_id = self._store.machine_at[slot]
        values, why = self._execution_values(run, at)
        if why is not None:
            run.closed_at, run.closed_as, run.closed_because = at, ERROR, [why]
            self._vacate(run, slot, at)
            return
        run.attempt = self._plan(run, values, at)
        self._expect(run, run.attempt.ends_at)

    def _execution_values(self, run: Run, at: datetime) -> tuple[Mapping[str, Any], str | None]:
        """Return the merged inputs with references resolved, or why the run cannot be executed."""
        try:
            values = resolved(self.values_of(run), self._outputs(run, at))
        except UnresolvedReference as missing:
            return {}, str(missing)
        schema = parsed_schema(self._store.workflows[run.workflow_id]["input_schema"])
        secrets = [f"${key}" for key in (run.aliases or {})]
        wrong = problems(schema, values, suppliable=secrets) if isinstance(run.script_inputs, str) else []
        words = "; ".join(f"{one['path']}: {one['message']}" for one in wrong)
        return values, f"Input validation failed: {words}" if wrong else None

    def _outputs(self, run: Run, at: datetime) -> dict[str, Any]:
        """Return what earlier runs of the session found, by alias."""
        if run.session_id is None:
            return {}
        earlier = [one for one in self._book.of_session(run.session_id) if one.number < run.number]
        return {one.session_alias: self._reader.output(one, at) for one in earlier if one.session_alias}

    def _plan(self, run: Run, values: Mapping[str, Any], at: datetime) -> Attempt:
        seed = mix(self._store.options.seed, run.number, run.attempts)
        key = self._script_key(run, values, seed)
        script = self._store.library.script(key)
        replay = self._trajectories.replay_for(run.workflow_id, run.machine_id or "", script)
        natural_s = nominal_s(script, replay.steps if replay else 0) * exp(rng(seed, 1).gauss(0.0, 0.15))
        started_at = at + timedelta(seconds=0.4 + 1.5 * unit(seed, 2))
        work_ends_at = started_at + timedelta(seconds=natural_s)
        attempt = Attempt(key, seed, started_at, natural_s, work_ends_at, work_ends_at, script.status, replay=replay)
        self._plan_checks(run, attempt)
        run.output = self._own_output(run, script)
        return attempt

    def _script_key(self, run: Run, values: Mapping[str, Any], seed: int) -> ScriptKey:
        """Choose the play, and by chance what goes wrong in it."""
        kind, options = self._store.library.kinds[run.kind], self._store.options
        disturbance = failure = None
        if kind.failures and unit(seed, 3) < options.failure_rate:
            failure = rng(seed, 4).choice(kind.failures).name
        elif kind.disturbances and unit(seed, 5) < options.disturbance_rate:
            disturbance = rng(seed, 6).choice(kind.disturbances).name
        inputs = run.script_inputs
        if isinstance(inputs, str):
            inputs = json.dumps(self._playable(run, values), sort_keys=True, ensure_ascii=False)
        return ScriptKey(run.kind, inputs, disturbance, failure)

    def _playable(self, run: Run, values: Mapping[str, Any]) -> Record:
        """Return inputs that the catalogue's play can use: the run's where they fit it, a sample's elsewhere."""
        kind = self._store.library.kinds[run.kind]
        inputs = dict(self._store.library.sample(run.kind, run.number % SAMPLES))
        for name, schema in cast("dict[str, Record]", kind.input_schema["properties"]).items():
            value = values.get(name, schema.get("default"))
            if value is not None and not name.startswith("$") and _fits(value, schema):
                inputs[name] = value
        return inputs

    def _plan_checks(self, run: Run, attempt: Attempt) -> None:
        checks = self._store.workflows[run.workflow_id]["post_run_checks"] or []
        if not checks or attempt.final != SUCCESS:
            return
        attempt.ends_at += timedelta(seconds=len(checks) * (5 + 10 * unit(attempt.seed, 7)))
        if unit(attempt.seed, 8) < 0.3 * self._store.options.failure_rate:
            attempt.final = TASK_FAILED
            attempt.errors = [f"{CHECK_FAILED}a value is missing in the output"]

    def _own_output(self, run: Run, script: Script) -> Record | None:
        """Return an output in the shape that the workflow asks for, where that is not its kind's."""
        wanted = parsed_schema(self._store.workflows[run.workflow_id]["output_schema"])
        if script.output is None or wanted is None or wanted == self._store.library.kinds[run.kind].output_schema:
            return None
        return shaped(wanted, script.output)

    # ending
    def _stop(self, run: Run, at: datetime, status: str, errors: list[str] | None) -> None:
        if run.attempt is None:
            run.closed_at, run.closed_as, run.closed_because = at, status, errors
            self.dispatcher.withdraw(run.number)
            self._after_waiting(run, at)
            return
        attempt, was_running = run.attempt, run.status(at) == RUNNING or at < run.attempt.started_at
        run.attempt = replace(
            attempt,
            started_at=min(attempt.started_at, at),
            work_ends_at=min(attempt.work_ends_at, at),
            ends_at=at,
            final=status,
            errors=errors,
            is_cut=was_running or status != SUCCESS,
        )
        self._leave(run, at)

    def _leave(self, run: Run, at: datetime) -> None:
        """Give the machine of a run that has ended to the next."""
        slot = next(slot for slot, number in self.dispatcher.running.items() if number == run.number)
        if run.attempt is not None and run.attempt.final == SUCCESS and not _is_replayed(run, self._script(run)):
            self._trajectories.record_run(run, at)
        self._vacate(run, slot, at)

    def _vacate(self, run: Run, slot: int, at: datetime) -> None:
        release = bool(run.release_session_after)
        left: list[int] = []
        if run.session_id is not None and run.session_id in self.dispatcher.sessions:
            waiting = self.dispatcher.sessions[run.session_id].waiting
            if run.chain is not None and run.status(at) != SUCCESS:
                release = self._abandon(list(waiting), at) or release
            left = [number for number in waiting if self._book.own[number].is_live(at)]
        following = self.dispatcher.finish(slot, release=release)
        if following is not None:
            self._begin(following, slot, at)
        if release:
            self._resubmit(left, at)

    def _abandon(self, waiting: list[int], at: datetime) -> bool:
        """Cancel the rest of a chain after a failed step; return whether the session is to be released with it."""
        rest = [self._book.own[number] for number in waiting if self._book.own[number].chain is not None]
        for run in rest:
            run.closed_at, run.closed_as = at, CANCELLED
            run.closed_because = ["Cancelled because an earlier step of the chain did not succeed"]
            self.dispatcher.withdraw(run.number)
        return any(run.release_session_after for run in rest)

    def _after_waiting(self, run: Run, at: datetime) -> None:
        """Release the session of a cancelled run that was to release it, once nothing else is in it."""
        hold = self.dispatcher.sessions.get(run.session_id or "")
        if hold is None or not run.release_session_after or hold.current is not None or hold.waiting:
            return
        self._free(run.session_id or "", at)

    def _free(self, session_id: str, at: datetime) -> None:
        hold = self.dispatcher.sessions.get(session_id)
        following = self.dispatcher.release(session_id)
        if following is not None and hold is not None and hold.slot is not None:
            self._begin(following, hold.slot, at)

    def _resubmit(self, numbers: list[int], at: datetime) -> None:
        """Let runs whose session was released before their turn begin a new hold."""
        for number in numbers:
            self.submit(self._book.own[number], at)

    def _script(self, run: Run) -> Script:
        assert run.attempt is not None
        return self._store.library.script(run.attempt.script)

    def _waiting(self) -> list[int]:
        held = [number for session in self.dispatcher.sessions.values() for number in session.waiting]
        return [*self.dispatcher.queued, *held]


def shaped(schema: Mapping[str, Any], known: Any) -> Any:
    """Make a value that a schema asks for, taking what is known by name; the shorthand `{field: "string"}` too."""
    kinds = cast("Any", schema.get("type"))
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object" or isinstance(schema.get("properties"), dict) or not isinstance(kind, str):
        fields = cast("dict[str, Any]", schema.get("properties", schema))
        return {name: _known_or_made(one, name, known) for name, one in fields.items()}
    simple: dict[str, Any] = {"string": "n/a", "number": 1.5, "integer": 1, "boolean": True, "array": [], "null": None}
    return simple.get(kind, "n/a")


def _known_or_made(schema: Any, name: str, known: Any) -> Any:
    asked = cast("Mapping[str, Any]", schema) if isinstance(schema, dict) else {"type": schema}
    found = cast("Mapping[str, Any]", known).get(name) if isinstance(known, dict) else None
    return found if found is not None and _fits(found, asked) else shaped(asked, found)


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    try:
        return Draft202012Validator(schema).is_valid(value)  # pyright: ignore[reportUnknownMemberType]
    except Exception:  # noqa: BLE001 - a user's schema may be anything; what it cannot check does not fit
        return False


def _is_replayed(run: Run, script: Script) -> bool:
    """Tell whether every step was replayed: such a run records nothing new."""
    attempt = run.attempt
    return attempt is not None and attempt.replay is not None and attempt.replay.steps >= len(script.lines)
