"""What pages make of facts: cards, outlines, structured data, words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from suuupra.services.content import api as content
from suuupra.services.portal.service import Faces
from suuupra.web.parts import CourseCard, Fact, Lesson, Part, ResumeCard

TEXT_MAX = 200
SHORT_OUTLINE = 4
MINUTE_S = 60
ICONS = {"done": "check", "locked": "lock"}
KIND_ICONS = {"video": "play", "article": "book"}


def card_of(card: content.Card, faces: Faces, progress_permille: int | None = None) -> CourseCard:
    """A course on a shelf."""
    teacher = faces.get(card.owner_id)
    facts = [Fact(str(card.enrolled_count), "users", "Learners")] if card.enrolled_count else []
    if card.duration_s:
        facts.append(Fact(length_of(card.duration_s), "clock", "Length"))
    facts.append(Fact(str(card.lesson_count), "book", "Lessons"))
    return CourseCard(
        title=card.title,
        href=f"/courses/{card.slug}",
        slug=card.slug,
        kicker=tuple(part for part in (card.category_title, content.LEVELS.get(card.level, "")) if part),
        teacher=teacher.name if teacher else "",
        teacher_avatar_url=(teacher.picture_url or "") if teacher else "",
        facts=tuple(facts),
        progress_percent=None if progress_permille is None else progress_permille // 10,
        price="Free" if card.admission == "open" else "By invitation",
        action="Join" if card.admission == "open" else "Look inside",
        cover_url=card.cover.url or "",
        motif=card.cover.motif,
        palette=card.cover.palette,
    )


def my_card(course: content.MyCourse, faces: Faces) -> CourseCard:
    """A course of one's own: its foot is the progress, its link leads back into it."""
    base = card_of(course.course, faces, course.progress_permille)
    target = f"/learn/{course.course.slug}"
    if course.next_lesson_id is not None:
        target += f"/{course.next_lesson_id}"
    return replace(base, href=target)


def resume_of(course: content.MyCourse, name: str) -> ResumeCard:
    """The one-click way back."""
    target = f"/learn/{course.course.slug}"
    return ResumeCard(
        title=course.next_lesson_title or course.course.title,
        href=f"{target}/{course.next_lesson_id}" if course.next_lesson_id else target,
        slug=course.course.slug,
        course=course.course.title,
        lead=f"Carry on, {name.split(maxsplit=1)[0]}" if name else "Carry on",
        note=f"{course.lessons_done} of {course.lessons_total}",
        progress_percent=course.progress_permille // 10,
        cover_url=course.course.cover.url or "",
        motif=course.course.cover.motif,
        palette=course.course.cover.palette,
    )


def parts_of(
    sections: Sequence[content.OutlineSection],
    base: str,
    current: UUID | None = None,
    *,
    public: bool = False,
) -> tuple[Part, ...]:
    """The outline as it is drawn. On the public page only previews are links."""
    return tuple(
        Part(
            section.title,
            tuple(_line(lesson, base, current, public=public) for lesson in section.lessons),
            open=public
            or current is None
            or any(lesson.id == current for lesson in section.lessons)
            or len(sections) < SHORT_OUTLINE,
        )
        for section in sections
        if section.lessons
    )


def _line(lesson: content.OutlineLesson, base: str, current: UUID | None, *, public: bool) -> Lesson:
    state = lesson.state
    if current is not None:
        state = "now" if lesson.id == current else "next" if state == "now" else state
    is_open = lesson.is_free_preview if public else state != "locked"
    note = length_of(lesson.duration_s) if lesson.duration_s else ""
    if public and lesson.is_free_preview:
        note = f"Free preview · {note}" if note else "Free preview"
    icon = ICONS.get(state, KIND_ICONS.get(lesson.kind, "play"))
    return Lesson(
        lesson.title, f"{base}/{lesson.id}" if is_open else "", state, lesson.why_locked or note, icon
    )


def length_of(seconds: int) -> str:
    """`14 min`, `1 h 5 min`, `40 s`."""
    if seconds < MINUTE_S:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / MINUTE_S), MINUTE_S)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def course_json_ld(course: content.Course, teacher: str, site: str, address: str) -> dict[str, Any]:
    """schema.org Course; an offer of 0 only where everyone may join."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": course.title,
        "description": course.summary or course.title,
        "url": address,
        "inLanguage": course.language,
        "provider": {"@type": "Organization", "name": site},
        "hasCourseInstance": {
            "@type": "CourseInstance",
            "courseMode": "online",
            "courseWorkload": f"PT{max(1, round(course.duration_s / 60))}M",
            "instructor": {"@type": "Person", "name": teacher},
        },
    }
    if course.admission == "open":
        found["offers"] = {"@type": "Offer", "price": 0, "priceCurrency": "INR", "category": "Free"}
    return found


def crumbs_json_ld(parts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """schema.org BreadcrumbList of (name, address)."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(parts, start=1)
        ],
    }


def tidy_text(text: str) -> tuple[str, bool]:
    """Words of a search without control characters, at most 200; whether something was cut."""
    clean = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return clean[:TEXT_MAX], len(clean) > TEXT_MAX
