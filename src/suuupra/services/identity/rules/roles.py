"""The shipped roles, their order, and who may change what about whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from suuupra.services.identity.api import NotBelowYou, RoleAboveOwn


@dataclass(frozen=True)
class Role:
    """One shipped role. Ranks order who may give what; rights themselves come from the manifests."""

    name: str
    title: str
    rank: int
    is_staff: bool = False


STUDENT = "student"
OWNER = "owner"
ROLES = {
    role.name: role
    for role in (
        Role(STUDENT, "Student", 0),
        Role("teacher", "Teacher", 10),
        Role("auditor", "Auditor", 20, is_staff=True),
        Role("editor", "Editor", 20, is_staff=True),
        Role("finance", "Finance", 30, is_staff=True),
        Role("moderator", "Moderator", 30, is_staff=True),
        Role("operator", "Operator", 30, is_staff=True),
        Role("privacy", "Privacy", 30, is_staff=True),
        Role("support", "Support", 30, is_staff=True),
        Role("admin", "Administrator", 80, is_staff=True),
        Role(OWNER, "Owner", 100, is_staff=True),
    )
}


def rank_of(roles: Iterable[str]) -> int:
    """The highest rank among them."""
    return max((ROLES[name].rank for name in roles if name in ROLES), default=0)


def is_staff(roles: Iterable[str]) -> bool:
    """Whether any of them is a staff role."""
    return any(ROLES[name].is_staff for name in roles if name in ROLES)


def may_grant(own: Iterable[str], role: str) -> bool:
    """Nobody gives or takes a role above their own."""
    return ROLES[role].rank <= rank_of(own)


def check_grant(own: Iterable[str], role: str) -> None:
    """`RoleAboveOwn` where the role is above the highest of one's own."""
    if not may_grant(own, role):
        raise RoleAboveOwn(role=role)


def check_below(own: Iterable[str], theirs: Iterable[str]) -> None:
    """`NotBelowYou` unless theirs are below one's own; owners may act on owners."""
    mine = rank_of(own)
    if mine <= rank_of(theirs) and mine < ROLES[OWNER].rank:
        raise NotBelowYou
