"""Settings: one frozen model a service, read once at start from command line, environment, `.env`, defaults.

Every default works on a laptop. A name that nobody knows is refused with its nearest match, a value
that does not fit with where it was set. Secrets print as stars.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

PREFIX = "SUUUPRA_"
S = TypeVar("S", bound="Settings")


class SettingsError(Exception):
    """Something is set wrongly; the message names it, where it was set, and the way out."""


class Settings(BaseModel):
    """Base of all settings. `section` is the part after `SUUUPRA_`, empty for the platform's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    section: ClassVar[str] = ""

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment name of a field."""
        middle = f"{cls.section.upper()}_" if cls.section else ""
        return f"{PREFIX}{middle}{field.upper()}"


@dataclass(frozen=True)
class Source:
    """Some values and where they come from, for messages such as 'set in .env'."""

    name: str
    values: Mapping[str, str]


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines; `#` starts a comment line; one pair of quotes around a value is taken off."""
    found: dict[str, str] = {}
    if not path.is_file():
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if not sign or name.startswith("#"):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[name.strip()] = value
    return found


class Configuration:
    """All settings of a process. The first source that has a value wins."""

    def __init__(
        self,
        classes: Iterable[type[Settings]],
        sources: Iterable[Source],
        *,
        aliases: Mapping[str, str] | None = None,
        reserved: Iterable[str] = (),
    ) -> None:
        self.sources = [self._with_aliases(source, aliases or {}) for source in sources]
        self.classes = tuple(classes)
        known = {cls.variable(name) for cls in self.classes for name in cls.model_fields}
        self._refuse_unknown(known | {f"{name}_FILE" for name in known} | set(reserved))
        self._values: dict[type[Settings], Settings] = {cls: self._build(cls) for cls in self.classes}

    def get(self, cls: type[S]) -> S:
        """The settings of that class."""
        return cast("S", self._values[cls])

    def effective(self) -> dict[str, str]:
        """Every variable and its value, secrets masked."""
        shown = {}
        for cls, values in self._values.items():
            for name in cls.model_fields:
                value = getattr(values, name)
                shown[cls.variable(name)] = (
                    "***" if isinstance(value, SecretStr) and value.get_secret_value() else str(value)
                )
        return shown

    def _build(self, cls: type[S]) -> S:
        given: dict[str, Any] = {}
        origin: dict[str, str] = {}
        for name in cls.model_fields:
            for source in self.sources:
                value = self._look(source, cls.variable(name))
                if value is not None:
                    given[name], origin[name] = value, source.name
                    break
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else ""
            where = origin.get(name, "its default")
            raise SettingsError(f"{cls.variable(name)} (set in {where}): {first['msg']}") from error

    @staticmethod
    def _look(source: Source, variable: str) -> str | None:
        if variable in source.values:
            return source.values[variable]
        path = source.values.get(f"{variable}_FILE")
        if path is None:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{variable}_FILE (set in {source.name}): {error.strerror}: {path}"
            ) from error

    @staticmethod
    def _with_aliases(source: Source, aliases: Mapping[str, str]) -> Source:
        if source.name != ".env":
            return source
        named = {aliases[name]: value for name, value in source.values.items() if name in aliases}
        return Source(source.name, named | dict(source.values))

    def _refuse_unknown(self, known: set[str]) -> None:
        for source in self.sources:
            for name in source.values:
                if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}ADDRESS_"):
                    near = difflib.get_close_matches(name, known, n=1)
                    hint = f" Did you mean {near[0]}?" if near else ""
                    raise SettingsError(f"{name} (set in {source.name}) is not a setting.{hint}")


def environment() -> Source:
    """The process environment."""
    return Source("the environment", dict(os.environ))
