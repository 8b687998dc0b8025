"""Roles compiled to the permissions they give: one frozen set a role, one union a person."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from suuupra.services.identity.rules.roles import OWNER, ROLES, STUDENT, is_staff

OWN_ROWS = ".own"


class Permissions:
    """Which role holds what. `table` is merged from all manifests; the owner holds everything."""

    def __init__(self, known: Mapping[str, str], table: Mapping[str, frozenset[str]]) -> None:
        for role, held in table.items():
            if role not in ROLES:
                raise ValueError(f"a manifest gives permissions to {role!r}, which is not a shipped role")
            if unknown := held - known.keys():
                raise ValueError(f"{role} is given {sorted(unknown)}, which no manifest declares")
        self.by_role = {role: table.get(role, frozenset()) for role in ROLES} | {OWNER: frozenset(known)}
        self._union = lru_cache(maxsize=1024)(self._compile)

    def of(self, roles: Iterable[str]) -> frozenset[str]:
        """Everything these roles give together; everyone is a student."""
        return self._union(frozenset(roles) | {STUDENT})

    def holders(self, permission: str) -> frozenset[str]:
        """The roles that give it."""
        return frozenset(role for role, held in self.by_role.items() if permission in held)

    def _compile(self, roles: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*(self.by_role.get(role, frozenset()) for role in roles))


def is_own_row(permission: str, person: object, owner: object) -> bool:
    """A permission that ends in `.own` holds for rows of the person alone; any other for all rows."""
    return not permission.endswith(OWN_ROWS) or person == owner


def admitted(roles: Iterable[str], strength: int, *, needs_factor: bool) -> frozenset[str]:
    """The roles that count in a session: where staff need a second factor, staff roles only with one."""
    held = frozenset(roles) | {STUDENT}
    if needs_factor and strength < 2 and is_staff(held):  # noqa: PLR2004 - assurance level 2
        return frozenset(role for role in held if not ROLES[role].is_staff)
    return held
