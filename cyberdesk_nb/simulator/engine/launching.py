"""Turns requests for runs into runs: one, many alike, a chain, or one again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cyberdesk_nb.simulator.engine.engine import Engine
from cyberdesk_nb.simulator.inputs.inputs import merged, parsed_schema, problems, refuse
from cyberdesk_nb.simulator.inputs.prompts import variables
from cyberdesk_nb.simulator.inputs.references import reference_problems
from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.runs.runs import Run
from cyberdesk_nb.simulator.world.attachments import attach_inputs, decoded_all, detach
from cyberdesk_nb.simulator.world.store import Record, Store, found

BULK_MAX = 1000
RETRY_OF_LIVE_RUN = "run_not_ended"
"""`error_code` of the refusal."""

_OUTPUTS = ("output_data", "run_message_history", "usage_metadata", "output_attachment_ids", "error", "post_run_checks")
_TIMES = ("started_at", "ended_at", "status")


class Launcher:
    """Checks requests and hands the runs to the engine."""

    def __init__(self, store: Store, book: RunBook, engine: Engine) -> None:
        self._store = store
        self._book = book
        self._engine = engine

    def create(self, body: Record) -> Run:
        """RunCreate -> a queued run."""
        self._check(body)
        number, run_id = self._book.number_for_next()
        session = body.get("session_id") or (run_id if body.get("start_session") else None)
        run = self._run(number, run_id, body, session)
        run.main_prompt = body.get("main_prompt")
        run.model_metadata = self._models(body)
        run.session_alias = body.get("session_alias")
        run.release_session_after = body.get("release_session_after")
        self._launch(run, body)
        return run

    def create_many(self, body: Record) -> list[Run]:
        """RunBulkCreate -> equal runs, all or none of them."""
        if not 1 <= body["count"] <= BULK_MAX:
            raise Refusal(422, f"count must be between 1 and {BULK_MAX}", code="invalid_count")
        self._check(body)
        session = body.get("session_id") or (self._store.new_id("session") if body.get("start_session") else None)
        runs: list[Run] = []
        for _ in range(body["count"]):
            number, run_id = self._book.number_for_next()
            runs.append(self._run(number, run_id, body, session))
            self._launch(runs[-1], body)
        return runs

    def create_chain(self, body: Record) -> tuple[str, list[Run]]:
        """WorkflowChainCreate -> the session and its runs, in order of the steps."""
        if not body["steps"]:
            raise Refusal(422, "A chain needs at least one step", code="empty_chain")
        bodies = [self._step_body(body, step) for step in body["steps"]]
        for one in bodies:
            self._check(one)
        self._check_references(bodies)
        session = body.get("session_id") or self._store.new_id("session")
        runs: list[Run] = []
        for index, one in enumerate(bodies):
            number, run_id = self._book.number_for_next()
            run = self._run(number, run_id, one, session)
            run.session_alias, run.chain = one.get("session_alias"), session
            is_last = index == len(bodies) - 1
            run.release_session_after = is_last and not body.get("keep_session_after_completion")
            runs.append(run)
            self._launch(run, one)
        return session, runs

    def retry(self, run: Run, body: Record) -> None:
        """RunRetry: start a terminal run again in place."""
        now = self._store.clock.now()
        if run.is_live(now):
            words = f"Run {run.id} is {run.status(now)}; only a run that has ended can be retried"
            raise Refusal(409, words, code=RETRY_OF_LIVE_RUN)
        merged_body = self._retry_body(run, body)
        self._check(merged_body)
        given = body.get("input_values") is not None
        run.attempts += 1
        run.attempt = run.closed_at = run.closed_because = run.output = run.values = None
        run.checks, run.verdicts = self._store.workflows[run.workflow_id]["post_run_checks"], None
        run.output_attachment_ids, run.chain = None, None
        run.patch = {k: v for k, v in run.patch.items() if k not in {*_OUTPUTS, *_TIMES}}
        run.inputs = merged_body["input_values"]
        run.wanted_machine_id, run.pool_ids = merged_body["machine_id"], merged_body["pool_ids"]
        run.machine_id = run.wanted_machine_id
        run.is_priority = merged_body["is_priority"]
        run.script_inputs = "sent" if given else run.script_inputs
        if body.get("sensitive_input_values") is not None:
            run.aliases = self._aliases(run, body)
        if body.get("file_inputs") is not None:
            detach(self._store, run.id, "input")
            run.input_attachment_ids = attach_inputs(self._store, run.id, body["file_inputs"], now)
        self._set_session(run, body)
        detach(self._store, run.id, "output")
        self._engine.submit(run, now)

    def _retry_body(self, run: Run, body: Record) -> Record:
        def kept(key: str, value: Any) -> Any:
            return body[key] if body.get(key) is not None else value

        return {
            "workflow_id": run.workflow_id,
            "input_values": kept("input_values", run.inputs),
            "sensitive_input_values": body.get("sensitive_input_values"),
            "file_inputs": body.get("file_inputs"),
            "kept_secrets": list(run.aliases or ()),
            "machine_id": kept("machine_id", run.wanted_machine_id),
            "pool_ids": kept("pool_ids", run.pool_ids),
            "is_priority": kept("is_priority", run.is_priority),
            "session_id": body.get("session_id"),
        }

    def _set_session(self, run: Run, body: Record) -> None:
        if body.get("session_id") or body.get("start_session"):
            run.session_id = body.get("session_id") or self._store.new_id("session")
            run.session_alias = None
        elif body.get("reuse_session") is False:
            run.session_id = run.session_alias = run.release_session_after = None
        for key in ("session_alias", "release_session_after"):
            if body.get(key) is not None:
                setattr(run, key, body[key])

    # checking
    def _check(self, body: Record) -> None:
        """Raise 404 for unknown ids and 422 for inputs and files that cannot be used, before anything is changed."""
        workflow = self._store.workflow(body["workflow_id"])
        if body.get("machine_id"):
            self._store.machine(body["machine_id"])
        for pool_id in body.get("pool_ids") or ():
            self._store.pool(pool_id)
        for model_id in _model_ids(body):
            found(self._store.model_configurations, "Model configuration", model_id)
        decoded_all(body.get("file_inputs") or ())
        if self._store.clock.is_repeating:
            return  # The inputs were checked when the secrets among them were there.
        schema = parsed_schema(workflow["input_schema"])
        machine_id = self._session_machine(body) or body.get("machine_id")
        values = self._payload(body, machine_id)
        # A retry names the secrets without sending them again; their values were never kept.
        kept: list[str] = body.get("kept_secrets") or []
        named = [f"${key}" for key in kept]
        refuse(problems(schema, values, suppliable=[*named, *(() if machine_id else self._suppliable())]))

    def _check_references(self, steps: Sequence[Record]) -> None:
        """Raise the 422 for a reference to an earlier step whose output, as its workflow declares it, cannot fit."""
        outputs: dict[str, Record] = {}
        for step in steps:
            workflow = self._store.workflow(step["workflow_id"])
            schema = parsed_schema(workflow["input_schema"])
            if schema is not None:
                refuse(reference_problems(schema, step["input_values"], outputs))
            produced = parsed_schema(workflow["output_schema"])
            if step["session_alias"] and produced is not None:
                outputs[step["session_alias"]] = produced

    def _payload(self, body: Record, machine_id: str | None) -> dict[str, Any]:
        """Return the merged inputs as the schema sees them: sensitive keys under `$key`."""
        machine = self._store.machines.get(machine_id or "", {})
        pools = [self._store.pools[pool_id] for pool_id in body.get("pool_ids") or ()]
        values = merged(
            body.get("input_values") or {},
            machine.get("machine_parameters") or {},
            [pool["pool_parameters"] or {} for pool in pools],
        )
        secrets = merged(
            body.get("sensitive_input_values") or {},
            machine.get("machine_sensitive_parameters") or {},
            [pool["pool_sensitive_parameters"] or {} for pool in pools],
        )
        return values | {f"${key}": value for key, value in secrets.items()}

    def _session_machine(self, body: Record) -> str | None:
        hold = self._engine.dispatcher.sessions.get(body.get("session_id") or "")
        return self._store.machine_at.get(hold.slot) if hold is not None and hold.slot is not None else None

    def _suppliable(self) -> list[str]:
        """Return the keys that some machine has, and so could supply at execution."""
        keys: set[str] = set()
        for machine in self._store.machines.values():
            keys |= set(machine["machine_parameters"] or {})
            secrets: Record = machine["machine_sensitive_parameters"] or {}
            keys |= {f"${key}" for key in secrets}
        return sorted(keys)

    # making
    def _run(self, number: int, run_id: str, body: Record, session: str | None) -> Run:
        workflow_id = body["workflow_id"]
        run = Run(
            number=number,
            id=run_id,
            workflow_id=workflow_id,
            kind=self._store.kinds[workflow_id],
            created_at=self._store.clock.now(),
            script_inputs="sent",
            inputs=body.get("input_values"),
            machine_id=body.get("machine_id"),
            wanted_machine_id=body.get("machine_id"),
            pool_ids=body.get("pool_ids") or None,
            is_priority=bool(body.get("is_priority")),
            session_id=session,
        )
        run.aliases = self._aliases(run, body)
        run.checks = self._store.workflows[workflow_id]["post_run_checks"]
        return run

    def _launch(self, run: Run, body: Record) -> None:
        now = run.created_at
        if body.get("file_inputs"):
            run.input_attachment_ids = attach_inputs(self._store, run.id, body["file_inputs"], now)
        self._book.add(run)
        self._engine.submit(run, now)

    def _aliases(self, run: Run, body: Record) -> dict[str, str] | None:
        """Return an opaque token per secret; the secrets themselves go nowhere."""
        names: Record = body.get("sensitive_input_values") or {}
        return {name: self._store.new_id(f"alias/{run.id}") for name in names} or None

    def _models(self, body: Record) -> Record | None:
        metadata = dict(body["model_metadata"]) if body.get("model_metadata") else {}
        if body.get("main_agent_model_id"):
            metadata["main_agent_model_id"] = body["main_agent_model_id"]
        names = ("main_agent_model_id", "cache_detection_model_id", "fallback_model_1_id", "fallback_model_2_id")
        return {name: metadata.get(name) for name in names} if metadata else None

    def _step_body(self, chain: Record, step: Record) -> Record:
        """Return what a step of a chain asks for: shared values where its workflow declares them, its own over them."""
        workflow = self._store.workflow(step["workflow_id"])
        declared = declared_names(workflow)
        inputs: Record = chain.get("shared_inputs") or {}
        sensitive: Record = chain.get("shared_sensitive_inputs") or {}
        shared = {key: value for key, value in inputs.items() if key in declared}
        secrets = {key: value for key, value in sensitive.items() if f"${key}" in declared}
        return {
            "workflow_id": step["workflow_id"],
            "input_values": shared | (step.get("inputs") or {}),
            "sensitive_input_values": secrets | (step.get("sensitive_inputs") or {}),
            "file_inputs": chain.get("shared_file_inputs"),
            "session_alias": step.get("session_alias"),
            "is_priority": chain.get("is_priority"),
            "machine_id": None if chain.get("session_id") else chain.get("machine_id"),
            "pool_ids": None if chain.get("session_id") else chain.get("pool_ids"),
            "session_id": chain.get("session_id"),
        }


def declared_names(workflow: Mapping[str, Any]) -> set[str]:
    """Return the inputs that a workflow knows, from its schema and its prompt; a secret as `$name`."""
    schema = parsed_schema(workflow["input_schema"]) or {}
    return {*schema.get("properties", {}), *variables(str(workflow["main_prompt"]))}


def kind_for(workflow: Mapping[str, Any], slugs: Sequence[str]) -> str:
    """Choose the play of a workflow that the catalogue does not know: by a word of its text, else by its id."""
    text = f"{workflow['name']} {workflow['main_prompt']}".casefold()
    scores = {slug: sum(word in text for word in slug.split("-")) for slug in slugs}
    best = max(slugs, key=lambda slug: scores[slug])
    return best if scores[best] else slugs[zlib.crc32(str(workflow["id"]).encode()) % len(slugs)]


def _model_ids(body: Record) -> list[str]:
    metadata: Mapping[str, Any] = body.get("model_metadata") or {}
    return [str(one) for one in (body.get("main_agent_model_id"), *metadata.values()) if one]
