"""Topics of one process: who listens, the last state, and the ring from which a log is resumed."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

RING = 200
QUEUE_MAX = 256
TOPICS_MAX = 10_000


@dataclass(frozen=True)
class Post:
    """One message of a topic. Ids rise over all processes of a machine (milliseconds and a counter)."""

    topic: str
    id: int
    message: dict[str, Any]
    kind: str = "state"

    def document(self) -> dict[str, Any]:
        """As a page receives it."""
        return {"topic": self.topic, "id": self.id, "message": self.message}


@dataclass(eq=False)
class Listener:
    """One open page. A `state` that waits is replaced by its successor; too many log lines end it."""

    session: UUID | None
    topics: set[str] = field(default_factory=set)
    states: OrderedDict[str, Post] = field(default_factory=OrderedDict)
    lines: deque[Post] = field(default_factory=deque)
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int = 0

    def put(self, post: Post) -> None:
        """Queue it, without waiting for a slow reader."""
        if post.kind == "log":
            self.lines.append(post)
            if len(self.lines) > QUEUE_MAX:
                self.end(4408)
        else:
            self.states[post.topic] = post
        self.awake.set()

    def take(self) -> list[Post]:
        """Everything that waits, in order of ids."""
        found = sorted([*self.lines, *self.states.values()], key=lambda post: post.id)
        self.lines.clear()
        self.states.clear()
        self.awake.clear()
        return found

    def end(self, code: int) -> None:
        """Close it with a code as soon as its writer looks."""
        self.close_code = self.close_code or code
        self.awake.set()


class Topics:
    """All of them."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = {}
        self._rings: OrderedDict[str, deque[Post]] = OrderedDict()

    def post(self, post: Post) -> None:
        """Keep it in the ring of its topic, and queue it for everybody who listens."""
        ring = self._rings.setdefault(post.topic, deque(maxlen=RING))
        if post.kind != "log":
            ring.clear()
        ring.append(post)
        self._rings.move_to_end(post.topic)
        while len(self._rings) > TOPICS_MAX:
            self._rings.popitem(last=False)
        for listener in self._by_topic.get(post.topic, ()):
            listener.put(post)

    def subscribe(self, listener: Listener, topic: str, after: int | None) -> bool:
        """Listen from now on, or from an id; False where the ring no longer reaches back so far."""
        listener.topics.add(topic)
        self.listeners.add(listener)
        self._by_topic.setdefault(topic, set()).add(listener)
        ring = self._rings.get(topic)
        if after is None or not ring:
            return True
        for post in ring:
            if post.id > after:
                listener.put(post)
        return len(ring) < RING or ring[0].id <= after

    def leave(self, listener: Listener) -> None:
        """Forget a closed page."""
        self.listeners.discard(listener)
        for topic in listener.topics:
            found = self._by_topic.get(topic)
            if found is not None:
                found.discard(listener)
                if not found:
                    del self._by_topic[topic]
