from datetime import UTC, datetime
from uuid import UUID

from suuupra.services.content.rules import outline
from suuupra.services.content.rules.access import Facts
from tests.covers import covers

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ONE, TWO, THREE, PART = (UUID(int=number) for number in (1, 2, 3, 9))


def skeleton() -> outline.Skeleton:
    lessons = (
        outline.Bone(id=ONE, title="Start", kind="article", block="aa", is_free_preview=True, words=100),
        outline.Bone(
            id=TWO, title="Watch", kind="video", block="bb", duration_ms=61_000, media_state="ready"
        ),
        outline.Bone(id=THREE, title="After", kind="article", block="cc", rule={"done": str(TWO)}),
    )
    return outline.Skeleton(
        revision_id=PART, sections=(outline.Limb(id=PART, title="Part", lessons=lessons),)
    )


def states(viewer: outline.Viewer) -> list[str]:
    return [lesson.state for part in outline.drawn(skeleton(), viewer) for lesson in part.lessons]


@covers("CON-4")
def test_a_stranger_opens_the_free_preview_alone() -> None:
    viewer = outline.Viewer(Facts(now=NOW))
    assert states(viewer) == ["now", "locked", "locked"]
    locked = outline.drawn(skeleton(), viewer)[0].lessons[1]
    assert locked.why_locked == "Join the course to open this lesson."
    assert locked.duration_s == 61


@covers("CON-18")
def test_a_learner_goes_on_after_what_is_done() -> None:
    facts = Facts(now=NOW, is_enrolled=True, done=frozenset({str(ONE)}), titles=skeleton().titles())
    viewer = outline.Viewer(facts, done=frozenset({ONE}), last=ONE)
    assert states(viewer) == ["done", "now", "locked"]
    assert outline.drawn(skeleton(), viewer)[0].lessons[2].why_locked == "Finish “Watch” first."
    assert outline.progress(skeleton(), frozenset({ONE})) == (1, 3, 333)


@covers("CON-4")
def test_the_author_sees_all_of_it() -> None:
    viewer = outline.Viewer(Facts(now=NOW), sees_all=True)
    assert states(viewer) == ["now", "next", "next"]


@covers("CON-18")
def test_a_finished_course_has_no_next_lesson() -> None:
    done = frozenset({ONE, TWO, THREE})
    viewer = outline.Viewer(Facts(now=NOW, is_enrolled=True), done=done)
    assert outline.current(skeleton(), viewer) is None
    assert outline.progress(skeleton(), done) == (3, 3, 1000)


@covers("CON-1")
def test_neighbours_cross_sections() -> None:
    assert skeleton().neighbours(ONE) == (None, TWO)
    assert skeleton().neighbours(THREE) == (TWO, None)
