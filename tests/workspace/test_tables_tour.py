"""Every number of the tour notebook, computed once more by another route: SQL over the raw JSON of the API.

The notebook runs in a kernel of its own. The pages are fetched by hand, kept as the server spelled them, and read by
DuckDB; nothing of the package is used on this side.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import httpx
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from cyberdesk_nb.simulator import Simulator, simulator

TOUR = Path(__file__).parents[2] / "notebooks" / "01_tour.ipynb"
DRAWN = """
import json
from matplotlib.patches import Rectangle
print(json.dumps({
    "title": ax.get_title(), "x": ax.get_xlabel(), "y": ax.get_ylabel(),
    "rows": [label.get_text() for label in ax.get_yticklabels()],
    "bars": {str(bars.get_label()): [bar.get_height() for bar in bars] for bars in ax.containers},
    "lines": [[line.get_linewidth(), list(map(float, line.get_xdata())), list(map(float, line.get_ydata()))]
              for line in ax.lines],
}))
"""

RUNS = """
create table run as
with record as (select unnest(items) as r from read_json('{pages}', columns={{items: 'JSON[]'}})),
named as (select distinct i->>'type' as kind, i->>'id' as id, i->>'name' as name
          from (select unnest(included) as i from read_json('{pages}', columns={{included: 'JSON[]'}}))),
typed as (
  select r->>'id' as id, w.name as workflow_name, m.name as machine_name, r->>'status' as status,
         (r->>'created_at')::timestamptz as created_at,
         epoch_us((r->>'started_at')::timestamptz) - epoch_us((r->>'created_at')::timestamptz) as wait_us,
         epoch_us((r->>'ended_at')::timestamptz) - epoch_us((r->>'started_at')::timestamptz) as run_us,
         (r->'usage_metadata'->>'total_agentic_steps')::bigint as agentic,
         (r->'usage_metadata'->>'total_cached_steps')::bigint as cached,
         array_to_string((r->'error')::varchar[], chr(10)) as error,
         len(list_filter(coalesce((r->'post_run_checks')::json[], []), lambda c: (c->>'status') = 'failed')) as failed
  from record
  left join named w on w.kind = 'workflow' and w.id = (r->>'workflow_id')
  left join named m on m.kind = 'machine' and m.id = (r->>'machine_id')
)
select *, case when wait_us >= 0 then wait_us / 1e6 end as queue_wait_s,
       case when run_us >= 0 then run_us / 1e6 end as duration_s, cached / (agentic + cached) as cached_share,
       case when status in ('task_failed', 'error') and failed > 0 then 'check_failed'
            when status = 'error' then 'infra_error'
            when status in ('success', 'task_failed', 'cancelled') then status else 'live' end as outcome
from typed where created_at >= '{since}'::timestamptz
"""
KPIS = """
with counted as (
  select {by} as name, count(*) as n, count(*) filter (outcome = 'success') as won,
         count(*) filter (outcome in ('success', 'task_failed', 'infra_error', 'check_failed')) as ended,
         count(*) filter (outcome = 'infra_error') as infra_error,
         quantile_cont(queue_wait_s, 0.5) as queue_wait_p50_s, quantile_cont(queue_wait_s, 0.95) as queue_wait_p95_s,
         quantile_cont(duration_s, 0.5) as duration_p50_s
  from run group by name
), share as (select *, won / nullif(ended, 0) as p, 1.959963984540054 as z from counted)
select name, n, ended, infra_error, p as success_rate,
       case when p = 0 then 0 else
         (p + z*z/(2*ended) - z*sqrt(p*(1-p)/ended + z*z/(4*ended*ended))) / (1 + z*z/ended) end as success_low,
       case when p = 1 then 1 else
         (p + z*z/(2*ended) + z*sqrt(p*(1-p)/ended + z*z/(4*ended*ended))) / (1 + z*z/ended) end as success_high,
       queue_wait_p50_s, queue_wait_p95_s, duration_p50_s
from share order by success_rate
"""
OUTCOMES = ("success", "cancelled", "task_failed", "check_failed", "infra_error", "live")


class Cells(HTMLParser):
    """Reads the cells of a frame's HTML, row by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Begin a row or a cell."""
        self._is_cell = tag in {"td", "th"}
        if tag == "tr":
            self.rows.append([])
        elif self._is_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        self._is_cell = False

    def handle_data(self, data: str) -> None:
        """Take the text of a cell."""
        if self._is_cell:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """Give a fleet whose time stands still, so that both routes see the same."""
    with simulator(seed=5, speed=0.0, runs=700, trajectories=2) as running:
        yield running


