"""Settings: order, names, sources and secrets."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from suuupra.kernel.settings import Configuration, Settings, SettingsError, Source, environment, read_env_file
from tests.covers import covers


class BellSettings(Settings):
    section: ClassVar[str] = "bell"
    loudness: int = 3
    secret: SecretStr = SecretStr("")


def configured(*sources: Source, aliases: dict[str, str] | None = None) -> Configuration:
    return Configuration((BellSettings,), sources, aliases=aliases)


@covers("OPS-2", "PLT-11")
def test_the_first_source_that_has_a_value_wins() -> None:
    found = configured(
        Source("the command line", {}),
        Source("the environment", {"SUUUPRA_BELL_LOUDNESS": "5"}),
        Source(".env", {"SUUUPRA_BELL_LOUDNESS": "7"}),
    )
    assert found.get(BellSettings).loudness == 5


@covers("OPS-2")
def test_an_unknown_name_is_refused_with_the_nearest_one_and_its_source() -> None:
    with pytest.raises(SettingsError, match=r"SUUUPRA_BELL_LUDNESS \(set in .env\).*SUUUPRA_BELL_LOUDNESS"):
        configured(Source(".env", {"SUUUPRA_BELL_LUDNESS": "1"}))
    with pytest.raises(SettingsError, match=r"is not a setting\.$"):
        configured(Source(".env", {"SUUUPRA_XYZZY": "1"}))


@covers("OPS-2")
def test_a_value_that_does_not_fit_is_named_with_where_it_was_set() -> None:
    with pytest.raises(SettingsError, match=r"SUUUPRA_BELL_LOUDNESS \(set in the environment\)"):
        configured(Source("the environment", {"SUUUPRA_BELL_LOUDNESS": "loud"}))


@covers("OPS-2", "PLT-11", "ID-22")
def test_a_secret_comes_from_a_file_and_prints_as_stars(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    found = configured(Source("the environment", {"SUUUPRA_BELL_SECRET_FILE": str(tmp_path / "secret")}))
    assert found.get(BellSettings).secret.get_secret_value() == "s3cret"
    assert found.effective()["SUUUPRA_BELL_SECRET"] == "***"
    assert found.effective()["SUUUPRA_BELL_LOUDNESS"] == "3"
    with pytest.raises(SettingsError, match="No such file"):
        configured(Source(".env", {"SUUUPRA_BELL_SECRET_FILE": str(tmp_path / "gone")}))


@covers("OPS-2")
def test_sample_names_count_in_the_env_file_alone() -> None:
    aliases = {"BELL": "SUUUPRA_BELL_LOUDNESS"}
    assert configured(Source(".env", {"BELL": "9"}), aliases=aliases).get(BellSettings).loudness == 9
    shell = configured(Source("the environment", {"BELL": "9"}), aliases=aliases)
    assert shell.get(BellSettings).loudness == 3


@covers("OPS-2")
def test_an_env_file_takes_quotes_comments_and_export(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# note\nexport A='x y'\nB=1\n\nbroken\nC=\"q\"\n")
    assert read_env_file(path) == {"A": "x y", "B": "1", "C": "q"}
    assert read_env_file(tmp_path / "none") == {}
    assert environment().name == "the environment"
