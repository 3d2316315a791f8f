"""What the report says of fleets of every kind, and what it writes."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from cyberdesk_nb.errors import ConfigurationError, NotFoundError
from cyberdesk_nb.frames import connections_frame
from cyberdesk_nb.report import Scope, make_report
from cyberdesk_nb.report.blocks import Figure, Gap
from cyberdesk_nb.report.examples import choose
from cyberdesk_nb.report.study import Study
from tests.report.fleets import NOON, report, run, runs

if TYPE_CHECKING:
    from pathlib import Path

    from cyberdesk_nb.report import Report


def words(made: Report, path: Path) -> str:
    """Save a report and give the words of its page."""
    page = made.save(path / "fleet.html").path.read_text(encoding="utf-8")
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def gaps(made: Report) -> list[str]:
    """Give the titles of parts that were not made."""
    return [block.title for section in made._sections for block in section.blocks if isinstance(block, Gap)]


BROKEN = ("TypeError", "KeyError", "ValueError", "IndexError", "AttributeError", "nan", "NaT", "None")
FLEETS = {
    "empty": [],
    "one run": [run(1)],
    "one live run": [run(1, "scheduling")],
    "all live": [run(n, "running") for n in range(1, 30)],
    "all failed": [run(n, "error") for n in range(1, 30)],
    "all failed silently": [run(n, "task_failed", error=None) for n in range(1, 30)],
    "all cancelled": [run(n, "cancelled") for n in range(1, 30)],
    "one machine": [
        run(n, "error" if n % 5 == 0 else "success", machine_id="m0", machine={"id": "m0", "name": "Only"})
        for n in range(1, 60)
    ],
    "nothing known of machines": [run(n, machine_id=None, machine=None) for n in range(1, 20)],
    "a status of tomorrow": [run(n, "paused") for n in range(1, 10)],
    "no inputs, no usage": [run(n, input_values=None, output_data=None, usage_metadata=None) for n in range(1, 20)],
    "across midnight": [run(n, at=datetime(2026, 3, 19, 23, 59, 30, tzinfo=UTC)) for n in range(1, 9)],
}


@cache
def report_of(fleet: str) -> Report:
    """Make the report of one of the fleets, once for all tests that look at it."""
    return report(FLEETS[fleet])


@pytest.mark.parametrize("fleet", FLEETS)
def test_every_fleet_has_its_report(tmp_path: Path, fleet: str) -> None:
    """Whatever a fleet looks like, its report is made, and no figure in it is a stray NaN or an error's name."""
    made, records = report_of(fleet), FLEETS[fleet]
    said = words(made, tmp_path)
    assert f"runs {len(records)} " in said
    assert [word for word in BROKEN if re.search(rf"\b{word}\b", said)] == []
    assert len(made.frames["runs"]) == len(records)


def test_an_empty_fleet_claims_nothing(tmp_path: Path) -> None:
    """Without runs the first screen says that there are none, and shows no rate."""
    said = words(report_of("empty"), tmp_path)
    assert "There are no runs in this time" in said
    assert "succeeded \u2013 none ended" in said
    assert "%)" not in said.partition("Data and method")[0]


def test_one_machine_is_not_praised_for_want_of_others(tmp_path: Path) -> None:
    """A report of the runs of one machine says on its first screen that no other was compared with it."""
    assert "of one machine, which is not compared with others." in words(report_of("one machine"), tmp_path)
    assert "not compared with others" not in words(report_of("all failed"), tmp_path)


def test_live_runs_are_no_failures(tmp_path: Path) -> None:
    """A fleet that is all live has no success rate, and its runs are said to be still going."""
    said = words(report_of("all live"), tmp_path)
    assert "0 ended, 0 cancelled, 29 still going" in said
    assert "succeeded \u2013 none ended" in said
    assert "No run failed" in said


