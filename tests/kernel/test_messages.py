"""Messages are closed, frozen and small on the wire."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from suuupra.kernel.clock import FrozenClock, Moment, SystemClock
from suuupra.kernel.jobs import Job
from suuupra.kernel.messages import Event, Message
from tests.covers import covers


class Lesson(Message):
    title: str
    seconds: float = 0
    starts_at: Moment | None = None


@covers("PLT-4", "PLT-15")
def test_fields_at_their_default_are_not_sent() -> None:
    assert Lesson(title="a").to_wire() == b'{"title":"a"}'
    assert Lesson.from_wire(b'{"title":"a"}') == Lesson(title="a", seconds=0)


@covers("PLT-4")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"title":"a","colour":"red"}', "colour"),
        ('{"title":"a","seconds":NaN}', "seconds"),
        ('{"title":"a","starts_at":"2026-01-01T00:00:00"}', "starts_at"),
    ],
)
def test_unknown_fields_nan_and_naive_times_are_refused_by_name(body: str, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Lesson.from_wire(body)
    assert caught.value.errors()[0]["loc"] == (field,)


@covers("PLT-4")
def test_messages_are_frozen_and_their_digest_does_not_depend_on_order() -> None:
    lesson = Lesson(title="a", seconds=2)
    with pytest.raises(ValidationError):
        lesson.title = "b"
    assert lesson.digest() == Lesson.from_wire('{"seconds":2,"title":"a"}').digest()
    assert lesson.digest() != Lesson(title="a").digest()


@covers("PLT-2")
def test_moments_are_kept_in_utc() -> None:
    moved = Lesson.from_wire('{"title":"a","starts_at":"2026-01-01T05:30:00+05:30"}')
    assert moved.starts_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert moved.starts_at is not None
    assert moved.starts_at.tzinfo is UTC


class LessonMoved(Event, wire="school.lesson_moved.v1", key="lesson", alias="lesson.moved"):
    lesson: str


@covers("PLT-2")
def test_an_event_knows_its_wire_name_and_its_key() -> None:
    event = LessonMoved(lesson="l1")
    assert (event.wire_name, event.key, event.alias) == ("school.lesson_moved.v1", "l1", "lesson.moved")


@covers("PLT-2")
def test_an_event_without_a_good_name_or_key_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="wire name"):

        class Nameless(Event):
            lesson: str

    with pytest.raises(TypeError, match="ordered by"):

        class Keyless(Event, wire="school.keyless.v1", key="course"):
            lesson: str


@covers("PLT-3")
def test_a_job_needs_a_name_and_a_known_kind() -> None:
    class Ring(Job, name="school.ring", kind="quick", tries_max=3):
        bell: str

    assert (Ring.job_name, Ring.job_kind, Ring.tries_max) == ("school.ring", "quick", 3)
    with pytest.raises(TypeError, match="kind"):

        class Odd(Job, name="school.odd", kind="urgent"):
            bell: str


@covers("PLT-6")
def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC), 90)
    system = SystemClock()
    assert system.now().tzinfo is UTC
    assert system.monotonic() <= system.monotonic()
