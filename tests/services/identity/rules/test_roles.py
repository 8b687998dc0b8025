"""Nobody gives above their own, and rights come from manifests alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.identity.api import NotBelowYou, RoleAboveOwn
from suuupra.services.identity.rules.permissions import Permissions, admitted, is_own_row
from suuupra.services.identity.rules.roles import ROLES, check_below, check_grant, is_staff, rank_of
from tests.covers import covers

NAMES = st.sampled_from(sorted(ROLES))
SETS = st.frozensets(NAMES, max_size=4)
KNOWN = {f"school.course.act{number}": "Does it" for number in range(6)}
TABLES = st.dictionaries(
    NAMES.filter(lambda name: name != "owner"), st.frozensets(st.sampled_from(sorted(KNOWN))), max_size=6
)


@covers("ID-13")
@given(SETS, NAMES)
def test_a_role_passes_only_from_at_least_its_own_height(own: frozenset[str], role: str) -> None:
    if ROLES[role].rank <= rank_of(own):
        check_grant(own, role)
    else:
        with pytest.raises(RoleAboveOwn):
            check_grant(own, role)


@covers("ID-13")
@given(SETS, SETS)
def test_two_people_are_never_both_below_each_other_unless_both_are_owners(
    one: frozenset[str], other: frozenset[str]
) -> None:
    def above(mine: frozenset[str], theirs: frozenset[str]) -> bool:
        try:
            check_below(mine, theirs)
        except NotBelowYou:
            return False
        return True

    if above(one, other) and above(other, one):
        assert "owner" in one & other


@covers("ID-13")
@given(TABLES, SETS)
def test_permissions_of_roles_are_the_union_and_the_owner_holds_all(
    table: dict[str, frozenset[str]], roles: frozenset[str]
) -> None:
    permissions = Permissions(KNOWN, table)
    expected = set().union(*(table.get(role, frozenset()) for role in {*roles, "student"}))
    if "owner" in roles:
        expected = set(KNOWN)
    assert permissions.of(roles) == expected
    for name in KNOWN:
        assert (name in expected) == bool(permissions.holders(name) & (roles | {"student"}))


@covers("ID-13")
def test_unknown_roles_and_permissions_of_a_manifest_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="captain"):
        Permissions(KNOWN, {"captain": frozenset()})
    with pytest.raises(ValueError, match=r"school\.course\.fly"):
        Permissions(KNOWN, {"teacher": frozenset({"school.course.fly"})})


@covers("ID-13")
@given(SETS, st.integers(1, 2))
def test_staff_rights_wait_for_the_second_factor_where_it_is_demanded(
    roles: frozenset[str], level: int
) -> None:
    held = admitted(roles, level, needs_factor=True)
    assert "student" in held
    assert is_staff(held) == (is_staff(roles) and level == 2)
    assert admitted(roles, level, needs_factor=False) == roles | {"student"}


@covers("ID-26")
def test_a_permission_for_own_rows_holds_for_no_other() -> None:
    assert is_own_row("school.note.read.own", "meera", "meera")
    assert not is_own_row("school.note.read.own", "meera", "arjun")
    assert is_own_row("school.note.read", "meera", "arjun")