@pytest.fixture(scope="module")
def shown(sim: Simulator) -> list[Any]:
    """Run the tour, with a look at each picture behind it, and give the outputs of each of its code cells."""
    notebook = nbformat.read(TOUR, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        cell.source += DRAWN if "charts." in cell.source else ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CYBERDESK_BASE_URL", sim.url)
        patch.setenv("CYBERDESK_API_KEY", sim.api_key)
        NotebookClient(notebook, timeout=300).execute()
    return [cell.outputs for cell in cells]


@pytest.fixture(scope="module")
def completeness(shown: list[Any]) -> dict[str, Any]:
    """Give what the notebook says of how the runs were fetched."""
    return ast.literal_eval(result_of(shown[1])["text/plain"])


@pytest.fixture(scope="module")
def sql(sim: Simulator, completeness: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give a database over the raw pages, with the runs from the notebook's own start on."""
    folder = tmp_path_factory.mktemp("pages")
    fetch_pages(sim, folder, "runs", {"sort_mode": "created_at_desc", "include": "workflow,machine"})
    database = duckdb.connect()
    database.execute("set TimeZone = 'UTC'")
    database.execute(RUNS.format(pages=folder / "runs-*.json", since=completeness["filters"]["created_at_from"]))
    return database


def fetch_pages(sim: Simulator, folder: Path, path: str, query: dict[str, str]) -> None:
    """Write each page of a list to a file, as it came."""
    headers = {"Authorization": f"Bearer {sim.api_key}"}
    for number in range(1000):
        params = {**query, "limit": 100, "skip": number * 100}
        body = httpx.get(f"{sim.url}/v1/{path}", params=params, headers=headers, timeout=60).raise_for_status().content
        (folder / f"{path}-{number:03d}.json").write_bytes(body)
        if len(json.loads(body)["items"]) < 100:
            return


def result_of(outputs: Any) -> dict[str, str]:
    """Give what a cell evaluates to, in each form; progress bars stand beside it."""
    (data,) = [output["data"] for output in outputs if output["output_type"] == "execute_result"]
    return data


def table_of(outputs: Any) -> list[list[str]]:
    """Give the cells of the frame that a cell shows, with its header, without its index."""
    return Cells(result_of(outputs)["text/html"]).rows


def rows_of(frame: pd.DataFrame) -> list[list[str]]:
    """Give the cells of a frame as a notebook shows them, without the index."""
    return [row[1:] for row in Cells(frame.to_html(max_rows=60, notebook=True)).rows[1:]]


def drawn(outputs: Any) -> dict[str, Any]:
    """Give what was looked up of a picture."""
    # A busy kernel sends what a cell prints in several pieces.
    return json.loads("".join(output["text"] for output in outputs if output.get("name") == "stdout"))


def test_the_counts_of_the_fetch(sql: Any, completeness: dict[str, Any]) -> None:
    """As many runs came as the API has in this time, each once."""
    count = sql.execute("select count(*), count(distinct id) from run").fetchone()
    assert count == (completeness["rows"], completeness["rows"])
    assert (completeness["server_total"], completeness["complete"]) == (completeness["rows"], True)
    assert completeness["problems"] == 0


def test_the_first_runs(sql: Any, shown: list[Any]) -> None:
    """The head of the runs, with waits, durations and shares."""
    expected = sql.execute(
        "select created_at, workflow_name, machine_name, outcome, queue_wait_s, duration_s, cached_share "
        "from run order by created_at desc limit 5"
    ).df()
    assert [row[1:] for row in table_of(shown[2])[1:]] == rows_of(expected)


def test_the_workflows(sql: Any, shown: list[Any]) -> None:
    """Each workflow's counts, rates with their bounds, and seconds."""
    names = ["n", "success_rate", "success_low", "success_high", "queue_wait_p95_s", "duration_p50_s"]
    expected = sql.execute(KPIS.format(by="workflow_name")).df()
    header, *rows = table_of(shown[3])
    assert header[1:] == ["workflow_name", *names]
    assert sorted(row[1:] for row in rows) == sorted(rows_of(expected[["name", *names]].round(3)))
    assert [row[3] for row in rows] == sorted((row[3] for row in rows), key=float)


def test_the_picture(sql: Any, shown: list[Any]) -> None:
    """The bars of each day and outcome, and the numbers in title and legend."""
    picture = drawn(shown[4])
    days = sql.execute(
        "select unnest(generate_series(min(created_at)::date, max(created_at)::date, interval 1 day)) from run"
    )
    days = [day.date() for (day,) in days.fetchall()]
    ((total,),) = sql.execute("select count(*) from run").fetchall()
    assert f"(n = {total})" in picture["title"]
    seen: dict[str, list[float]] = {}
    for outcome in OUTCOMES:
        found = dict(sql.execute(
            "select created_at::date, count(*) from run where outcome = ? group by all", [outcome]
        ).fetchall())  # fmt: skip
        if found:
            seen[f"{outcome.replace('_', ' ')} ({sum(found.values())})"] = [found.get(day, 0) for day in days]
    assert picture["bars"] == seen


def test_the_answer(sql: Any, shown: list[Any]) -> None:
    """The sentences at the end, letter by letter."""
    fleet = sql.execute(KPIS.format(by="'all'")).df().iloc[0]
    worst = sql.execute(
        f"from ({KPIS.format(by='workflow_name')}) where success_rate is not null order by success_rate"
    ).df()
    assert worst["success_rate"].iloc[0] < worst["success_rate"].iloc[1], "a tie: take another seed"
    worst = worst.iloc[0]
    (text,) = [output["text"] for output in shown[5]]
    assert text.splitlines() == [
        f"{fleet.n:,} runs in 30 days; {fleet.success_rate:.1%} of those that ended succeeded "
        f"(95 % interval {fleet.success_low:.1%} to {fleet.success_high:.1%}).",
        f"Half of the runs waited less than {fleet.queue_wait_p50_s:.0f} s, one in twenty more than "
        f"{fleet.queue_wait_p95_s:.0f} s.",
        f"Look first at the workflow {worst['name']!r} ({worst.success_rate:.0%} of {worst.ended} ended runs).",
    ]
