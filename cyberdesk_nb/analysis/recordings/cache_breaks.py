"""Where replay breaks: the steps at which runs fell back from a trajectory to the agent, and what that cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.statistics.intervals import wilson
from cyberdesk_nb.analysis.statistics.onsets import find_onset
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import messages_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEEDED = ("run_id", "message", "type", "action", "text", "at", "trajectory_id", "trajectory_step", "workflow_id")
_PLACE = ["workflow_id", "trajectory_id", "trajectory_step"]

_DTYPES: dict[str, Any] = {
    "workflow_id": "str",
    "workflow_name": "str",
    "trajectory_id": "str",
    "trajectory_label": "str",
    "trajectory_step": "Int64",
    "breaks": "int64",
    "reached": "int64",
    "share": "float64",
    "share_low": "float64",
    "share_high": "float64",
    "steps_agentic": "int64",
    "since": pd.DatetimeTZDtype("us", "UTC"),
    "share_before": "float64",
    "share_since": "float64",
    "steps_excess": "float64",
    "returned": "int64",
    "agent_action": "str",
    "first_at": pd.DatetimeTZDtype("us", "UTC"),
    "last_at": pd.DatetimeTZDtype("us", "UTC"),
    "example_run_id": "str",
    "example_step": "Int64",
    "example_message": "Int64",
}


def cache_breaks(
    messages: object,
    trajectories: pd.DataFrame | None = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count where replays fell back to the agent; what used to replay and broke comes first, then the costliest.

    A break is the first call of the agent after replayed ones, while the trajectory had more steps to replay. Calls
    that run live on every replay (`focused_action`, and `screenshot` with an extraction prompt) are no break by
    themselves. A replay that returns to its trajectory and falls back again breaks twice. A run without any replayed
    call counts as no replay, so a trajectory that fails at its very first step does not show here.

    Parameters
    ----------
    messages
        Message histories of runs, as `messages_frame` gives them, in one frame or a list of several; or the runs
        themselves with their histories, in any form that `messages_frame` takes.
    trajectories
        As `trajectories_frame` gives them, to know how long each is: an agent that goes on after the last recorded step
        has not fallen back. Of a trajectory that is not among them every fallback counts as a break.
    confidence
        Of the interval around the share.

    Returns
    -------
    pandas.DataFrame
        A row for each place: ``workflow_id``, ``workflow_name``, ``trajectory_id``, ``trajectory_label``;
        ``trajectory_step``, the recorded step that was not replayed (in the server's count); ``breaks``; ``reached``,
        how many replays of this trajectory got as far as this step; ``share`` = replays that broke here / reached, with
        ``share_low`` and ``share_high`` (Wilson); ``steps_agentic``, the agent's calls from the breaks until a replayed
        call or the run's end.

        ``since``: from when on it breaks clearly more often than before (see `find_onset`), with ``share_before`` and
        ``share_since``, and ``steps_excess``, the agent's calls since then beyond what the earlier share would have
        cost; 0 and missing where the share is steady. A steady share is rather a recording that does not fit all
        inputs than one that broke.

        ``returned``, after how many breaks the trajectory was taken up again; ``agent_action``, what the agent did most
        often instead; ``first_at`` and ``last_at``; and the latest break as an example: ``example_run_id``,
        ``example_step`` (the step to set on ``ws.replay(example_run_id)``), ``example_message``.

        Sorted by ``steps_excess``, then by ``steps_agentic``. No break gives no row.

        ``attrs`` hold ``replays`` (runs with a replayed call), ``broken`` (of them with a break), ``ran_out``
        (fallbacks that are no break because the trajectory had no more steps) and ``unknown_length`` (how many
        trajectories were replayed whose length was not given).

    Raises
    ------
    RequestError
        When a frame lacks a column that is needed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import messages_frame
    >>> cache_breaks(messages_frame([])).empty
    True
    """
    calls = _calls(messages)
    lengths = pd.Series(dtype="Int64")
    if trajectories is not None:
        _require(trajectories, ("id", "steps_total"), "trajectories", "trajectories_frame or ws.trajectories")
        lengths = trajectories.drop_duplicates("id").set_index("id")["steps_total"]
    falls = _falls(calls)
    length = falls["trajectory_id"].map(lengths).astype("Float64")
    ran_out = (falls["trajectory_step"] >= length).fillna(value=False).astype(bool)
    breaks = falls[~ran_out]
    table = _summary(breaks).merge(_shares(calls, breaks), on=_PLACE)
    table["share"] = table.pop("broke") / table["reached"]
    table["share_low"], table["share_high"] = wilson(table["share"] * table["reached"], table["reached"], confidence)
    table["steps_excess"] = table.pop("excess") * table["steps_agentic"] / table["breaks"]
    order = ["steps_excess", "steps_agentic", "breaks", "last_at"]
    table = table.sort_values(order, ascending=False, kind="stable", ignore_index=True)
    table = table[list(_DTYPES)].astype(_DTYPES)
    replayed = calls.loc[calls["is_replayed"]]
    table.attrs = {
        "replays": int(replayed["run_id"].nunique()),
        "broken": int(breaks["run_id"].nunique()),
        "ran_out": int(ran_out.sum()),
        "unknown_length": int((~replayed["trajectory_id"].drop_duplicates().isin(lengths.index)).sum()),
    }
    return table


