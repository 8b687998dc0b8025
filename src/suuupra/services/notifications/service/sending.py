"""Sending: the mail is handed over outside any unit, then its fate is written.

Between the two a killed process leaves one possible repeat, with the same Message-ID: no protocol closes
that window.
"""

import random
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from suuupra.kernel.clock import Clock
from suuupra.kernel.jobs import Job
from suuupra.kernel.problems import OutcomeUnknown, Refused, Unavailable
from suuupra.kernel.stores import Attachment, Mail, Mailer
from suuupra.kernel.work import Work
from suuupra.services.notifications import rules, store
from suuupra.services.notifications.api import Template
from suuupra.services.notifications.service.planning import (
    DeliverMail,
    DeliverUrgentMail,
    Planner,
    job_of,
)
from suuupra.services.notifications.service.vault import Vault
from suuupra.services.notifications.settings import NotificationsSettings
from suuupra.services.notifications.store import Delivery, SentMessage, TemplateVersion

__all__ = ["DeliverMail", "DeliverUrgentMail", "Purge", "Sending"]


class Purge(Job, name="notifications.purge", kind="bulk"):
    """Forget the words of old messages. Daily."""


@dataclass(frozen=True)
class Ready:
    """A mail to hand over, and what its fate depends on."""

    mail: Mail
    lane: int
    attempts: int
    is_late: bool


class Sending:
    """Hands mails over and writes what became of them."""

    def __init__(
        self,
        work: Work,
        clock: Clock,
        mailer: Mailer,
        vault: Vault,
        planner: Planner,
        settings: NotificationsSettings,
    ) -> None:
        self._work = work
        self._clock = clock
        self._mailer = mailer
        self._vault = vault
        self._planner = planner
        self._settings = settings
        self._chance = random.Random()  # noqa: S311 - spreads retries, keeps no secret

    async def deliver(self, job: DeliverMail | DeliverUrgentMail) -> None:
        """At least once: see the module."""
        ready = await self._read(job.delivery_id)
        if ready is None:
            await self._settle(job.delivery_id, "", "")
            return
        if ready.is_late:
            await self._settle(job.delivery_id, "expired", "It was no longer worth sending.")
            return
        try:
            provider_id = await self._mailer.send(ready.mail)
        except Refused as refusal:
            await self._settle(job.delivery_id, "failed", refusal.detail or refusal.title)
        except OutcomeUnknown:
            await self._settle(job.delivery_id, "uncertain", "The line broke after the mail had left.", ready)
        except Unavailable as problem:
            await self._settle(job.delivery_id, "queued", problem.detail or problem.title, ready)
        else:
            await self._settle(job.delivery_id, "sent", provider_id=provider_id)

    async def _read(self, delivery_id: UUID) -> Ready | None:
        async with self._work.read() as session:
            delivery = await session.get(Delivery, delivery_id)
            if delivery is None or delivery.state in rules.ENDS or delivery.sealed_address is None:
                return None
            message = await session.get(SentMessage, delivery.message_id)
            version = await session.get(TemplateVersion, message.template_version_id) if message else None
        if message is None or version is None or message.sealed is None:
            return None
        said = self._vault.open(message.sealed, message.id)
        address = self._vault.open(delivery.sealed_address, delivery.id)
        template = Template.model_validate(version.parts)
        mail = mail_of(
            template, self._planner.words(said["variables"]), address, delivery.id, said["attachments"]
        )
        return Ready(mail, message.lane, delivery.attempts, message.expires_at < self._clock.now())

    async def _settle(
        self,
        delivery_id: UUID,
        state: str,
        error: str = "",
        again: Ready | None = None,
        provider_id: str = "",
    ) -> None:
        """Write the fate and finish the job; where it is worth another try, that is the next job."""
        async with self._work.begin() as unit:
            delivery = await store.locked_delivery(unit.session, delivery_id)
            if delivery is not None and state:
                delivery.attempts += 1
                delivery.provider_id = provider_id or delivery.provider_id
                wait_s = (
                    rules.next_try(again.lane, delivery.attempts, self._chance.random()) if again else None
                )
                if again is not None and wait_s is None:
                    state = "failed"
                elif again is not None:
                    wait_s = rules.UNCERTAIN_WAIT_S if state == "uncertain" else wait_s
                    later = unit.now + timedelta(seconds=wait_s or 0)
                    unit.enqueue(job_of(again.lane, delivery_id), at=later, priority=again.lane)
                await self._planner.move(unit, delivery, state, error)
            unit.finish()

    async def purge(self, _: Purge) -> None:
        """Words and addresses go 30 days after they were due."""
        async with self._work.begin() as unit:
            await store.purge(unit.session, unit.now - timedelta(days=self._settings.words_kept_days))
            unit.finish()


def mail_of(
    template: Template,
    words: dict[str, Any],
    address: str,
    delivery_id: UUID,
    attachments: list[dict[str, str]],
) -> Mail:
    """The mail of a delivery; its Message-ID follows from the delivery, so that a repeat is recognisable."""
    drawn = rules.draw(template, words)
    return Mail(
        to=address,
        subject=drawn["subject"],
        text=drawn["text"],
        html=drawn["html"],
        message_id=f"<{delivery_id}@suuupra>",
        attachments=tuple(
            Attachment(item["name"], item["media_type"], b64decode(item["body_base64"]))
            for item in attachments
        ),
    )
