"""The state of the table of runs: all rows, and those that changed since."""

from __future__ import annotations

import json

from cyberdesk_nb.panels.monitor.table import RunTable


def test_changes_belong_to_the_rows_that_they_change() -> None:
    """Changes are kept together under the version of the rows; new rows have another, so that no old change hits them.

    What is too much for changes is refused, so that all rows are sent.
    """
    table = RunTable([("status", "Status", "1fr")], lambda _: None)
    table.put([[0, "live", None, "running"], [1, "live", None, "running"]])
    assert table.change([[0, "good", None, "success"]])
    assert table.change([[1, "bad", None, "error"]])
    base, delta = json.loads(table.base), json.loads(table.delta)
    assert [row[3] for row in delta["rows"]] == ["success", "error"]
    assert delta["version"] == base["version"]
    table.put([[0, "good", None, "success"]])
    assert json.loads(table.base)["version"] != base["version"]
    assert json.loads(table.delta)["rows"] == []
    assert not table.change([[n, "live", None, "running"] for n in range(5000)])
    table.close()
