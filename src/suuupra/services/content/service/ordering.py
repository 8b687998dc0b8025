"""Which section and lesson stands where: the whole order at once, or one step up or down."""

from typing import Any
from uuid import UUID

from pydantic import Field

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command
from suuupra.kernel.problems import Invalid
from suuupra.services.content.api import LessonNotFound
from suuupra.services.content.rules import positions
from suuupra.services.content.rules.blocks import NODES_MAX
from suuupra.services.content.service import drafting
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.service.drafting import Draft
from suuupra.services.content.store import revisions
from suuupra.services.content.store.rows import Node


class SectionOrder(Command):
    section_id: UUID
    lesson_ids: tuple[UUID, ...] = ()


class SetOrder(Command):
    """The whole outline: every section and lesson of the draft exactly once."""

    course_id: UUID
    if_match: str | None = None
    sections: tuple[SectionOrder, ...] = Field(max_length=NODES_MAX)


class MoveNode(Command):
    """One step up or down; a lesson crosses into the neighbouring section at the end of its own."""

    course_id: UUID
    node_id: UUID
    is_up: bool


class Ordering:
    """Use cases of the outline's order."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def set_order(self, command: SetOrder) -> str:
        """The new entity tag of the order."""
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            nodes = await revisions.nodes(unit.session, draft.revision.id)
            drafting.must_match(command.if_match, drafting.order_tag(nodes), document(nodes))
            await reorder(draft, nodes, command.sections)
            return drafting.order_tag(await revisions.nodes(unit.session, draft.revision.id))

    async def move(self, command: MoveNode) -> None:
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            nodes = await revisions.nodes(unit.session, draft.revision.id)
            node = next((one for one in nodes if one.node_id == command.node_id), None)
            if node is None:
                raise LessonNotFound
            if (step := one_step(nodes, node, is_up=command.is_up)) is not None:
                await revisions.place(unit.session, draft.revision.id, {node.node_id: step})
                await drafting.touched(draft)


async def reorder(draft: Draft, nodes: list[Node], wanted: tuple[SectionOrder, ...]) -> None:
    """Write the places of what moved."""
    sections = {node.node_id for node in nodes if node.parent_id is None}
    lessons = {node.node_id for node in nodes if node.parent_id is not None}
    named_sections = [part.section_id for part in wanted]
    named_lessons = [lesson for part in wanted for lesson in part.lesson_ids]
    if sorted(named_sections) != sorted(sections) or sorted(named_lessons) != sorted(lessons):
        raise Invalid.at("/sections", "Name every section and every lesson of the course exactly once.")
    places: dict[UUID, tuple[UUID | None, str]] = {}
    for part, place in zip(wanted, positions.spread(len(wanted)), strict=True):
        places[part.section_id] = (None, place)
        for lesson, inner in zip(part.lesson_ids, positions.spread(len(part.lesson_ids)), strict=True):
            places[lesson] = (part.section_id, inner)
    stand = {node.node_id: (node.parent_id, node.position) for node in nodes}
    moved = {one: place for one, place in places.items() if stand[one] != place}
    for node in nodes:
        if node.node_id in moved:
            node.parent_id, node.position = moved[node.node_id]
    if moved:
        await drafting.touched(draft)


def one_step(nodes: list[Node], node: Node, *, is_up: bool) -> tuple[UUID | None, str] | None:
    """Where one step leads, or None at the very end."""
    siblings = [one for one in nodes if one.parent_id == node.parent_id]
    at = siblings.index(node)
    beyond = at - 1 if is_up else at + 1
    if 0 <= beyond < len(siblings):
        low, high = (beyond - 1, beyond) if is_up else (beyond, beyond + 1)
        before = siblings[low].position if low >= 0 else None
        after = siblings[high].position if high < len(siblings) else None
        return node.parent_id, positions.between(before, after)
    if node.parent_id is None:
        return None
    sections = [one for one in nodes if one.parent_id is None]
    index = next(index for index, one in enumerate(sections) if one.node_id == node.parent_id)
    index += -1 if is_up else 1
    if not 0 <= index < len(sections):
        return None
    inside = [one.position for one in nodes if one.parent_id == sections[index].node_id]
    edge = (
        positions.between(max(inside, default=None), None)
        if is_up
        else positions.between(None, min(inside, default=None))
    )
    return sections[index].node_id, edge


def document(nodes: list[Node]) -> list[dict[str, Any]]:
    sections = [node for node in nodes if node.parent_id is None]
    return [
        {
            "section_id": str(section.node_id),
            "lesson_ids": [str(node.node_id) for node in nodes if node.parent_id == section.node_id],
        }
        for section in sections
    ]
