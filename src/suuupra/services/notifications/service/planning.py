"""Planning: which deliveries a message becomes, and the line behind the bell, in one transaction."""

from typing import Any
from uuid import UUID

from suuupra.kernel.jobs import Job
from suuupra.kernel.manifest import Site
from suuupra.kernel.work import Unit
from suuupra.services.notifications import rules, store
from suuupra.services.notifications.api import DeliveryChanged, Template
from suuupra.services.notifications.service.vault import Vault
from suuupra.services.notifications.store import (
    Delivery,
    DeliveryEvent,
    FeedRow,
    SentMessage,
    TemplateVersion,
)


class DeliverUrgentMail(Job, name="notifications.deliver_urgent_mail", kind="quick"):
    """Lane 0: codes and security, with workers of their own."""

    delivery_id: UUID


class DeliverMail(Job, name="notifications.deliver_mail", kind="normal"):
    """Every other lane."""

    delivery_id: UUID


def feed_topic(recipient_id: UUID) -> str:
    """Where a person's open pages listen."""
    return f"feed:{recipient_id}"


class Planner:
    """Steps of planning; each takes the unit it works in."""

    def __init__(self, vault: Vault, site: Site) -> None:
        self._vault = vault
        self._site = site

    async def plan(self, unit: Unit, message: SentMessage) -> None:
        """Make deliveries and the feed's line; without a known contact the message waits for it."""
        said = self._said(message)
        address = said.get("address")
        recipient = message.recipient_id
        if recipient is not None and await store.contact(unit.session, recipient) is None:
            message.state = "waiting"
            return
        message.state = "planned"
        version = await unit.session.get(TemplateVersion, message.template_version_id)
        template = Template.model_validate(version.parts if version else {})
        drawn = rules.draw(template, self.words(said["variables"]))
        if recipient is not None and template.feed_title:
            await self._ring(unit, message, template, drawn)
        if not template.text:
            return
        found = await store.usable_addresses(unit.session, recipient) if recipient is not None else []
        targets = [self._vault.open(row.sealed, row.id) for row in found] or ([address] if address else [])
        for target in targets:
            await self._queue(unit, message, str(target))

    async def _queue(self, unit: Unit, message: SentMessage, address: str) -> None:
        delivery_id = unit.new_id()
        delivery = Delivery(
            id=delivery_id,
            message_id=message.id,
            channel="mail",
            address_key=self._vault.address_key(address),
            sealed_address=self._vault.seal(address, delivery_id),
            changed_at=unit.now,
        )
        unit.session.add(delivery)
        await unit.session.flush()
        self._note(unit, delivery, "queued", "")
        unit.enqueue(job_of(message.lane, delivery_id), at=message.not_before, priority=message.lane)

    async def _ring(
        self, unit: Unit, message: SentMessage, template: Template, drawn: dict[str, str]
    ) -> None:
        recipient = message.recipient_id
        if recipient is None:
            return
        head = await store.locked_head(unit.session, recipient)
        collapse = drawn["collapse_key"] or None
        replaced = await store.drop_unread_twin(unit.session, recipient, collapse) if collapse else 0
        head.last_seq += 1
        head.unread += 1 - replaced
        words = {"title": drawn["feed_title"], "text": drawn["feed_text"], "link": drawn["feed_link"]}
        unit.session.add(
            FeedRow(
                recipient_id=recipient,
                seq=head.last_seq,
                message_id=message.id,
                category=template.category,
                sealed=self._vault.seal(words, message.id),
                at=unit.now,
                collapse_key=collapse,
            )
        )
        await unit.session.flush()
        unit.announce(feed_topic(recipient), {"unread": head.unread, "seq": head.last_seq})

    async def move(self, unit: Unit, delivery: Delivery, state: str, error: str = "") -> bool:
        """Forward only; whether it moved."""
        if not rules.may_follow(delivery.state, state):
            return False
        delivery.state, delivery.changed_at, delivery.error = state, unit.now, error
        self._note(unit, delivery, state, error)
        if state in rules.ENDS:
            unit.publish(
                DeliveryChanged(message_id=delivery.message_id, channel=delivery.channel, state=state)
            )
        return True

    def _note(self, unit: Unit, delivery: Delivery, state: str, error: str) -> None:
        unit.session.add(
            DeliveryEvent(id=unit.new_id(), delivery_id=delivery.id, state=state, at=unit.now, error=error)
        )

    def _said(self, message: SentMessage) -> dict[str, Any]:
        if message.sealed is None:
            return {"variables": {}}
        opened: dict[str, Any] = self._vault.open(message.sealed, message.id)
        return opened

    def words(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Paths become addresses of this site; its name is there for every template."""
        full = {
            name: self._site.link(value) if isinstance(value, str) and value.startswith("/") else value
            for name, value in variables.items()
        }
        return full | {"site": self._site.name}


def job_of(lane: int, delivery_id: UUID) -> Job:
    """The job of a lane: urgent ones have workers of their own."""
    kind = DeliverUrgentMail if lane == rules.LANE_URGENT else DeliverMail
    return kind(delivery_id=delivery_id)
