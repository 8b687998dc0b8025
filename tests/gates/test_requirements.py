"""`@covers` and the list of requirements: what is unknown, what is missing, what the page says."""

from pathlib import Path

import pytest

from tests.covers import covers
from tests.gates import requirements
from tests.gates.source import REPOSITORY

LIST = '[video]\ntitle = "Video"\nlater = ["VOD-3"]\n[video.now]\nVOD-1 = "Upload"\nVOD-5 = "Ladder"\n'
TEST = (
    '@covers("VOD-1", "VOD-3")\nclass TestUpload:\n    @covers("VOD-99")\n    async def test_it(self): ...\n'
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / requirements.LIST).write_text(LIST)
    (tmp_path / "tests" / "test_upload.py").write_text(TEST)
    return tmp_path


@covers("OPS-50")
class TestList:
    def test_an_unknown_id_is_named_with_its_line(self, small: Path) -> None:
        (found,) = requirements.check(small)
        assert str(found).startswith("tests/test_upload.py:3: VOD-99")

    def test_an_id_without_a_test_is_missing(self, small: Path) -> None:
        assert requirements.missing(small) == ["VOD-5"]
        assert "no test: VOD-5" in requirements.table(small)

    def test_the_page_leads_to_the_test(self, small: Path) -> None:
        page = requirements.page(small)
        assert "| VOD-1 | Upload | [test_upload.py](../tests/test_upload.py) |" in page
        assert "| VOD-5 | Ladder | no test yet |" in page
        assert "Later: VOD-3" in page


@covers("OPS-50")
class TestThisTree:
    def test_no_id_stands_twice(self) -> None:
        ids = [id_ for area in requirements.areas(REPOSITORY) for id_ in (*area.now, *area.later)]
        assert len(ids) == len(set(ids))

    def test_the_status_page_is_what_make_requirements_writes(self) -> None:
        assert (REPOSITORY / requirements.PAGE).read_text() == requirements.page(REPOSITORY)


@covers("OPS-50")
@pytest.mark.parametrize("wrong", [(), ("vod-1",), ("VOD-0",), ("VOD-1", "V")])
def test_a_misspelt_mark_fails_at_once(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="covers"):
        covers(*wrong)
