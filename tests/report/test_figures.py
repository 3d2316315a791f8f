"""Charts of a report look the same, whatever the user has set for their own."""

from __future__ import annotations

from typing import Any, cast

import matplotlib as mpl
import pytest

from cyberdesk_nb import charts
from cyberdesk_nb.report.figures import draw
from tests.analysis.fleets import run, runs_of


@pytest.mark.parametrize("setting", ["figure.autolayout", "figure.constrained_layout.use"])
def test_a_layout_of_the_users_own_changes_nothing(setting: str) -> None:
    """A chart with a bar of colours is drawn, and alike, where the user lets matplotlib lay figures out."""
    runs = runs_of(*(run(n) for n in range(48)))
    usual = draw(charts.weekday_hour_heatmap, runs, tz="UTC")
    with mpl.rc_context(cast("Any", {setting: True})):
        again = draw(charts.weekday_hour_heatmap, runs, tz="UTC")
    assert (len(again.source), again.height) == (len(usual.source), usual.height)
