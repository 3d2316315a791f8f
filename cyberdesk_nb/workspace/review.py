"""Findings over many runs, fetched and worked out in one call: where replay breaks, what to approve next."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb import frames
from cyberdesk_nb.frames.steps import history_steps
from cyberdesk_nb.models import RunField, RunResponse
from cyberdesk_nb.workspace.plain import watch
from cyberdesk_nb.workspace.tables import Tables
from cyberdesk_nb.workspace.when import When, as_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.client import Walk

_BATCH_RUNS = 200
_BATCH_TRAJECTORIES = 5
_HISTORY = [RunField.RUN_MESSAGE_HISTORY]


class Review(Tables):
    """The part of a workspace that reads many histories."""

    def cache_breaks(self, *, since: When = "30d", until: When = None, workflow: str | None = None) -> pd.DataFrame:
        """Find where replays fell back to the agent, and what that cost.

        Fetches the message histories of all runs of the time (heavy) and the trajectories.

        Parameters
        ----------
        since, until
            Bounds of ``created_at``, as for `runs`.
        workflow
            Name or id; None takes all.

        Returns
        -------
        pandas.DataFrame
            As `cd.cache_breaks`. ``attrs["completeness"]`` says whether all runs came.
        """
        from cyberdesk_nb.analysis import cache_breaks

        parts: list[pd.DataFrame] = []

        def keep(runs: list[Any]) -> None:
            messages = frames.messages_frame(runs)
            parts.append(messages[messages["type"] == "tool_use"])

        completeness = self._histories(keep, since=since, until=until, workflow=workflow)
        table = cache_breaks(parts, self.trajectories(workflow=workflow))
        table.attrs["completeness"] = completeness
        return table

    def screen_drift(
        self, trajectory: str, *, since: When = "30d", until: When = None, runs_max: int = 40
    ) -> pd.DataFrame:
        """Compare what replays of a trajectory saw with what was recorded, and tell since when it differs.

        Fetches the message histories of the workflow's runs, and the screens of those that are compared (heavy).

        Parameters
        ----------
        trajectory
            Id of the trajectory.
        since, until
            Bounds of ``created_at``, as for `runs`.
        runs_max
            Most runs to compare; of more, as many are taken evenly over the time.

        Returns
        -------
        pandas.DataFrame
            As `cd.screen_drift`. ``attrs["runs"]`` says how many of how many replays were compared,
            ``attrs["completeness"]`` whether all runs came.
        """
        from cyberdesk_nb.analysis import screen_drift

        recorded = self.api.trajectories.get(trajectory)
        replays: list[RunResponse] = []

        def keep(runs: list[RunResponse]) -> None:
            replays.extend(run for run in runs if any(step.trajectory_id == trajectory for step in history_steps(run)))

        completeness = self._histories(keep, since=since, until=until, workflow=recorded.workflow_id)
        replays.sort(key=lambda run: run.created_at)
        count = min(runs_max, len(replays))
        chosen = [replays[round(n * (len(replays) - 1) / max(1, count - 1))] for n in range(count)]
        # Steps of other trajectories that a run replayed, too, were not recorded here, and are counted as such.
        table = screen_drift(chosen, recorded, pictures=lambda step: self.api.runs.image(step.source_id, step.image))
        table.attrs["runs"] = {"compared": len(chosen), "replays": len(replays)}
        table.attrs["completeness"] = completeness
        return table

    def approval_queue(self, *, days: float = 28.0, workflow: str | None = None) -> pd.DataFrame:
        """Rank the trajectories that are not approved by the agentic steps that approving them would save.

        Fetches those trajectories, and the runs of the last `days` with their message histories (heavy).

        Parameters
        ----------
        days
            How far back runs count.
        workflow
            Name or id; None takes all.

        Returns
        -------
        pandas.DataFrame
            As `cd.approval_queue`, by steps. ``attrs["completeness"]`` says whether all runs came.
        """
        from cyberdesk_nb.analysis import approval_queue

        walks = [
            self._client.trajectories.iter(
                workflow_id=self._id_of("workflow", workflow),
                is_approved=False,
                is_generated=kind,
                include=["workflow"],
            )
            for kind in (True, False)
        ]
        waiting: list[pd.DataFrame] = []
        parts: list[pd.DataFrame] = []

        def keep(trajectories: list[Any]) -> None:
            waiting.append(frames.trajectories_frame(trajectories))
            parts.append(frames.steps_frame(trajectories))

        self._gather(walks, "trajectories", keep, _BATCH_TRAJECTORIES)
        since = timedelta(days=days)
        completeness = self._histories(
            lambda runs: parts.append(frames.steps_frame(runs)), since=since, until=None, workflow=workflow
        )
        queue = approval_queue(
            frames.as_table(pd.concat(waiting, ignore_index=True), "trajectories"),
            self.runs(since=since, workflow=workflow),
            pd.concat(parts, ignore_index=True),
            days=days,
        )
        queue.attrs["completeness"] = completeness
        return queue

    def _histories(
        self, keep: Callable[[list[Any]], None], *, since: When, until: When, workflow: str | None
    ) -> dict[str, Any]:
        """Hand the runs of a time with their histories to `keep`, some at a time; return how complete they were."""
        walk = self._client.runs.iter(
            created_at_from=as_time(since),
            created_at_to=as_time(until),
            workflow_id=self._id_of("workflow", workflow),
            include=["workflow"],
            fields=_HISTORY,
        )

        self._gather([walk], "runs", keep, _BATCH_RUNS)
        return walk.completeness.to_dict()

    def _gather(self, walks: list[Walk[Any]], label: str, keep: Callable[[list[Any]], None], size: int) -> None:
        """Walk lists to their ends and hand their records to `keep`, `size` at a time, so that few are held."""

        async def gather() -> None:
            batch: list[Any] = []
            for walk in walks:
                async for record in walk:
                    batch.append(record)
                    if len(batch) >= size:
                        # On another thread, so that panels go on meanwhile.
                        await asyncio.to_thread(keep, batch)
                        batch = []
            await asyncio.to_thread(keep, batch)

        watch(self._portal, walks, label, gather)
