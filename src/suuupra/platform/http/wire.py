"""Names and figures that both ends of a remote port share."""

from pydantic import ValidationError

from suuupra.kernel.ports import port_name
from suuupra.kernel.problems import ContractMismatch, FieldError, Invalid, Problem

SERVICE = "suuupra-service"
PRINCIPAL = "suuupra-principal"
DEADLINE = "suuupra-deadline-ms"
KEY = "idempotency-key"
TRACE = "traceparent"
OPERATION = "suuupra-operation"

_FROM_ANOTHER_RELEASE = {"extra_forbidden", "union_tag_invalid"}


def path_of(port: type, owner: str, operation: str) -> str:
    """Where an operation listens."""
    return f"/ports/{port_name(port, owner)}/{operation}"


def refused(error: ValidationError) -> Problem:
    """A message that does not fit: `Invalid`, or of another release if a field or kind in it is unknown."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [FieldError("/" + "/".join(map(str, item["loc"])), item["msg"]) for item in found]
    if any(item["type"] in _FROM_ANOTHER_RELEASE for item in found):
        return ContractMismatch(errors[0].detail, errors=errors, retry_after_s=5)
    return Invalid(errors[0].detail, errors=errors)