def _require(frame: pd.DataFrame, names: Sequence[str], noun: str, source: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        hint = f"Take the frame from {source}."
        raise RequestError(f"The frame of {noun} lacks the columns {', '.join(missing)}.", hint=hint)


def _frames(messages: object) -> Sequence[pd.DataFrame]:
    """Give the frames of messages, made from runs where runs were given."""
    if isinstance(messages, pd.DataFrame):
        return [messages]
    if isinstance(messages, list | tuple):
        items = cast("Sequence[object]", messages)
        if all(isinstance(item, pd.DataFrame) for item in items):
            return cast("Sequence[pd.DataFrame]", items)
    return [messages_frame(cast("object", messages))]


def _calls(messages: object) -> pd.DataFrame:
    """Give the calls of all runs in order, with their position and whether they were replayed or always run live."""
    parts = _frames(messages)
    wanted = [*_NEEDED, "workflow_name", "trajectory_label"]
    for part in parts:
        _require(part, wanted, "messages", "messages_frame or ws.messages")
    kept = [part.loc[part["type"] == "tool_use", wanted] for part in parts]
    # A run may come twice when it was fetched twice; its later copy is the longer one.
    kept = [part[~part["run_id"].isin(_runs_of(kept[n + 1 :]))] for n, part in enumerate(kept)]
    calls = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=wanted)
    calls["position"] = calls.groupby("run_id", sort=False, dropna=False).cumcount()
    calls["is_replayed"] = calls["trajectory_id"].notna()
    extracts = (calls["action"] == "screenshot") & calls["text"].notna()
    calls["is_live"] = ~calls["is_replayed"] & ((calls["action"] == "focused_action") | extracts)
    return calls


def _runs_of(parts: Sequence[pd.DataFrame]) -> set[str]:
    return {run_id for part in parts for run_id in part["run_id"].unique()}


def _falls(calls: pd.DataFrame) -> pd.DataFrame:
    """Give the agent's first call of each stretch that follows a replayed call, with what the stretch came to."""
    decided = calls[~calls["is_live"]].copy()
    run = decided["run_id"]
    starts = (run != run.shift()) | (decided["is_replayed"] != decided["is_replayed"].shift(fill_value=False))
    decided["stretch"] = starts.cumsum()
    for name in ("trajectory_id", "trajectory_label", "trajectory_step", "position"):
        decided[f"last_{name}"] = decided[name].where(decided["is_replayed"]).groupby(run, dropna=False).ffill()
    decided["stretch_calls"] = decided.groupby("stretch")["run_id"].transform("size")
    last_stretch = decided.groupby("run_id", dropna=False)["stretch"].transform("max")
    decided["came_back"] = decided["stretch"] < last_stretch
    falls = decided[starts & ~decided["is_replayed"] & decided["last_trajectory_id"].notna()].copy()
    # Steps that run live stand in the trajectory, too.
    passed = falls["position"] - falls["last_position"].astype("Int64")
    falls["trajectory_step"] = falls["last_trajectory_step"].astype("Int64") + passed
    falls["trajectory_id"], falls["trajectory_label"] = falls["last_trajectory_id"], falls["last_trajectory_label"]
    return falls


def _summary(breaks: pd.DataFrame) -> pd.DataFrame:
    """Sum up the breaks at each place; the latest one is the example."""
    grouped = breaks.sort_values("at", kind="stable", na_position="first").groupby(_PLACE, dropna=False, sort=False)
    table = grouped.agg(
        workflow_name=("workflow_name", "last"),
        trajectory_label=("trajectory_label", "last"),
        breaks=("run_id", "size"),
        broke=("run_id", "nunique"),
        steps_agentic=("stretch_calls", "sum"),
        returned=("came_back", "sum"),
        agent_action=("action", _most_common),
        first_at=("at", "min"),
        last_at=("at", "max"),
        example_run_id=("run_id", "last"),
        example_step=("position", "last"),
        example_message=("message", "last"),
    )
    return table.reset_index()


def _most_common(values: pd.Series) -> Any:
    counts = values.value_counts()
    return counts.index[0] if len(counts) else None


def _shares(calls: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """Count for each place the replays of its trajectory that got there, and find since when more of them break."""
    replay = ["workflow_id", "trajectory_id", "run_id"]
    replayed = calls[calls["is_replayed"]].groupby(replay, dropna=False)
    replays = replayed.agg(furthest=("trajectory_step", "max"), began=("at", "min")).reset_index()
    broke = breaks[[*_PLACE, "run_id"]].drop_duplicates()
    furthest = broke.groupby(replay, dropna=False)["trajectory_step"].max().rename("broke_at").reset_index()
    replays = replays.merge(furthest, on=replay, how="left")
    replays["furthest"] = replays[["furthest", "broke_at"]].max(axis=1)
    trials = broke[_PLACE].drop_duplicates().merge(replays[[*replay, "furthest", "began"]], on=_PLACE[:2])
    trials = trials[trials["furthest"] >= trials["trajectory_step"]]
    trials = trials.merge(broke.assign(hit=1), on=[*_PLACE, "run_id"], how="left").sort_values("began", kind="stable")
    rows = [(*place, *_share(group)) for place, group in trials.groupby(_PLACE, dropna=False, sort=False)]
    table = pd.DataFrame(rows, columns=[*_PLACE, "reached", "since", "share_before", "share_since", "excess"])
    return table.assign(since=pd.to_datetime(table["since"], utc=True))


def _share(trials: pd.DataFrame) -> tuple[int, Any, float, float, float]:
    """Give how many replays got to a place, since when more break there, both shares, and how many more that is."""
    hits = trials["hit"].fillna(0).to_numpy(dtype=np.float64)
    found = find_onset(hits)
    if found is None:
        return len(hits), pd.NaT, np.nan, np.nan, 0.0
    excess = (len(hits) - found.start) * (found.share_since - found.share_before)
    return len(hits), trials["began"].iloc[found.start], found.share_before, found.share_since, excess
