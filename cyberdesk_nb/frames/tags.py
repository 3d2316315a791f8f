"""The tables of tags, of their groups, and of which workflow has which tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Table
from cyberdesk_nb.frames._embedded import build_embedded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# fmt: off
TABLE = Table(
    "tags",
    (
        Column("id", "string", "Id of the tag.", "identity", required=True),
        Column("name", "string", "Its name.", "identity", required=True),
        Column("group_id", "string", "Group that it is in; missing without one.", "identity"),
        Column("group_name", "string", "Name of that group.", "identity", source="group.name"),
        Column("workflow_count", "integer", "How many workflows have it.", "state", unit="workflows"),
        Column("is_archived", "boolean", "Whether it is hidden.", "state"),
        Column("order", "integer", "Position in which it is shown.", "look", required=True),
        Column("description", "string", "What it is for.", "look"),
        Column("emoji", "string", "Sign that it is shown with.", "look"),
        Column("color", "string", "Colour that it is shown in.", "look"),
        Column("created_at", "time", "When it was made.", "timing", required=True),
        Column("updated_at", "time", "When it was last changed.", "timing", required=True),
        Column("organization_id", "string", "Organization that owns it.", "owner", required=True),
        Column("group", "json", "Its group as the API gives it.", "group"),
        EXTRA,
    ),
)

GROUPS = Table(
    "tag_groups",
    (
        Column("id", "string", "Id of the group.", "identity", required=True),
        Column("name", "string", "Its name.", "identity", required=True),
        Column("order", "integer", "Position in which it is shown.", "look", required=True),
        Column("description", "string", "What it is for.", "look"),
        Column("emoji", "string", "Sign that it is shown with.", "look"),
        Column("color", "string", "Colour that it is shown in.", "look"),
        Column("created_at", "time", "When it was made.", "timing", required=True),
        Column("updated_at", "time", "When it was last changed.", "timing", required=True),
        Column("organization_id", "string", "Organization that owns it.", "owner", required=True),
        EXTRA,
    ),
)

LINKS = Table(
    "workflow_tags",
    (
        Column("workflow_id", "string", "Workflow.", "identity", source="workflow.id", required=True),
        Column("workflow_name", "string", "Its name.", "identity", source="workflow.name"),
        Column("tag_id", "string", "Tag that it has.", "identity", source="id", required=True),
        Column("tag_name", "string", "Name of that tag.", "identity", source="name"),
        Column("group_id", "string", "Group that the tag is in.", "group"),
        Column("is_archived", "boolean", "Whether the tag is hidden.", "state"),
    ),
    key="workflow.id",
)
# fmt: on


def tags_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of tags (`GET /v1/workflow-tags`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("tags")``.

    Examples
    --------
    >>> tags_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)


def tag_groups_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of tag groups (`GET /v1/workflow-tag-groups`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("tag_groups")``.

    Examples
    --------
    >>> tag_groups_frame([]).empty
    True
    """
    return build(GROUPS, records, columns=columns, included=included, completeness=completeness, strict=strict)


def workflow_tags_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame with a row for each workflow and tag that it has (`GET /v1/workflows?include=tags`).

    Parameters
    ----------
    records
        Workflows that embed their tags, in any form that `workflows_frame` takes. A workflow without tags, or that was
        fetched without them, has no row.
    columns, included, completeness, strict
        As in `runs_frame`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``columns("workflow_tags")``.

    Examples
    --------
    >>> workflow_tags_frame({"id": "w", "name": "Export", "tags": [{"id": "t", "name": "live"}]}).tag_name[0]
    'live'
    """
    return build_embedded(
        LINKS,
        records,
        "tags",
        "workflow",
        columns=columns,
        included=included,
        completeness=completeness,
        strict=strict,
    )
