"""THIRD_PARTY.md tells what is installed and carried."""

import pytest

from tests.covers import covers
from tests.gates import notices
from tests.gates.source import REPOSITORY

TEXT = (REPOSITORY / notices.PAGE).read_text()


@covers("OPS-53")
@pytest.mark.parametrize("package", notices.direct(REPOSITORY))
def test_a_direct_dependency_stands_with_its_version_and_licence(package: str) -> None:
    version = notices.locked(REPOSITORY)[package]
    assert notices.row(package, version) in TEXT


@covers("OPS-53")
def test_each_locked_package_and_vendored_file_stands_in_it() -> None:
    rows = {line for line in notices.page(REPOSITORY).splitlines() if notices.NOT_INSTALLED not in line}
    assert rows <= set(TEXT.splitlines())
