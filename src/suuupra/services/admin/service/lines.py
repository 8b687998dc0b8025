"""The trail as people read it: names for ids, places to go to, what changed field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from suuupra.services.admin.api import AuditEntry
from suuupra.services.admin.rules.changes import Change, changes
from suuupra.services.admin.service.people import People

PLACES = {"account": "/admin/users", "course": "/admin/courses", "asset": "/admin/encodings"}


@dataclass(frozen=True)
class Line:
    """One entry with names for ids. `target_href` is empty where the desk has no page for the target."""

    entry: AuditEntry
    actor: str
    actor_href: str
    target: str
    target_href: str
    changes: tuple[Change, ...]


async def lines_of(people: People, entries: Iterable[AuditEntry]) -> tuple[Line, ...]:
    """Entries as they are drawn."""
    shown = tuple(entries)
    ids = {one for entry in shown for one in (id_in(entry.actor), id_in(entry.target)) if one}
    names = await people.names(ids)
    return tuple(_line(entry, names) for entry in shown)


def _line(entry: AuditEntry, names: Mapping[UUID, str]) -> Line:
    actor, subject = id_in(entry.actor), id_in(entry.target)
    kind, _, name = entry.target.partition(":")
    known = names.get(subject, "") if subject and kind == "account" else ""
    return Line(
        entry=entry,
        actor=names.get(actor, entry.actor) if actor else entry.actor or "nobody",
        actor_href=f"/admin/users/{actor}" if actor else "",
        target=known or entry.target,
        target_href=f"{PLACES[kind]}/{name}" if kind in PLACES and subject else "",
        changes=changes(entry.before, entry.after),
    )


def id_in(name: str) -> UUID | None:
    """The id that a name such as `account:0192…` ends with."""
    try:
        return UUID(name.rpartition(":")[2])
    except ValueError:
        return None
