"""Being asked: contacts, templates, and the planning of a message in one transaction."""

from datetime import timedelta

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import current_call, principal
from suuupra.kernel.clock import Clock
from suuupra.kernel.manifest import Site
from suuupra.kernel.messages import Nothing
from suuupra.kernel.problems import Forbidden
from suuupra.kernel.session import Session
from suuupra.kernel.work import Unit, Work
from suuupra.services.notifications import rules, store
from suuupra.services.notifications.api import (
    CancelMessage,
    DedupReused,
    DeliveryStep,
    ForgetContact,
    MessageQuery,
    MessageRef,
    MessageRefs,
    MessageStory,
    MessageUnknown,
    PutContact,
    RegisterTemplates,
    SendMany,
    SendMessage,
    Template,
    TemplateUnknown,
    TooLateToCancel,
)
from suuupra.services.notifications.service.planning import Planner
from suuupra.services.notifications.service.vault import Vault, checked_address
from suuupra.services.notifications.store import SentMessage, TemplateVersion

WAIT_FOR_CONTACT = timedelta(hours=24)


class Asking:
    """Implements `Contacts`, `Messages` and `Templates`."""

    def __init__(self, work: Work, clock: Clock, vault: Vault, site: Site) -> None:
        self._work = work
        self._clock = clock
        self._vault = vault
        self._planner = Planner(vault, site)
        self._site = site

    async def put(self, command: PutContact) -> Nothing:
        addresses = [checked_address(address) for address in command.mail_addresses]
        async with self._work.begin() as unit:
            values = {
                "recipient_id": command.recipient_id,
                "version": command.version,
                "changed_at": unit.now,
                "locale": command.locale,
                "time_zone": command.time_zone,
            }
            if await store.newer_contact(unit.session, values):
                rows = []
                for address in addresses:
                    row = unit.new_id()
                    rows.append(
                        {
                            "id": row,
                            "recipient_id": command.recipient_id,
                            "channel": "mail",
                            "key": self._vault.address_key(address),
                            "sealed": self._vault.seal(address, row),
                            "state": "usable",
                        }
                    )
                await store.replace_addresses(unit.session, command.recipient_id, rows)
                for message in await store.waiting_messages(unit.session, command.recipient_id):
                    await self._planner.plan(unit, message)
        return Nothing()

    async def forget(self, command: ForgetContact) -> Nothing:
        async with self._work.begin() as unit:
            await store.forget(unit.session, command.recipient_id)
        return Nothing()

    async def send(self, command: SendMessage) -> MessageRef:
        async with self._work.begin() as unit:
            return await self._ask(unit, command)

    async def send_many(self, command: SendMany) -> MessageRefs:
        async with self._work.begin() as unit:
            return MessageRefs(ids=tuple([(await self._ask(unit, one)).id for one in command.messages]))

    async def _ask(self, unit: Unit, command: SendMessage) -> MessageRef:
        """Once for (asked_by, dedup_key): the check of the words comes first, the unique key decides."""
        version = await self._version(unit.session, command)
        template = Template.model_validate(version.parts)
        rules.check_variables(template, command.variables, self._site.base_url)
        message_id, digest = unit.new_id(), rules.digest_of(command)
        said = {
            "variables": dict(command.variables),
            "address": checked_address(command.address) if command.address else None,
            "attachments": [item.model_dump() for item in command.attachments],
        }
        values = {
            "id": message_id,
            "asked_by": command.asked_by,
            "dedup_key": command.dedup_key,
            "digest": digest,
            "template_version_id": version.id,
            "template": command.template,
            "lane": template.lane,
            "sealed": self._vault.seal(said, message_id),
            "created_at": unit.now,
            "expires_at": rules.expiry(command, unit.now),
            "recipient_id": command.recipient_id,
            "not_before": command.not_before,
            "state": "planned",
            "trace": current_call().trace,
        }
        if not await store.insert_message(unit.session, values):
            return await self._first_of(unit.session, command, digest)
        message = await unit.session.get(SentMessage, message_id)
        if message is not None:
            await self._planner.plan(unit, message)
        return MessageRef(id=message_id)

    async def _first_of(self, session: Session, command: SendMessage, digest: str) -> MessageRef:
        first = await store.message_by_key(session, command.asked_by, command.dedup_key)
        if first is None or first.digest != digest:
            raise DedupReused
        return MessageRef(id=first.id)

    async def _version(self, session: Session, command: SendMessage) -> TemplateVersion:
        versions = await store.live_versions(session, command.template)
        if not versions:
            raise TemplateUnknown(f"Nobody registered {command.template}.")
        contact = await store.contact(session, command.recipient_id) if command.recipient_id else None
        return versions[rules.best_locale(contact.locale if contact else "en", sorted(versions))]

    async def cancel(self, command: CancelMessage) -> Nothing:
        async with self._work.begin() as unit:
            message = await store.message_by_key(unit.session, command.asked_by, command.dedup_key)
            if message is None:
                return Nothing()
            deliveries = await store.deliveries_of(unit.session, message.id)
            if any(delivery.state in {"sent", "uncertain"} for delivery in deliveries):
                raise TooLateToCancel
            message.state = "cancelled"
            for delivery in deliveries:
                await self._planner.move(unit, delivery, "cancelled")
        return Nothing()

    async def status(self, query: MessageQuery) -> MessageStory:
        refuse_outsiders(principal())
        async with self._work.read() as session:
            message = await session.get(SentMessage, query.id)
            if message is None:
                raise MessageUnknown
            steps = await store.steps_of(session, query.id)
        return MessageStory(
            id=message.id,
            template=message.template,
            asked_by=message.asked_by,
            state=message.state,
            steps=tuple(
                DeliveryStep(at=step.at, channel=channel, state=step.state, error=step.error)
                for step, channel in steps
            ),
        )

    async def register(self, command: RegisterTemplates) -> Nothing:
        for template in command.templates:
            rules.refuse_template(template)
        async with self._work.begin() as unit:
            for template in sorted(command.templates, key=lambda item: (item.key, item.locale)):
                await self._register(unit, command.owner, template)
        return Nothing()

    async def _register(self, unit: Unit, owner: str, template: Template) -> None:
        digest = rules.template_digest(template)
        live = (await store.live_versions(unit.session, template.key)).get(template.locale)
        if live is not None and live.digest == digest:
            return
        number = await store.last_number(unit.session, template.key, template.locale) + 1
        await store.retire(unit.session, template.key, template.locale)
        unit.session.add(
            TemplateVersion(
                id=unit.new_id(),
                key=template.key,
                locale=template.locale,
                number=number,
                owner=owner,
                digest=digest,
                parts=template.model_dump(mode="json"),
                made_at=unit.now,
            )
        )
        await unit.session.flush()


def refuse_outsiders(who: Principal) -> None:
    """Stories of messages are for services of the house and for support."""
    if who.kind != "service" and not who.may("notifications.message.view"):
        raise Forbidden
