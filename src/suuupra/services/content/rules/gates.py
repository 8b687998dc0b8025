"""The checklist before submission: what must be, and what would be better."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from suuupra.services.content.api import Gate
from suuupra.services.content.rules.blocks import Root
from suuupra.services.content.rules.outline import Skeleton

LESSONS_WISHED = 5
MEDIA_WISHED_S = 30 * 60
SUMMARY_WISHED = 200
HEADING = re.compile(r"^(#{1,6})\s", re.MULTILINE)
PICTURE_WITHOUT_WORDS = re.compile(r"!\[\s*\]\(")


@dataclass(frozen=True)
class Draft:
    """What the gates look at. `texts` is the Markdown of the lessons in order."""

    root: Root
    skeleton: Skeleton
    categories: frozenset[str]
    texts: Sequence[str] = field(default=())


def gates(draft: Draft) -> tuple[Gate, ...]:
    """Every gate in the order of the checklist."""
    return tuple(
        Gate(name=name, text=text, met=check(draft), required=required)
        for name, text, required, check in CHECKS
    )


def unmet(found: Sequence[Gate]) -> tuple[Gate, ...]:
    """Those that stop a submission."""
    return tuple(gate for gate in found if gate.required and not gate.met)


def _has_category(draft: Draft) -> bool:
    return draft.root.category in draft.categories


def _media_ready(draft: Draft) -> bool:
    return all(bone.media_state == "ready" for bone in draft.skeleton.lessons() if bone.kind == "video")


def _no_empty_article(draft: Draft) -> bool:
    return all(bone.words for bone in draft.skeleton.lessons() if bone.kind == "article")


def _enough_media(draft: Draft) -> bool:
    videos = [bone.duration_s for bone in draft.skeleton.lessons() if bone.kind == "video"]
    return not videos or sum(videos) >= MEDIA_WISHED_S


def _headings_in_order(draft: Draft) -> bool:
    return all(_steps_are_small(text) for text in draft.texts)


def _steps_are_small(text: str) -> bool:
    """No level is skipped on the way down."""
    levels = [len(found) for found in HEADING.findall(text)]
    return all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))


def _pictures_described(draft: Draft) -> bool:
    return not any(PICTURE_WITHOUT_WORDS.search(text) for text in draft.texts)


Check = Callable[[Draft], bool]
CHECKS: tuple[tuple[str, str, bool, Check], ...] = (
    ("title", "Give the course a title.", True, lambda draft: bool(draft.root.title)),
    ("summary", "Say in a summary what the course is about.", True, lambda draft: bool(draft.root.summary)),
    ("category", "Choose a category.", True, _has_category),
    ("lesson", "Add at least one lesson.", True, lambda draft: bool(draft.skeleton.lessons())),
    ("media", "Wait until every video is ready, and replace those that failed.", True, _media_ready),
    (
        "lesson_count",
        f"Courses of {LESSONS_WISHED} lessons or more are finished more often.",
        False,
        lambda draft: len(draft.skeleton.lessons()) >= LESSONS_WISHED,
    ),
    ("media_length", "Half an hour of video or more is usual.", False, _enough_media),
    (
        "summary_length",
        f"A summary of {SUMMARY_WISHED} characters or more helps people to choose.",
        False,
        lambda draft: len(draft.root.summary) >= SUMMARY_WISHED,
    ),
    (
        "outcomes",
        "Name at least one thing people will be able to do.",
        False,
        lambda draft: bool(draft.root.outcomes),
    ),
    ("articles", "Some article is still empty.", False, _no_empty_article),
    ("alt_texts", "Describe every picture for those who do not see it.", False, _pictures_described),
    ("headings", "Let headings go down one level at a time.", False, _headings_in_order),
)
