"""The tables of workflows: workflows, their tags, and the trajectories that were recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cyberdesk_nb import frames
from cyberdesk_nb.frames import Columns
from cyberdesk_nb.frames.sieve import PictureSieve
from cyberdesk_nb.workspace.source import Source
from cyberdesk_nb.workspace.when import When, as_time

if TYPE_CHECKING:
    import pandas as pd


class WorkflowTables(Source):
    """Lists of workflows and of what belongs to them, as frames.

    `columns` and `strict` are those of `runs_frame` everywhere: names of columns and groups to have, and whether a
    value that cannot be read, or a row that cannot be reached, is an error.
    """

    def workflows(
        self,
        *,
        search: str | None = None,
        tags: Sequence[str] = (),
        since: When = None,
        until: When = None,
        updated_since: When = None,
        updated_until: When = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch workflows with their tags and checks (`GET /v1/workflows`); columns as `workflows_frame`.

        Parameters
        ----------
        search
            Text to find in id and name.
        tags
            Names or ids; only workflows that have all of them.
        since, until, updated_since, updated_until
            Bounds of ``created_at`` and of ``updated_at``, as in `runs`.
        """
        walk = self._client.workflows.iter(
            search=search,
            tag_ids=self._ids_of("tag", [tags] if isinstance(tags, str) else tags) or None,
            created_at_from=as_time(since),
            created_at_to=as_time(until),
            updated_at_from=as_time(updated_since),
            updated_at_to=as_time(updated_until),
            include=["tags", "post_run_checks"],
        )
        return self._frame(frames.workflows_frame, "workflows", walk, columns=columns, strict=strict)

    def workflow_tags(self, *, columns: Columns = None, strict: bool = False) -> pd.DataFrame:
        """Fetch which workflow has which tag, one row each (`GET /v1/workflows`); columns as `workflow_tags_frame`."""
        walk = self._client.workflows.iter(include=["tags"])
        return self._frame(frames.workflow_tags_frame, "workflows", walk, columns=columns, strict=strict)

    def tags(self, *, archived: bool = False, columns: Columns = None, strict: bool = False) -> pd.DataFrame:
        """Fetch tags (`GET /v1/workflow-tags`), archived ones too if asked for; columns as `tags_frame`."""
        rows = self.api.workflow_tags.list(include_archived=archived or None)
        return self._answered(frames.tags_frame, rows, columns=columns, strict=strict)

    def tag_groups(self, *, columns: Columns = None, strict: bool = False) -> pd.DataFrame:
        """Fetch groups of tags (`GET /v1/workflow-tag-groups`); columns as `tag_groups_frame`."""
        rows = self.api.workflow_tag_groups.list()
        return self._answered(frames.tag_groups_frame, rows, columns=columns, strict=strict)

    def trajectories(
        self,
        *,
        workflow: str | None = None,
        run_id: str | None = None,
        approved: bool | None = None,
        generated: bool | None = None,
        search: str | None = None,
        since: When = None,
        until: When = None,
        updated_since: When = None,
        updated_until: When = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch trajectories (`GET /v1/trajectories`); columns as `trajectories_frame`.

        Parameters
        ----------
        workflow
            Name or id.
        run_id
            Only what was recorded from this run.
        approved
            Only approved ones, or only the others.
        generated
            Only generated ones, or only the others. The API lists one kind at a time; None fetches both.
        search
            Text to find in id, name and description.
        since, until, updated_since, updated_until
            Bounds of ``created_at`` and of ``updated_at``, as in `runs`.
        """
        workflow_id = self._id_of("workflow", workflow)
        walks = [
            self._client.trajectories.iter(
                workflow_id=workflow_id,
                run_id=run_id,
                is_approved=approved,
                is_generated=kind,
                search=search,
                created_at_from=as_time(since),
                created_at_to=as_time(until),
                updated_at_from=as_time(updated_since),
                updated_at_to=as_time(updated_until),
                include=["workflow"],
            )
            for kind in ([True, False] if generated is None else [generated])
        ]
        return self._frame(
            frames.trajectories_frame, "trajectories", *walks, memory=PictureSieve, columns=columns, strict=strict
        )