def test_the_first_screen_gives_the_rate_with_its_interval(tmp_path: Path) -> None:
    """45 of 50 ended runs are 90.0 %, with Wilson's interval and the count that it is of."""
    records = [run(n, "error" if n <= 5 else "success") for n in range(1, 51)]
    said = words(report([*records, run(60, "cancelled"), run(61, "running")]), tmp_path)
    assert "succeeded 90.0 % 78.6 to 95.7 % of 50 ended" in said
    assert "Data complete; newest run 2026-03-20 11:00 UTC, 1 h 0 min before the report's end" in said


def test_a_prediction_says_how_far_it_is_to_be_believed(tmp_path: Path) -> None:
    """Beside the wait replayed stand the one seen, its interval, and how many waits no machine would shorten."""
    held = run(100, started_at=(NOON - timedelta(hours=100) + timedelta(minutes=40)).isoformat())
    held["ended_at"] = (NOON - timedelta(hours=99)).isoformat()
    said = words(report([*(run(n) for n in range(1, 100)), held]), tmp_path)
    assert "it gives 5.0 s for 95 %, where 5.0 s were seen (95 % interval 5.0 s to 40 min 0 s)" in said
    assert "beside their own free machine, taken to wait as long with any number: 1." in said


def test_a_gap_that_lasts_and_one_that_never_was_are_told(tmp_path: Path) -> None:
    """A machine that is still down says so beside its gaps; one that never was has a least time between gaps."""
    links = [
        {"id": f"c{n}", "machine_id": f"m{n}", "websocket_id": "s", "status": "error" if end else "connected",
         "connected_at": "2026-03-18T12:00:00Z", "disconnected_at": end, "last_ping": end or NOON.isoformat()}
        for n, end in enumerate([None, "2026-03-19T12:00:00Z"])
    ]  # fmt: skip
    frames = {"runs": runs([run(n) for n in range(1, 48)]), "connections": connections_frame(links)}
    scope = Scope("a fleet", NOON - timedelta(days=2), NOON, NOON)
    said = words(make_report(scope, frames, {}), tmp_path)
    assert "50.0 % 1, still down 1 d 0 h" in said
    assert "at least 13 h 1 min" in said


def test_an_incomplete_fleet_says_so_first(tmp_path: Path) -> None:
    """When rows are missing the head of the page says it, and so does every part."""
    doubted = runs([run(n) for n in range(1, 10)])
    doubted.attrs["completeness"] = {"complete": False, "why": "the server counted 12 rows", "rows": 9}
    again = make_report(Scope("a fleet", None, NOON, NOON), {"runs": doubted}, {"connections": "refused (403)"})
    said = words(again, tmp_path)
    assert "DATA NOT COMPLETE: the server counted 12 rows" in said.partition("What to look at first")[0]
    assert "No connections: refused (403)." in said


def days_of(records: list[dict[str, object]]) -> pd.DataFrame:
    """Give the figures of each day of a report for a reader in Berlin."""
    study = Study(Scope("a small fleet", None, NOON, NOON, tz="Europe/Berlin"), {"runs": runs(records)}, {})
    return study.get("kpis_by_day")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_of_another_length_is_one_day(day: str) -> None:
    """On a day with a change of clocks each run counts once, on its day in the reader's time zone."""
    start = pd.Timestamp(day, tz="Europe/Berlin")
    hours = pd.date_range(start, start + pd.Timedelta(days=1), freq="30min", inclusive="left", tz="Europe/Berlin")
    records = [run(n, at=time.to_pydatetime()) for n, time in enumerate(hours)]
    by_day = days_of(records)
    local = hours.tz_convert("Europe/Berlin").strftime("%Y-%m-%d").value_counts()
    assert by_day["n"].tolist() == local.sort_index().tolist()


@pytest.mark.parametrize(
    ("hours", "freq"), [([], "D"), ([1, 30], "h"), ([1, 900], "D"), ([1, 9000], "W-MON"), ([1, 20_000], "MS")]
)
def test_charts_over_time_have_so_many_periods_as_can_be_told_apart(hours: list[int], freq: str) -> None:
    """A day is charted by the hour, a month by the day, a year by the week, more by the month."""
    assert Study(Scope("a fleet", None, NOON, NOON), {"runs": runs([run(hour) for hour in hours])}, {}).freq == freq


