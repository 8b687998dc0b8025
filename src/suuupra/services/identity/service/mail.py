"""The jobs that speak to notifications: contacts, mails, and the words of the mails themselves."""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from suuupra.services.identity.service.errands import SendMail, TellContact
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.security import open_address
from suuupra.services.identity.store import accounts, challenges
from suuupra.services.notifications import api as notifications

WORDS = Path(__file__).parent.parent / "messages"
LINKED = ("verify", "magic", "reset", "verify_address", "address_changed")
HAPPENINGS = {
    "new_device": "New sign-in to your account",
    "password_changed": "Your password was changed",
    "password_reset": "Your password was reset",
    "totp_added": "A second factor was added to your account",
    "totp_removed": "The second factor of your account was removed",
    "totp_reset": "Staff reset the second factor of your account",
    "recovery_codes_changed": "New recovery codes were made for your account",
    "address_restored": "Your mail address is back and every device was signed out",
    "upstream_connected": "Another site was connected to your account",
}
"""What a notice says, by the kind of entry in the security log."""


class MailRoom:
    """Asks notifications; never inside a unit."""

    def __init__(
        self,
        ground: Ground,
        contacts: notifications.Contacts,
        messages: notifications.Messages,
        templates: notifications.Templates,
    ) -> None:
        self._ground = ground
        self._contacts = contacts
        self._messages = messages
        self._templates = templates

    async def tell_contact(self, job: TellContact) -> None:
        """Confirmed addresses only: nobody gets mail because a stranger typed their address."""
        async with self._ground.work.read() as session:
            account = await accounts.by_id(session, job.account_id)
            box = await accounts.mailbox_of(session, job.account_id)
        if account is None:
            return
        address = open_address(self._ground, box) if box is not None and box.is_verified else ""
        await self._contacts.put(
            notifications.PutContact(
                recipient_id=account.id,
                version=account.version,
                mail_addresses=(address,) if address else (),
                locale=account.locale,
                time_zone=account.time_zone,
                name=account.name,
            )
        )

    async def send(self, job: SendMail) -> None:
        """One mail; a repeat is recognised by its key."""
        address, facts = await self._read(job)
        if not address:
            return
        is_notice = job.template == "identity.security_notice"
        message = notifications.SendMessage(
            template=job.template,
            asked_by="identity",
            dedup_key=job.dedup_key,
            recipient_id=job.account_id if is_notice else None,
            address=None if is_notice else address,
            variables=facts,
        )
        try:
            await self._messages.send(message)
        except notifications.TemplateUnknown:
            await self.register()
            await self._messages.send(message)

    async def _read(self, job: SendMail) -> tuple[str, dict[str, str]]:
        """The address and the variables of a mail."""
        ground, account_id = self._ground, job.account_id
        async with ground.work.read() as session:
            challenge = await challenges.by_id(session, job.challenge_id) if job.challenge_id else None
            box = await accounts.mailbox_of(session, account_id) if account_id else None
        address = open_address(ground, box)
        if challenge is not None and job.to_payload:
            address = str(ground.vault.open_facts(challenge.payload, challenge.id)["address"])
        return address, self._variables(job.template, job.challenge_id, job.facts)

    def _variables(
        self, template: str, challenge_id: UUID | None, facts: Mapping[str, str]
    ) -> dict[str, str]:
        site, short = self._ground.site, template.removeprefix("identity.")
        variables: dict[str, str] = {}
        if short in LINKED and challenge_id is not None:
            variables["link"] = site.link(f"/verify/{self._ground.vault.token(challenge_id)}")
        if short == "address_known":
            variables |= {"sign_in": site.link("/sign-in"), "reset": site.link("/reset")}
        if short == "security_notice":
            variables |= {
                "title": HAPPENINGS[facts["kind"]],
                "at": facts["at"],
                "device": facts["device"],
                "network": facts["network"],
                "reset": site.link("/reset"),
                "security": site.link("/settings/security"),
            }
        return variables

    async def register(self) -> None:
        """Tell notifications our words; the same words change nothing."""
        await self._templates.register(
            notifications.RegisterTemplates(owner="identity", templates=templates())
        )


def templates() -> tuple[notifications.Template, ...]:
    """Every mail of ours: the first line of its file is the subject."""
    named = {
        **dict.fromkeys(LINKED, ("link",)),
        "address_known": ("sign_in", "reset"),
        "security_notice": ("title", "at", "device", "network", "reset", "security"),
    }
    return tuple(_template(name, names) for name, names in sorted(named.items()))


def _template(name: str, names: tuple[str, ...]) -> notifications.Template:
    subject, _, text = (WORDS / f"{name}.txt").read_text(encoding="utf-8").partition("\n")
    is_notice = name == "security_notice"
    return notifications.Template(
        key=f"identity.{name}",
        category="security",
        lane=0,
        subject=subject,
        text=text.strip() + "\n",
        feed_title="{{ title }}" if is_notice else "",
        feed_link="/settings/security" if is_notice else "",
        variables=tuple(_variable(variable) for variable in names),
    )


def _variable(name: str) -> notifications.Variable:
    if name in {"link", "sign_in", "reset", "security"}:
        return notifications.Variable(name=name, kind="link", example="/verify/example")
    return notifications.Variable(name=name, example="Suuupra")
