"""Topics of one process: who listens, the last state of each, and the rings from which logs are resumed."""

import json
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

RING_MAX = 200
QUEUE_MAX = 256
KEPT_MAX_BYTES = 32 * 1024 * 1024
POST_MAX_BYTES = 64 * 1024
LOST, SIGNED_OUT, DRAINING = 4408, 4401, 1012


@dataclass(frozen=True, slots=True)
class Post:
    """One message of a topic, written once for all who listen. Ids rise with time over all processes."""

    topic: str
    id: int
    kind: str
    body: str

    @classmethod
    def of(cls, topic: str, post_id: int, kind: str, message: Mapping[str, Any]) -> "Post":
        """Refuses what is no short message: what must not be lost is in the database."""
        body = json.dumps(message, default=str, separators=(",", ":"))
        if kind not in {"state", "log"} or len(body) > POST_MAX_BYTES:
            raise ValueError(f"a {kind} of {len(body)} bytes is not for the hub")
        return cls(topic, post_id, kind, body)

    def frame(self) -> str:
        """As a socket receives it."""
        return f'{{"topic":{json.dumps(self.topic)},"id":{self.id},"message":{self.body}}}'


class Listener:
    """One open page: what waits for it. `wake` is called whenever there is something to send, or to end."""

    __slots__ = ("_queue", "_states", "close_code", "session", "topics", "wake")

    def __init__(self, session: UUID | None, wake: Callable[[], None]) -> None:
        self.session = session
        self.wake = wake
        self.topics: set[str] = set()
        self.close_code = 0
        self._queue: deque[Post | str] = deque()
        self._states: dict[str, Post] = {}

    def put(self, post: Post) -> None:
        """A waiting state is replaced where it stands; one log line too many, and the page must refetch."""
        if post.kind == "state":
            if post.topic not in self._states:
                self._queue.append(post.topic)
            self._states[post.topic] = post
        elif len(self._queue) >= QUEUE_MAX:
            self.end(LOST)
            return
        else:
            self._queue.append(post)
        self.wake()

    def next(self) -> Post | None:
        """What comes next, None where all is sent."""
        if not self._queue:
            return None
        item = self._queue.popleft()
        return self._states.pop(item) if isinstance(item, str) else item

    def end(self, code: int) -> None:
        """Close it, with the first reason given."""
        self.close_code = self.close_code or code
        self.wake()


@dataclass
class Topic:
    """The last state, or the last lines. Everything after the id `floor` is here."""

    floor: int
    ring: deque[Post] = field(default_factory=deque)
    size_bytes: int = 0
    is_log: bool = False

    def keep(self, post: Post) -> None:
        self.is_log = post.kind == "log"
        self.ring.append(post)
        self.size_bytes += len(post.body)
        while len(self.ring) > (RING_MAX if self.is_log else 1):
            gone = self.ring.popleft()
            self.size_bytes -= len(gone.body)
            self.floor = gone.id

    def since(self, after: int | None) -> list[Post] | None:
        """What a page missed that saw the id `after` last; None where that can no longer be said."""
        posts = list(self.ring)
        if after is None:
            return [] if self.is_log else posts
        for position, post in enumerate(posts):
            if post.id == after:
                return posts[position + 1 :]
        if self.is_log and after < self.floor:
            return None
        return [post for post in posts if post.id > after]


class Topics:
    """All of them. `floor` is the id below which nothing is known here."""

    def __init__(self, floor: int) -> None:
        self.listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = {}
        self._kept: OrderedDict[str, Topic] = OrderedDict()
        self._floor = floor
        self._size_bytes = 0

    def post(self, post: Post) -> None:
        """Keep it, and queue it for everybody who listens."""
        topic = self._kept.setdefault(post.topic, Topic(self._floor))
        before = topic.size_bytes
        topic.keep(post)
        self._size_bytes += topic.size_bytes - before
        self._kept.move_to_end(post.topic)
        while self._size_bytes > KEPT_MAX_BYTES:
            _, gone = self._kept.popitem(last=False)
            self._size_bytes -= gone.size_bytes
            self._floor = max(self._floor, gone.ring[-1].id)
        for listener in tuple(self._by_topic.get(post.topic, ())):
            listener.put(post)

    def subscribe(self, listener: Listener, topic: str, after: int | None) -> bool:
        """Listen from now on, or from an id on; False where some lines since then are lost."""
        listener.topics.add(topic)
        self._by_topic.setdefault(topic, set()).add(listener)
        known = self._kept.get(topic)
        missed = known.since(after) if known else ([] if after is None or after >= self._floor else None)
        for post in missed or ():
            listener.put(post)
        return missed is not None

    def unsubscribe(self, listener: Listener, topic: str) -> None:
        """Listen no longer."""
        listener.topics.discard(topic)
        found = self._by_topic.get(topic, set())
        found.discard(listener)
        if not found:
            self._by_topic.pop(topic, None)

    def leave(self, listener: Listener) -> None:
        """Forget a closed page."""
        self.listeners.discard(listener)
        for topic in tuple(listener.topics):
            self.unsubscribe(listener, topic)

    def forget(self, floor: int) -> None:
        """Something may have been missed: nothing before this id is sure, and pages of logs refetch."""
        logs = {name for name, topic in self._kept.items() if topic.is_log}
        self._kept.clear()
        self._size_bytes, self._floor = 0, floor
        for listener in tuple(self.listeners):
            if listener.topics & logs:
                listener.end(LOST)
