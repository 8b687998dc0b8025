"""What a form shows when it comes back: the typed values and what was wrong with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Refusal(Protocol):
    """One error of a Problem: a JSON pointer and a sentence."""

    @property
    def pointer(self) -> str: ...

    @property
    def detail(self) -> str: ...


@dataclass(frozen=True, slots=True)
class FieldError:
    """`name` is the field's; an empty one means the form as a whole."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Form:
    """Values as strings by field name; macros ask it for `value` and `error`."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    message: str = ""

    @classmethod
    def of(cls, **values: str) -> "Form":
        return cls(values=values)

    @classmethod
    def refused(
        cls, values: Mapping[str, str], errors: Iterable[Refusal | Mapping[str, str]], message: str = ""
    ) -> "Form":
        """The form as it was sent, with the errors of a Problem beside their fields."""
        return cls(values=dict(values), errors=tuple(map(_field_error, errors)), message=message)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        return next((one.text for one in self.errors if one.name == name), "")

    @property
    def failed(self) -> bool:
        return bool(self.errors or self.message)


def _field_error(error: Refusal | Mapping[str, str]) -> FieldError:
    pointer, detail = (
        (error.get("pointer", ""), error.get("detail", ""))
        if isinstance(error, Mapping)
        else (error.pointer, error.detail)
    )
    name = pointer.strip("/").split("/")[0].replace("~1", "/").replace("~0", "~")
    return FieldError(name, detail)
