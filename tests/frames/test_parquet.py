"""Files hold the frame that memory would have held, or are not there."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.errors import ConfigurationError, IncompleteError, RequestError
from cyberdesk_nb.frames import parquet, runs_frame, workflows_frame
from cyberdesk_nb.frames.parquet import FrameFile, read_parquet
from tests.frames.golden import RECORDS
from tests.frames.golden_row import Golden
from tests.frames.golden_runs import RUN
from tests.frames.test_pages import BASE

COMPLETE = {"complete": True, "server_total": 6, "rows": 6, "why": "every window of time was read to its end"}


def pages() -> list[bytes]:
    """Give three pages of runs whose cells are as different as they can be; the newest row stands last."""
    odd: list[dict[str, Any]] = [
        {"id": "a", **BASE, "status": "paused"},
        {"id": "b", **BASE, "output_data": {}, "error": [], "input_values": {"n": 10**400}, "new": 1},
        {"id": "c", **BASE, "usage_metadata": {"total_cached_steps": 2**53 + 1, "total_agentic_steps": None}},
        {"id": "d", **BASE, "started_at": "never", "status": "archived"},
        {"id": "e", **BASE, "is_priority": False, "main_prompt": "", "started_at": "1500-01-01T00:00:00Z"},
        {**RUN.record, "created_at": "2026-12-01T00:00:00Z"},
    ]
    parts = [odd[:2], odd[2:4], odd[4:]]
    return [json.dumps({"items": part, "included": RUN.included}).encode() for part in parts]


def write(path: Path, **options: Any) -> pd.DataFrame:
    """Write the pages, a row group each, and give what the file says of itself."""
    with FrameFile(path, runs_frame, **options) as file:
        for page in pages():
            file.take(page, parquet._BATCH_ROWS)
        return file.finish(COMPLETE)


def test_a_file_in_batches_gives_the_whole_frame_back(tmp_path: Path) -> None:
    """Rows, dtypes, categories that only one batch knows, problems and completeness are those of the frame at once."""
    summary = write(tmp_path / "runs.parquet")
    whole = runs_frame(pages(), completeness={**COMPLETE, "problems": 2})
    back = read_parquet(tmp_path / "runs.parquet")
    pd.testing.assert_frame_equal(back, whole)
    assert back.attrs == summary.attrs == {**whole.attrs, "completeness": back.attrs["completeness"]}
    assert back.attrs["completeness"]["problems"] == whole.attrs["problem_count"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["runs.parquet"]


def test_other_readers_get_types_and_attrs_too(tmp_path: Path) -> None:
    """Pandas reads integers beside missing ones exactly, and finds the attributes."""
    write(tmp_path / "runs.parquet")
    frame = pd.read_parquet(tmp_path / "runs.parquet")
    assert frame["steps_cached"][2] == 2**53 + 1
    assert frame.attrs == read_parquet(tmp_path / "runs.parquet").attrs
    assert len(frame.index) == 6


@pytest.mark.parametrize("golden", RECORDS, ids=lambda golden: golden.table.name)
def test_a_file_that_pandas_wrote_is_read_unchanged(golden: Golden, tmp_path: Path) -> None:
    """Every table survives `to_parquet`, with rows and without."""
    for records in ([golden.record], []):
        frame = golden.make(records, included=golden.included)
        frame.to_parquet(tmp_path / "frame.parquet")
        back = read_parquet(tmp_path / "frame.parquet")
        pd.testing.assert_frame_equal(back, frame)
        assert back.attrs == frame.attrs


def test_rows_come_newest_first_where_the_file_says_so(tmp_path: Path) -> None:
    """Pages from several windows of time are put in order when they are read."""
    with FrameFile(tmp_path / "runs.parquet", runs_frame) as file:
        for page in pages():
            file.take(page, 2)
        file.finish(COMPLETE, newest_first=True)
    back = read_parquet(tmp_path / "runs.parquet")
    assert back["created_at"].is_monotonic_decreasing
    assert set(back["id"]) == set(runs_frame(pages())["id"])


def test_an_error_leaves_what_was_there_before(tmp_path: Path) -> None:
    """A file that could not be finished does not replace an older one, and leaves nothing beside it."""
    path = tmp_path / "runs.parquet"
    write(path)
    before = path.read_bytes()

    def fail() -> None:
        with FrameFile(path, runs_frame) as file:
            file.take(pages()[0], parquet._BATCH_ROWS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with pytest.raises(IncompleteError):
        write(path, strict=True)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["runs.parquet"]


def test_strict_refuses_rows_that_were_not_reached(tmp_path: Path) -> None:
    """With `strict` a walk that may lack rows gives no file."""
    with FrameFile(tmp_path / "runs.parquet", runs_frame, strict=True) as file, pytest.raises(IncompleteError):
        file.finish({**COMPLETE, "complete": False})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    """A write that fails names the file and the reason, and the half of it is gone."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match=r"runs\.parquet' cannot be written"):
            write(tmp_path / "runs.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, former)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    """Nothing is fetched for a file that cannot be made."""
    with pytest.raises(ConfigurationError, match="cannot be written"):
        FrameFile(tmp_path / "none" / "runs.parquet", runs_frame)


def test_what_is_no_file_of_ours_is_refused_in_words(tmp_path: Path) -> None:
    """A missing file, another format, and a frame of something else are told apart from an empty frame."""
    (tmp_path / "text").write_text("no parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other")
    for name in ("missing", "text", "other"):
        with pytest.raises(RequestError, match=name):
            read_parquet(tmp_path / name)
    workflows_frame([]).to_parquet(tmp_path / "empty")
    assert read_parquet(tmp_path / "empty").empty
