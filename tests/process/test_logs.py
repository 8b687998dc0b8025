"""What of the logs reaches the terminal, and that files do not grow for ever."""

import json
from pathlib import Path

import pytest

from suuupra.process import logs
from tests.covers import covers


def written(log: logs.Log, text: str) -> None:
    with log.path.open("a") as file:
        file.write(text)


@covers("OPS-21")
def test_only_whole_lines_since_the_last_look_are_news(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("of an earlier life\n")
    log = logs.Log(tmp_path / "web.log")
    assert log.news() == []
    written(log, "one\ntw")
    assert log.news() == ["one"]
    written(log, "o\n")
    assert log.news() == ["two"]
    assert log.last(20) == ["one", "two"]
    assert logs.Log(tmp_path / "none.log").news() == []


@covers("OPS-21")
def test_a_file_that_grew_too_long_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_SIZE_MAX_BYTES", 100)
    log = logs.Log(tmp_path / "web.log")
    written(log, "x" * 100 + "\n")
    assert len(log.news()) == 1
    assert (tmp_path / "web.log").stat().st_size == 0
    assert (tmp_path / "web.log.1").stat().st_size == 101
    written(log, "anew\n")
    assert log.news() == ["anew"]


@covers("OPS-21")
def test_of_a_flood_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_READ_MAX_BYTES", 10)
    log = logs.Log(tmp_path / "web.log")
    written(log, "a" * 1000 + "\nlast\n")
    assert log.news()[-1] == "last"
    assert log.news() == []


@covers("OPS-21", "OPS-23")
def test_warnings_are_shown_short_and_facts_are_not(tmp_path: Path) -> None:
    def line(**fields: object) -> str:
        return json.dumps({"timestamp": "2026", **fields})

    assert logs.warnings(line(event="upload.accepted", level="info")) is None
    assert (
        logs.warnings(line(event="disk.low", level="warning", free_bytes=7))
        == "warning disk.low free_bytes=7"
    )
    trace = "Traceback (most recent call last):\n  File x\nValueError: no"
    assert (
        logs.warnings(line(event="job.failed", level="error", exception=trace))
        == "error job.failed ValueError: no"
    )
    assert logs.warnings("Traceback (most recent call last):") == "Traceback (most recent call last):"
    assert logs.warnings("{ not json") == "{ not json"
    assert logs.warnings("") is None
    assert len(logs.warnings("x" * 5000) or "") == 400


@covers("OPS-21")
def test_of_the_server_only_what_it_cannot_go_on_after_is_shown() -> None:
    assert logs.panics("2026-11-21 10:00 UTC [7] ERROR:  duplicate key") is None
    assert logs.panics("2026-11-21 10:00 UTC [7] PANIC:  could not write") is not None