def test_charts_of_a_year_say_that_they_are_by_the_week() -> None:
    """The charts over time have the periods that suit the time, and say which."""
    made = report([run(number) for number in (1, 9000)])
    titles = [block.title for section in made._sections for block in section.blocks if isinstance(block, Figure)]
    over_time = [title for title in titles if " per " in title]
    assert len(over_time) == 3
    assert all("per week" in title for title in over_time), over_time


def test_runs_are_counted_on_the_reader_s_day() -> None:
    """Half past eleven in the evening in UTC is the next day in Berlin."""
    late = [run(n, at=datetime(2026, 1, 10, 23, 30, tzinfo=UTC)) for n in (1, 2)]
    assert days_of([*late, run(3, at=datetime(2026, 1, 11, 12, tzinfo=UTC))])["n"].tolist() == [3]


def test_runs_that_no_machine_would_take_are_told(tmp_path: Path) -> None:
    """Where runs would wait without end for fewer machines, the prediction says so and is not left out."""
    records = [run(n, pool_ids=["p0" if n % 4 else "p1"]) for n in range(1, 40)]
    made = report(records)
    assert "What other numbers of machines would do" not in gaps(made)
    assert made.frames["capacity"]["never_started"].tolist()[0] > 0
    said = words(made, tmp_path)
    assert "without end" in said
    assert "never start" in said


def test_a_page_lets_nothing_in(tmp_path: Path) -> None:
    """The page has no script, no style but its own, and a policy that allows nothing else."""
    page = report_of("one machine").save(tmp_path / "a.html").path.read_text(encoding="utf-8")
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page
    assert re.findall(r"<[^>]+ style=", page) == []
    assert set(re.findall(r'(?:src|href)="([a-z]*[:#])', page)) == {"data:", "#"}


def test_attached_frames_read_back(tmp_path: Path) -> None:
    """The Parquet file in the page holds the runs of the report."""
    import base64

    page = report_of("one machine").save(tmp_path / "a.html").path.read_text(encoding="utf-8")
    (content,) = re.findall(r'href="data:[^,]*,([^"]+)" download="report-runs.parquet"', page)
    attached = pd.read_parquet(io.BytesIO(base64.b64decode(content)))
    assert attached["id"].tolist() == [run(n)["id"] for n in range(1, 60)]
    assert "input_values" in attached
    assert "usage_metadata" not in attached


