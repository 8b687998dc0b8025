"""Audited facts: who did what to what and why, published with the change itself and kept by `admin`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import Field

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import current_call
from suuupra.kernel.messages import Event


class Audited(Event, wire="kernel.audited.v1", key="target"):
    """`before` and `after` hold ids, states and names of fields only: never personal data."""

    source: str
    actor: str
    action: str
    target: str
    acting_for: UUID | None = None
    before: Mapping[str, Any] = Field(default_factory=dict)
    after: Mapping[str, Any] = Field(default_factory=dict)
    reason: str = ""
    trace: str = ""


def audited(
    action: str,
    target: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Audited:
    """The fact of an action such as `identity.role.granted` on `account:<id>`, by whoever calls."""
    call = current_call()
    who: Principal = call.principal
    return Audited(
        source=action.split(".", maxsplit=1)[0],
        actor=who.name,
        action=action,
        target=target,
        acting_for=who.acting_for,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason,
        trace=call.trace,
    )
