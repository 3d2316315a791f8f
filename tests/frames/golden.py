"""One record per table with a different value in every field, and the row that it must give: all of them."""

from __future__ import annotations

from tests.frames.golden_fleet import CONNECTION, MACHINE_ROW, POOL
from tests.frames.golden_links import CHECK, LLM_COST, MACHINE_POOL, WORKFLOW_TAG
from tests.frames.golden_lists import ATTACHMENT, REQUEST_LOG, RUN_COST, TAG, TAG_GROUP, USAGE
from tests.frames.golden_messages import MESSAGE, MESSAGE_OF_CLICK, MESSAGE_WITH_PICTURE
from tests.frames.golden_runs import RUN
from tests.frames.golden_steps import STEP, STEP_OF_TRAJECTORY
from tests.frames.golden_workflows import TRAJECTORY, WORKFLOW_ROW

RECORDS = [
    RUN, MACHINE_ROW, POOL, CONNECTION, WORKFLOW_ROW, TRAJECTORY,
    ATTACHMENT, REQUEST_LOG, RUN_COST, TAG, TAG_GROUP, USAGE,
]  # fmt: skip
"""Tables whose rows are records of the API."""

ALL = [
    *RECORDS, STEP, STEP_OF_TRAJECTORY, MESSAGE, MESSAGE_WITH_PICTURE, MESSAGE_OF_CLICK,
    CHECK, LLM_COST, MACHINE_POOL, WORKFLOW_TAG,
]  # fmt: skip
"""Every table; the rows of the last ones stand inside records. The last row of a frame is the golden one."""
