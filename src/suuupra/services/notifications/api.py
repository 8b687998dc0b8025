"""The door of notifications: contacts, messages, the feed, templates."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Event, Message, Nothing, Query
from suuupra.kernel.pagination import Page, PageQuery
from suuupra.kernel.problems import Conflict, Invalid, NotFound

Category = Literal["security", "money", "legal", "live", "learning", "social", "creator", "marketing"]
"""What a message is about; `security`, `money` and `legal` cannot be switched off."""


class TemplateUnknown(NotFound):
    """No template of this key was registered."""

    title = "This message has no template"


class VariableWrong(Invalid):
    """A variable of the template is missing, unknown or of another type; `errors` names it."""

    title = "A part of the message is missing"


class DedupReused(Invalid):
    """The same dedup key came with another body."""

    title = "This message was already asked for with other words"


class TemplateRefused(Invalid):
    """A template that cannot be drawn safely within its bounds."""

    title = "This template was refused"


class MessageUnknown(NotFound):
    """No such message."""

    title = "This message is not known"


class TooLateToCancel(Conflict):
    """The message has left."""

    title = "This message has already been sent"


class PutContact(Command):
    """What identity knows of a recipient. An older `version` is ignored; addresses are the whole set."""

    recipient_id: UUID
    version: int
    mail_addresses: tuple[str, ...] = ()
    locale: str = "en"
    time_zone: str = "Asia/Kolkata"
    name: str = ""


class ForgetContact(Command):
    """Drop addresses, feed and waiting messages of a recipient."""

    recipient_id: UUID


class Contacts(Protocol):
    """Who can be reached where."""

    async def put(self, command: PutContact) -> Nothing:
        """Store it, unless a newer one is known."""
        ...

    async def forget(self, command: ForgetContact) -> Nothing:
        """Idempotent."""
        ...


class Attachment(Message):
    """A small file that goes with a mail; the body is base64."""

    name: str
    media_type: str
    body_base64: str = Field(max_length=700_000)


class SendMessage(Command):
    """Ask for one message to a recipient (by id) or, before there is an account, to an address.

    `asked_by` is the asking service; (asked_by, dedup_key) happens once. `variables` fit the template.
    """

    template: str
    asked_by: str
    dedup_key: str
    recipient_id: UUID | None = None
    address: str | None = None
    variables: Mapping[str, Any] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    not_before: Moment | None = None
    expires_at: Moment | None = None


class SendMany(Command):
    """At most 1,000."""

    messages: tuple[SendMessage, ...] = Field(max_length=1000)


class MessageRef(Message):
    """A message that was accepted."""

    id: UUID


class MessageRefs(Message):
    """In the order asked."""

    ids: tuple[UUID, ...]


class CancelMessage(Command):
    """By the key it was asked with."""

    asked_by: str
    dedup_key: str


class MessageQuery(Query):
    """One message."""

    id: UUID


class DeliveryStep(Message):
    """One line of a delivery's story."""

    at: Moment
    channel: str
    state: str
    provider: str = ""
    error: str = ""


class MessageStory(Message):
    """What became of a message, without its words."""

    id: UUID
    template: str
    asked_by: str
    state: str
    steps: tuple[DeliveryStep, ...] = ()


class Messages(Protocol):
    """Sends."""

    async def send(self, command: SendMessage) -> MessageRef:
        """`TemplateUnknown`, `VariableWrong`, `DedupReused`. An unknown recipient is waited for 24 h."""
        ...

    async def send_many(self, command: SendMany) -> MessageRefs:
        """All or none."""
        ...

    async def cancel(self, command: CancelMessage) -> Nothing:
        """`TooLateToCancel` once something has left; unknown: nothing happens."""
        ...

    async def status(self, query: MessageQuery) -> MessageStory:
        """`MessageUnknown`."""
        ...


class FeedQuery(PageQuery):
    """The feed of whoever calls, newest first."""


class FeedItem(Message):
    """One line of the bell. `link` is a path of this site."""

    seq: int
    title: str
    text: str = ""
    link: str = ""
    category: Category = "learning"
    at: Moment
    is_read: bool = False


class FeedCountsQuery(Query):
    """How many of whoever calls are unread."""


class FeedCounts(Message):
    """Unread, and what the live bell needs: the hub topic and a ticket for it."""

    unread: int = 0
    topic: str = ""
    ticket: str = ""


class MarkFeed(Command):
    """Read up to a number, or some of them."""

    up_to: int | None = None
    seqs: tuple[int, ...] = ()


class Feed(Protocol):
    """The bell."""

    async def page(self, query: FeedQuery) -> Page[FeedItem]:
        """Newest first."""
        ...

    async def counts(self, query: FeedCountsQuery) -> FeedCounts:
        """Zero for nobody."""
        ...

    async def mark(self, command: MarkFeed) -> FeedCounts:
        """Idempotent; every open page of the person hears it."""
        ...


class Variable(Message):
    """One variable of a template; a `link` is a path or address of this site."""

    name: str
    kind: Literal["text", "number", "link", "moment", "date"] = "text"
    example: str = ""


class Template(Message):
    """One message in one locale. Parts are Jinja2; an empty part is not sent on that channel.

    `lane` 0 is for codes and security, 1 for all else. `html` is made from `text` where it is empty.
    """

    key: str
    category: Category
    lane: int = Field(default=1, ge=0, le=3)
    locale: str = "en"
    subject: str = ""
    text: str = ""
    html: str = ""
    feed_title: str = ""
    feed_text: str = ""
    feed_link: str = ""
    collapse_key: str = ""
    variables: tuple[Variable, ...] = ()


class RegisterTemplates(Command):
    """A service's own files, told at start."""

    owner: str
    templates: tuple[Template, ...]


class Templates(Protocol):
    """Words of messages."""

    async def register(self, command: RegisterTemplates) -> Nothing:
        """A changed text becomes a new version; the same text changes nothing. `TemplateRefused`."""
        ...


class ContactUnreachable(Event, wire="notifications.contact_unreachable.v1", key="recipient_id"):
    """Every address of a channel bounced for good."""

    recipient_id: UUID
    channel: str


class DeliveryChanged(Event, wire="notifications.delivery_changed.v1", key="message_id"):
    """A delivery reached an end."""

    message_id: UUID
    channel: str
    state: str
