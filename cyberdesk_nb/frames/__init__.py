"""Records of the API as DataFrames: a declared list of columns per table, one builder."""

from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames.attachments import attachments_frame
from cyberdesk_nb.frames.completeness import assert_complete, problems
from cyberdesk_nb.frames.connections import connections_frame
from cyberdesk_nb.frames.costs import llm_costs_frame, run_costs_frame
from cyberdesk_nb.frames.expanding import decode, expand
from cyberdesk_nb.frames.machines import machine_pools_frame, machines_frame
from cyberdesk_nb.frames.messages import messages_frame
from cyberdesk_nb.frames.parquet import read_parquet
from cyberdesk_nb.frames.picture_store import image
from cyberdesk_nb.frames.pools import pools_frame
from cyberdesk_nb.frames.request_logs import request_logs_frame
from cyberdesk_nb.frames.run_checks import run_checks_frame
from cyberdesk_nb.frames.runs import run_fields, runs_frame
from cyberdesk_nb.frames.signatures import error_signature
from cyberdesk_nb.frames.step_rows import steps_frame
from cyberdesk_nb.frames.tables import as_table, columns
from cyberdesk_nb.frames.tags import tag_groups_frame, tags_frame, workflow_tags_frame
from cyberdesk_nb.frames.trajectories import trajectories_frame
from cyberdesk_nb.frames.usage import usage_frame
from cyberdesk_nb.frames.workflows import workflows_frame

__all__ = [
    "Columns",
    "as_table",
    "assert_complete",
    "attachments_frame",
    "columns",
    "connections_frame",
    "decode",
    "error_signature",
    "expand",
    "image",
    "llm_costs_frame",
    "machine_pools_frame",
    "machines_frame",
    "messages_frame",
    "pools_frame",
    "problems",
    "read_parquet",
    "request_logs_frame",
    "run_checks_frame",
    "run_costs_frame",
    "run_fields",
    "runs_frame",
    "steps_frame",
    "tag_groups_frame",
    "tags_frame",
    "trajectories_frame",
    "usage_frame",
    "workflow_tags_frame",
    "workflows_frame",
]
