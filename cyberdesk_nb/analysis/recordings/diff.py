"""What one trajectory or run did differently from another, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb.analysis.recordings.alignment import align, find_moved
from cyberdesk_nb.analysis.recordings.calls import call_of, differences, key_of
from cyberdesk_nb.analysis.recordings.likeness import GAP, MOVE, likeness
from cyberdesk_nb.analysis.recordings.recorded import read_steps
from cyberdesk_nb.analysis.recordings.screens import HASH_BITS, Hasher, Screen
from cyberdesk_nb.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cyberdesk_nb.analysis.recordings.alignment import Pair
    from cyberdesk_nb.analysis.recordings.likeness import Likeness
    from cyberdesk_nb.analysis.recordings.recorded import Steps
    from cyberdesk_nb.frames.steps import Step

OPS = ("same", "changed", "moved", "inserted", "deleted")

_VALUE_MAX = 80


def diff_trajectories(
    a: object,
    b: object,
    *,
    tolerance_px: float = 0.0,
    compare_screens: bool = True,
    pictures: Callable[[Step], bytes] | None = None,
) -> pd.DataFrame:
    """Align two recordings step by step and say what `b` does differently.

    Parameters
    ----------
    a, b
        Trajectories or runs with their message history (models or dicts), frames of `steps_frame`, or lists of
        `Step`, mixed as they come. The two dialects of a call count as the same call.
    tolerance_px
        Places at most so many pixels apart count as the same place; pixels of the screen of `a`. Places of
        recordings with screens of different sizes are compared as shares of their screens.
    compare_screens
        Whether the screens count, too. Each picture is decoded for it, which takes about 10 ms; False looks at none.
    pictures
        Gives the bytes of a step's stored picture, so that the screens of runs can be compared, too. None compares
        pictures that stand in the records only; frames hold none.

    Returns
    -------
    pandas.DataFrame
        A row for each pair of steps and each step without partner, in reading order: the order of `b`, with deleted
        steps where they stood.

        ``op``: ``same`` (the same action with the same arguments), ``changed`` (another action or other arguments at
        the same point), ``moved`` (the same call at another point), ``inserted`` (in `b` only), ``deleted`` (in `a`
        only). ``step_a``, ``step_b``: positions from 0; missing on the side that has none. ``action_a``, ``action_b``.
        ``changed``: names of the arguments that differ, with commas. ``what``: the same with both values, each cut to
        80 characters. ``distance_px``: how far the places lie apart. ``screen_bits``: in how many of 256 bits the
        perceptual hashes of the screens differ, and ``screen_share``, the same from 0 to 1; missing where a screen is
        not known. ``error_a``, ``error_b``: what went wrong in the step. Two recordings without steps give no row.

        ``attrs`` hold ``counts`` by op, ``problems`` (pictures that could not be read, with side, step and reason)
        and ``without_screen`` (how many pairs could not be compared by screen).

    Raises
    ------
    RequestError
        When `a` or `b` cannot be read as one recording.
    ConfigurationError
        When the ``analysis`` extra is not installed.

    Notes
    -----
    The alignment is the cheapest one under pair costs: equal calls cost next to nothing, a change more than leaving
    one step out and less than leaving out both, the less the more alike signature, action, arguments, thought and
    screen are. An equal step that is missing here and additional there has moved. When two neighbours have swapped
    places, either may be said to have moved. The time and memory taken grow with the product of the step counts.

    Examples
    --------
    >>> a = {"trajectory_data": [{"func_name": "click", "args": [10, 20]}, {"func_name": "key", "args": ["Tab"]}]}
    >>> b = {"trajectory_data": [{"func_name": "click", "args": [10, 25]}]}
    >>> diff_trajectories(a, b)[["op", "what"]].values.tolist()
    [['changed', 'y: 20 → 25'], ['deleted', '']]
    """
    side_a, side_b = read_steps(a), read_steps(b)
    hasher = Hasher(pictures)
    read = hasher.screens if compare_screens else _no_screens
    screens_a, screens_b = read(side_a.steps), read(side_b.steps)
    like = likeness(side_a, side_b, screens_a, screens_b, tolerance_px)
    pairs, moved = find_moved(align(like.cost, GAP), like.same, like.cost, GAP, MOVE)
    rows = [_row(side_a, side_b, pair, like, is_moved=pair in moved) for pair in pairs]
    frame = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    both = frame["step_a"].notna() & frame["step_b"].notna()
    frame.attrs = {
        "counts": {op: int((frame["op"] == op).sum()) for op in OPS},
        "problems": [*_problems("a", screens_a), *_problems("b", screens_b)],
        "without_screen": int((both & frame["screen_bits"].isna()).sum()),
    }
    return frame


_DTYPES: dict[str, Any] = {
    "op": pd.CategoricalDtype(list(OPS)),
    "step_a": "Int64",
    "step_b": "Int64",
    "action_a": "str",
    "action_b": "str",
    "changed": "str",
    "what": "str",
    "distance_px": "float64",
    "screen_bits": "Int64",
    "screen_share": "float64",
    "error_a": "str",
    "error_b": "str",
}


def words_of(value: Any, length: int = _VALUE_MAX) -> str:
    """Write an argument for people: one line, never longer than `length`."""
    if value is None:
        return "(none)"
    if isinstance(value, str):
        return f'"{printable(value[: 4 * length], length)}"'
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return printable(key_of(value)[: 4 * length], length)


def _row(a: Steps, b: Steps, pair: Pair, like: Likeness, *, is_moved: bool) -> dict[str, Any]:
    i, j = pair
    before, after = None if i is None else a.steps[i], None if j is None else b.steps[j]
    row: dict[str, Any] = {
        "op": "deleted" if after is None else "inserted",
        "step_a": i,
        "step_b": j,
        "action_a": before and before.action.name,
        "action_b": after and after.action.name,
        "changed": "",
        "what": "",
        "error_a": before and before.error,
        "error_b": after and after.error,
    }
    if before is None or after is None:
        return row
    row["op"] = "moved" if is_moved else "same" if like.same[i, j] else "changed"
    row["distance_px"] = like.distance_px[i, j]
    if like.screen_bits[i, j] >= 0:
        row["screen_bits"] = int(like.screen_bits[i, j])
        row["screen_share"] = like.screen_bits[i, j] / HASH_BITS
    if row["op"] == "changed":
        differing = differences(call_of(before), call_of(after))
        row["changed"] = ", ".join(printable(name, _VALUE_MAX) for name in differing)
        row["what"] = "; ".join(
            f"{printable(name, _VALUE_MAX)}: {words_of(one)} \N{RIGHTWARDS ARROW} {words_of(other)}"
            for name, (one, other) in differing.items()
        )
    return row


def _no_screens(steps: Sequence[Step]) -> list[Screen]:
    return [Screen()] * len(steps)


def _problems(side: str, screens: Sequence[Screen]) -> list[dict[str, Any]]:
    return [
        {"side": side, "step": step, "reason": screen.problem} for step, screen in enumerate(screens) if screen.problem
    ]
