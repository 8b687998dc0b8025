"""The bell: a person's own feed, its unread count, and marking lines as read."""

from suuupra.kernel.call import principal
from suuupra.kernel.hub import Hub
from suuupra.kernel.pagination import Cursors, Page
from suuupra.kernel.work import Work
from suuupra.services.notifications import store
from suuupra.services.notifications.api import (
    FeedCounts,
    FeedCountsQuery,
    FeedItem,
    FeedQuery,
    MarkFeed,
)
from suuupra.services.notifications.service.planning import feed_topic
from suuupra.services.notifications.service.vault import Vault
from suuupra.services.notifications.store import FeedRow

LIST = "notifications.feed"


class Bell:
    """Implements `Feed` for whoever calls."""

    def __init__(self, work: Work, hub: Hub, vault: Vault, cursors: Cursors) -> None:
        self._work = work
        self._hub = hub
        self._vault = vault
        self._cursors = cursors

    async def page(self, query: FeedQuery) -> Page[FeedItem]:
        mine = principal().person()
        position = self._cursors.read(f"{LIST}:{mine}", query.cursor)
        async with self._work.read() as session:
            rows = await store.feed_page(session, mine, position[0] if position else None, query.limit + 1)
        shown = rows[: query.limit]
        following = self._cursors.write(f"{LIST}:{mine}", [shown[-1].seq]) if len(rows) > len(shown) else None
        return Page(items=tuple(self._item(row) for row in shown), next=following)

    def _item(self, row: FeedRow) -> FeedItem:
        words = self._vault.open(row.sealed, row.message_id)
        return FeedItem.model_validate(
            words
            | {"seq": row.seq, "category": row.category, "at": row.at, "is_read": row.read_at is not None}
        )

    async def counts(self, query: FeedCountsQuery) -> FeedCounts:  # noqa: ARG002 - a port takes one message
        who = principal()
        if not who.is_person:
            return FeedCounts()
        mine = who.person()
        async with self._work.read() as session:
            unread = await store.unread(session, mine)
        topic = feed_topic(mine)
        return FeedCounts(unread=unread, topic=topic, ticket=self._hub.ticket(topic, who.session))

    async def mark(self, command: MarkFeed) -> FeedCounts:
        who = principal()
        mine = who.person()
        topic = feed_topic(mine)
        async with self._work.begin() as unit:
            head = await store.locked_head(unit.session, mine)
            changed = await store.mark_read(unit.session, mine, unit.now, command.up_to, command.seqs)
            head.unread = max(0, head.unread - changed)
            unread = head.unread
            unit.announce(topic, {"unread": unread})
        return FeedCounts(unread=unread, topic=topic, ticket=self._hub.ticket(topic, who.session))
