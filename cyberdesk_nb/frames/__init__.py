"""Records of the API as DataFrames: a declared list of columns per table, one builder."""

from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames.completeness import assert_complete, problems
from cyberdesk_nb.frames.connections import connections_frame
from cyberdesk_nb.frames.machines import machine_pools_frame, machines_frame
from cyberdesk_nb.frames.messages import messages_frame
from cyberdesk_nb.frames.pools import pools_frame
from cyberdesk_nb.frames.runs import run_fields, runs_frame
from cyberdesk_nb.frames.signatures import error_signature
from cyberdesk_nb.frames.step_rows import steps_frame
from cyberdesk_nb.frames.tables import as_table, columns
from cyberdesk_nb.frames.trajectories import trajectories_frame
from cyberdesk_nb.frames.workflows import workflows_frame

__all__ = [
    "Columns",
    "as_table",
    "assert_complete",
    "columns",
    "connections_frame",
    "error_signature",
    "machine_pools_frame",
    "machines_frame",
    "messages_frame",
    "pools_frame",
    "problems",
    "run_fields",
    "runs_frame",
    "steps_frame",
    "trajectories_frame",
    "workflows_frame",
]
