"""Jobs of identity: what is asked of `notifications` and of the hub once a unit has committed."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import Field

from suuupra.kernel.jobs import Job


class SendMail(Job, name="identity.send_mail", kind="quick"):
    """One mail by a template of ours.

    It goes to the account's own address, or to the one in the challenge's payload. `dedup_key` makes a
    second run harmless. Runs at least once.
    """

    template: str
    dedup_key: str
    account_id: UUID | None = None
    challenge_id: UUID | None = None
    to_payload: bool = False
    facts: Mapping[str, str] = Field(default_factory=dict)


class TellContact(Job, name="identity.tell_contact", kind="quick"):
    """Addresses, language and zone of somebody, as they stand when it runs. Runs at least once."""

    account_id: UUID


class MailLink(Job, name="identity.mail_link", kind="quick"):
    """A link to whoever has this address, if anybody has: asked for and run alike for both."""

    kind: str
    address_key: str
    next: str = "/"


class RevokeSessions(Job, name="identity.revoke_sessions", kind="quick"):
    """Tell the hub again, should the process have died between commit and telling. Runs at least once."""

    session_ids: tuple[UUID, ...]


class Purge(Job, name="identity.purge", kind="bulk"):
    """Delete what has outlived its use; look at the rate of failed tries."""
