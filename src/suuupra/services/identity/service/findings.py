"""Several wrong fields in one answer, instead of one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager

from suuupra.kernel.problems import FieldError, Invalid


class Findings:
    """Collects what rules refuse; `settle` raises all of it together."""

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Run one check; a refusal is kept and the next check may run."""
        try:
            yield
        except Invalid as refusal:
            self._errors += refusal.errors

    def settle(self) -> None:
        """`Invalid` with everything that was found, if anything was."""
        if self._errors:
            raise Invalid(errors=self._errors)
