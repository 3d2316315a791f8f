"""Plans the life of a run that has got its machine: what it works with, what it replays, how long it takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import exp
from typing import Any, cast

from cyberdesk_nb.simulator.chance import mix, rng, unit
from cyberdesk_nb.simulator.engine.checks import fail_by_chance, fail_by_verdict
from cyberdesk_nb.simulator.engine.judging import Evidence, judge
from cyberdesk_nb.simulator.engine.plans import nominal_s
from cyberdesk_nb.simulator.engine.scripts import Script, ScriptKey
from cyberdesk_nb.simulator.fleet.past import SAMPLES
from cyberdesk_nb.simulator.inputs.inputs import completed, merged, parsed_schema, problems
from cyberdesk_nb.simulator.inputs.prompts import prompt_problem
from cyberdesk_nb.simulator.inputs.references import UnresolvedReference, resolved
from cyberdesk_nb.simulator.inputs.shaping import fits, shaped
from cyberdesk_nb.simulator.runs.records import RunReader
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.runs.runs import SUCCESS, Attempt, Run
from cyberdesk_nb.simulator.world.store import Record, Store
from cyberdesk_nb.simulator.world.trajectories import Trajectories


class Planner:
    """Plans attempts; chance follows from the seed, the run's number and the attempt's."""

    def __init__(self, store: Store, book: RunBook, trajectories: Trajectories, reader: RunReader) -> None:
        self._store = store
        self._book = book
        self._trajectories = trajectories
        self._reader = reader

    def execution_values(self, run: Run, at: datetime) -> tuple[Mapping[str, Any], str | None]:
        """Return the merged inputs with references resolved, or why the run cannot be executed."""
        if why := self._missing_key(run):
            return {}, why
        try:
            values: dict[str, Any] = resolved(values_of(self._store, run), self._outputs(run, at))
        except UnresolvedReference as missing:
            return {}, str(missing)
        workflow = self._store.workflows[run.workflow_id]
        schema = parsed_schema(workflow["input_schema"])
        secrets = [f"${key}" for key in (run.aliases or {})]
        wrong = problems(schema, values, suppliable=secrets) if isinstance(run.script_inputs, str) else []
        if wrong:
            words = "; ".join(f"{one['path']}: {one['message']}" for one in wrong)
            return values, f"Input validation failed: {words}"
        values = completed(schema, values)
        return values, prompt_problem(run.main_prompt or str(workflow["main_prompt"]), values)

    def _missing_key(self, run: Run) -> str | None:
        """Say that no key is there for the run's main model, where that is so."""
        configurations, workflow = self._store.model_configurations, self._store.workflows[run.workflow_id]
        wishes: list[Record] = [run.model_metadata or {}, workflow["model_metadata"] or {}]
        chosen = next((one["main_agent_model_id"] for one in wishes if one.get("main_agent_model_id")), "")
        by_default = next((one for one in configurations.values() if one["is_system_default"]), None)
        model = configurations.get(chosen, by_default)
        if model is None or model["api_key_alias"] or model["provider"] not in self._store.keyless_providers:
            return None
        return f"No key that works is stored for {model['provider']}, the provider of the main model {model['name']}"

    def _outputs(self, run: Run, at: datetime) -> dict[str, Any]:
        """Return what earlier runs of the session found, by alias."""
        if run.session_id is None:
            return {}
        earlier = [one for one in self._book.of_session(run.session_id) if one.number < run.number]
        return {one.session_alias: self._reader.output(one, at) for one in earlier if one.session_alias}

    def output(self, run: Run, at: datetime) -> Record | None:
        """Return what a run has found by then."""
        return self._reader.output(run, at)

    def plan(self, run: Run, values: Mapping[str, Any], at: datetime) -> Attempt:
        """Plan one attempt that begins at `at`; failures and disturbances come by chance."""
        seed = mix(self._store.options.seed, run.number, run.attempts)
        key = self._script_key(run, values, seed)
        script = self._store.library.script(key)
        replay = self._trajectories.replay_for(run.workflow_id, run.machine_id or "", script)
        natural_s = nominal_s(script, replay.steps if replay else 0) * exp(rng(seed, 1).gauss(0.0, 0.15))
        started_at = at + timedelta(seconds=0.4 + 1.5 * unit(seed, 2))
        work_ends_at = started_at + timedelta(seconds=natural_s)
        attempt = Attempt(key, seed, started_at, natural_s, work_ends_at, work_ends_at, script.status, replay=replay)
        self._add_checks(run, attempt)
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
            if value is not None and not name.startswith("$") and fits(value, schema):
                inputs[name] = value
        return inputs

    def _add_checks(self, run: Run, attempt: Attempt) -> None:
        """Give the run its own copy of its workflow's checks, and time for them after the work."""
        run.checks = checks = list(self._store.workflows[run.workflow_id]["post_run_checks"])
        if not checks or attempt.final != SUCCESS:
            return
        attempt.ends_at += timedelta(seconds=len(checks) * (5 + 10 * unit(attempt.seed, 7)))
        if unit(attempt.seed, 8) < 0.3 * self._store.options.failure_rate:
            fail_by_chance(attempt, checks)

    def judge(self, run: Run, attempt: Attempt, files: Sequence[str], at: datetime) -> None:
        """Work through the checks of a run whose work is done, unless chance has; a failed one fails the run."""
        if not run.checks or attempt.final != SUCCESS or attempt.is_cut:
            return
        schema = parsed_schema(self._store.workflows[run.workflow_id]["output_schema"])
        evidence = Evidence(run.values or {}, self.output(run, at), schema, files)
        run.verdicts = [judge(check, evidence) for check in run.checks]
        fail_by_verdict(attempt, run.verdicts)

    def _own_output(self, run: Run, script: Script) -> Record | None:
        """Return an output in the shape that the workflow asks for, where that is not its kind's."""
        wanted = parsed_schema(self._store.workflows[run.workflow_id]["output_schema"])
        if script.output is None or wanted is None or wanted == self._store.library.kinds[run.kind].output_schema:
            return None
        return shaped(wanted, script.output)


def values_of(store: Store, run: Run) -> Mapping[str, Any]:
    """Return the inputs that a run's prompt is filled with: its own, its machine's and its selected pools'."""
    inputs = run.inputs or {}
    machine: dict[str, Any] = store.machines.get(run.machine_id or "", {}).get("machine_parameters") or {}
    chosen = [store.pools[pool_id] for pool_id in run.pool_ids or () if pool_id in store.pools]
    pools: list[dict[str, Any]] = [pool["pool_parameters"] or {} for pool in chosen]
    return merged(inputs, machine, pools) if machine or any(pools) else inputs