def test_a_large_frame_lies_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no room in the page is a file beside it, and the page says where."""
    monkeypatch.setattr("cyberdesk_nb.report.report.PAGE_MAX", 0)
    saved = report([run(n) for n in range(1, 9)], form="csv").save(tmp_path / "a.html")
    assert tmp_path / "a_frames" / "report-runs.csv" in saved.beside
    page = saved.path.read_text(encoding="utf-8")
    assert 'href="a_frames/report-runs.csv"' in page
    assert "beside this file, which has no room for it" in page
    assert "an apostrophe stands before texts" in page


class Shelf:
    """Recordings without a network: one has no screen, one fails."""

    def last_screen(self, run_id: str) -> bytes | str:
        """Give a picture, a reason, or an error."""
        from tests.player.pictures import picture

        if run_id.endswith("2"):
            raise NotFoundError("No such picture.", status=404)
        return "No screen was recorded." if run_id.endswith("3") else picture(size=(1024, 768), colour="teal")

    def write_replay(self, run_id: str, path: Path) -> None:
        """Write a replay, or fail."""
        if run_id.endswith("2"):
            raise NotFoundError("No such run.", status=404)
        path.write_text(run_id, encoding="utf-8")


def test_failed_runs_have_screens_and_replays(tmp_path: Path) -> None:
    """Of the failed runs some are shown, with how many there are; each with its screen and replay, or why not."""
    records = [run(n, "error", error=[f"Kind {'abc'[n - 1]}"]) for n in (1, 2, 3)] + [run(n) for n in range(4, 20)]
    made = report(records, recordings=Shelf(), replays=5)
    page = made.save(tmp_path / "a.html").path.read_text(encoding="utf-8")
    said = words(made, tmp_path)
    assert "3 of 3 failed runs are shown." in said
    assert "The last screen could not be had: No such picture." in said
    assert "No screen was recorded." in said
    assert "No replay: No such run." in said
    links = re.findall(r'href="(a_replays/[^"]+)"', page)
    assert sorted((tmp_path / link).read_text()[-1] for link in links) == ["1", "3"]
    assert page.count("data:image/webp") == 1


def test_a_failed_run_stands_for_no_finding_that_cost_no_run() -> None:
    """What takes longer is no reason to look at a run that failed: it is shown for its kind of failure."""
    first, second = (run(n)["id"] for n in (1, 2))
    found = pd.DataFrame(
        {"headline": ["It waits", "It fails"], "run_ids": [f'["{first}"]', f'["{second}"]'], "runs_lost": [0.0, 1.0]}
    )
    failed = runs([run(1, "error"), run(2, "error"), run(3)])
    study = Study(Scope("a fleet", None, NOON, NOON), {"runs": failed, "findings": found}, {})
    assert [(one.run_id, one.why) for one in choose(study, 6)] == [
        (second, "It fails"),
        (first, "The newest of 2 failures of this kind"),
    ]


def test_no_failed_run_is_shown_when_none_is_wanted(tmp_path: Path) -> None:
    """With replays=0 nothing is fetched of runs, and the part says so."""
    made = report([run(1, "error")], recordings=Shelf(), replays=0)
    assert "Failed runs to look at" in gaps(made)
    assert made.save(tmp_path / "a.html").beside == ()


def test_a_report_shows_itself_in_a_cell() -> None:
    """In a notebook it is a frame without any right, its page escaped into one attribute."""
    shown = report([run(1, "error", error=['"><script>alert(1)</script>'])])._repr_html_()
    assert shown.startswith('<iframe sandbox="" srcdoc="&lt;!doctype html&gt;')
    assert shown.count('"') == shown.count('="') * 2
    assert "<script" not in shown


def test_one_broken_part_leaves_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An analysis that fails takes its own part away, which says why, and nothing else."""
    from cyberdesk_nb.report import study

    def broken(_: study.Study) -> pd.DataFrame:
        raise ZeroDivisionError("no runs to divide by")

    monkeypatch.setitem(study._MADE, "failures", broken)
    said = words(report([run(n, "error") for n in range(1, 9)]), tmp_path)
    assert "Not shown: ZeroDivisionError: no runs to divide by." in said
    assert "How long runs take" in said


def test_words_for_a_terminal(tmp_path: Path) -> None:
    """In words a report is what to look at first, and where it was written."""
    made = report([run(n) for n in range(1, 9)])
    assert "fleet.html" not in made.in_words()
    made.save(tmp_path / "fleet.html")
    assert made.in_words().splitlines()[-1].startswith(f"{tmp_path / 'fleet.html'}: 0.")
    assert repr(made) == f"<Report: 8 runs, 0 findings, saved as {str(tmp_path / 'fleet.html')!r}>"


def test_nothing_is_written_where_it_cannot_be(tmp_path: Path) -> None:
    """A folder that does not exist is said, and nothing is made."""
    with pytest.raises(ConfigurationError, match="cannot be written"):
        report_of("one run").save(tmp_path / "missing" / "a.html")


def test_what_changed_is_measured_against_the_time_before() -> None:
    """Of a month the last week is compared with the weeks before it; of a shorter time the later half."""
    frame = {"runs": runs([run(1)])}
    month = Study(Scope("f", NOON - timedelta(days=30), NOON, NOON), frame, {})
    day = Study(Scope("f", NOON - timedelta(days=1), NOON, NOON), frame, {})
    assert month.recent == NOON - timedelta(days=7)
    assert day.recent == NOON - timedelta(hours=12)
