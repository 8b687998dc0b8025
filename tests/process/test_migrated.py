"""A warm start does not ask the product whether the schema stands."""

from pathlib import Path

from suuupra.process import migrated
from tests.covers import covers


@covers("OPS-1")
def test_only_data_migrated_by_this_very_release_are_current(tmp_path: Path) -> None:
    assert not migrated.is_current(tmp_path)
    migrated.note(tmp_path)
    assert migrated.is_current(tmp_path)
    (tmp_path / migrated.MARK).write_text("another release")
    assert not migrated.is_current(tmp_path)
    migrated.note(tmp_path)
    migrated.forget(tmp_path)
    assert not migrated.is_current(tmp_path)
    migrated.note(tmp_path / "none")
    assert not migrated.is_current(tmp_path / "none")
