"""The page `/dev/components`: every component in every state, over figures that are plainly made up."""

from dataclasses import dataclass, replace
from datetime import timedelta

from suuupra.web.charts import Chart, Series
from suuupra.web.covers import MOTIFS
from suuupra.web.forms import FieldError, Form
from suuupra.web.frame import Bell, Flash, Frame, Item, Person, SearchBox, Section
from suuupra.web.pages import Renderer
from suuupra.web.parts import (
    Column,
    CourseCard,
    Fact,
    Lesson,
    Option,
    Part,
    Player,
    ProblemView,
    ResumeCard,
    Stat,
    Step,
    Uploader,
)

_DAYS = tuple(f"{day} Nov" for day in range(1, 31))
_JOINED = (
    61, 64, 59, 68, 76, 89, 84, 72, 70, 75, 81, 94, 108, 101, 88, 83, 89, 97, 104, 122, 131, 116, 102,
    109, 114, 126, 142, 153, 141, 148,
)  # fmt: skip
_BEFORE = tuple(round(value * 0.78 + index % 5) for index, value in enumerate(_JOINED))
_JOINED_CHART = Chart(
    "Learners who joined", _DAYS, (Series("November", _JOINED), Series("October", _BEFORE, dashed=True))
)
_WEEK_CHART = Chart(
    "Minutes watched by weekday",
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    (Series("This week", (310, 280, 340, 290, 260, 480, 520)),),
    suffix=" min",
)
_WRONG = Form(
    {"email": "nidhi@", "summary": ""},
    (
        FieldError("email", "This address lacks the part after the @"),
        FieldError("secret", "Use at least twelve characters"),
        FieldError("summary", "Say in a sentence or two what the course is about"),
    ),
)


@dataclass(frozen=True)
class Showcase:
    """What the showcase draws."""

    fresh: Form
    wrong: Form
    categories: tuple[Option, ...]
    admissions: tuple[Option, ...]
    cards: tuple[CourseCard, ...]
    resume: ResumeCard
    stats: tuple[Stat, ...]
    steps: tuple[Step, ...]
    parts: tuple[Part, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    joined: Chart
    weekdays: Chart
    nothing: Chart
    ways: tuple[tuple[str, float], ...]
    player: Player
    uploader: Uploader
    covers: tuple[tuple[str, str, int], ...]
    tabs: tuple[Item, ...]
    crumbs: tuple[Item, ...]
    flashes: tuple[Flash, ...]
    problem: ProblemView


def showcase(pages: Renderer, frame: Frame) -> str:
    """Draw the page; whatever of the frame is empty is filled, so that the bars show themselves."""
    shown = replace(
        frame,
        title="Components",
        description="Every piece of the interface, in each of its states.",
        navigation=frame.navigation or _NAVIGATION,
        person=frame.person or Person("Nidhi Sharma", detail="Learner"),
        account=frame.account or _ACCOUNT,
        bell=frame.bell or Bell(3),
        search=frame.search or SearchBox(),
        rail=_RAIL,
        robots="noindex",
    )
    return pages.render("web/components.html", _view(shown), shown)


_NAVIGATION = (
    Item("Courses", "/courses", "book", current=True),
    Item("My learning", "/learn", "learn"),
    Item("Teach", "/teach", "teach"),
    Item("Account", "/account", "user"),
)
_ACCOUNT = (
    Item("Profile", "/settings/profile", "user"),
    Item("Security", "/settings/security", "shield"),
    Item("Appearance", "/account/appearance", "theme"),
)
_RAIL = (
    Section("Run", (Item("Overview", "#", "grid", current=True), Item("Health", "#", "pulse"))),
    Section("People", (Item("Users", "#", "users"), Item("Approvals", "#", "flag", count=3))),
)


def _view(frame: Frame) -> Showcase:
    return Showcase(
        fresh=Form.of(
            title="Calculus by hand", category="mathematics", admission="open", news="yes", email=""
        ),
        wrong=Form(
            {"email": "nidhi@", "summary": ""},
            (
                FieldError("email", "This address lacks the part after the @"),
                FieldError("secret", "Use at least twelve characters"),
                FieldError("summary", "Say in a sentence or two what the course is about"),
            ),
        ),
        categories=tuple(
            Option(name.lower(), name) for name in ("Physics", "Mathematics", "Chemistry", "Computing")
        ),
        admissions=(
            Option("open", "Open to everyone, free", "Anyone who is signed in may join."),
            Option("granted", "By invitation", "You ask learners in by e-mail."),
            Option("sold", "For a price", "Not on this site yet.", disabled=True),
        ),
        cards=_cards(),
        resume=ResumeCard(
            "Building a square wave",
            "#resume",
            "waves",
            "Waves, sound and the Fourier idea",
            note="27 of 42",
            progress_percent=64,
            motif="waves",
            palette=0,
        ),
        stats=_stats(),
        steps=_steps(frame),
        parts=_parts(),
        columns=(Column("Learner"), Column("Course"), Column("State"), Column("Watched", "end")),
        rows=(
            ("Priya Sharma", "Waves, sound and the Fourier idea", "Active", "64%"),
            ("Mohammed Ali", "Calculus by hand", "Completed", "100%"),
            ("Tenzin Dorje", "Algorithms, seen", "Left", "12%"),
        ),
        joined=_JOINED_CHART,
        weekdays=_WEEK_CHART,
        nothing=Chart("Certificates", (), (Series("This month", ()),)),
        ways=(("Phone", 58.0), ("Laptop", 31.0), ("Tablet", 8.0), ("Television", 3.0)),
        player=Player("", 842_000, "Building a square wave", resume_ms=422_000, previous="#", next="#"),
        uploader=Uploader("#", "Choose a video", hint="MP4, MOV, MKV or WebM, up to 12 hours"),
        covers=tuple((f"sample-{index}", name, index) for index, name in enumerate([*MOTIFS, "waves"])),
        tabs=(
            Item("About", "#about"),
            Item("Outline", "#outline", current=True, count=10),
            Item("Learners", "#learners", count=1204),
            Item("Settings", "#settings"),
        ),
        crumbs=(Item("Courses", "#"), Item("Physics", "#"), Item("Waves, sound and the Fourier idea", "")),
        flashes=(Flash("Course saved", "good"), Flash("The link is not valid any more", "bad")),
        problem=ProblemView(404, "There is no such course", "It may have been withdrawn."),
    )


def _cards() -> tuple[CourseCard, ...]:
    def facts(learners: str, hours: str, lessons: str) -> tuple[Fact, ...]:
        return (
            Fact(learners, "users", "Learners"),
            Fact(hours, "clock", "Length"),
            Fact(lessons, "book", "Lessons"),
        )

    return (
        CourseCard(
            "Waves, sound and the Fourier idea",
            "#1",
            "waves",
            ("Physics", "Class 12"),
            "Dr Anjali Rao",
            facts=facts("18,420", "18 h", "42"),
            progress_percent=64,
            motif="waves",
            palette=0,
        ),
        CourseCard(
            "Calculus by hand",
            "#2",
            "calculus",
            ("Mathematics", "Class 11"),
            "Imran Siddiqui",
            facts=facts("24,310", "26 h", "58"),
            badge="New",
            price="By invitation",
            action="See it",
            motif="rings",
            palette=3,
        ),
        CourseCard(
            "Python for the curious",
            "#3",
            "python",
            ("Computing", "Beginner"),
            "Rohan Kulkarni",
            facts=facts("41,250", "31 h", "64"),
            badge="Free",
            price="Free",
            action="Join",
            motif="tiles",
            palette=5,
        ),
        CourseCard(
            "A short history of the Earth",
            "#4",
            "earth",
            ("Geography", "Class 9"),
            "Sushmita Bose",
            facts=facts("6,310", "9 h", "24"),
            progress_percent=8,
            motif="strata",
            palette=4,
        ),
    )


def _stats() -> tuple[Stat, ...]:
    rising = (6, 7, 6.4, 8, 9, 8.6, 10, 11, 10.4, 13, 14.8)
    return (
        Stat("Active learners", "84,210", "+6.1%", "good", "against October", rising),
        Stat("Median start of play", "0.82 s", "−0.11 s", "good", "against October", tuple(reversed(rising))),
        Stat("Failed encodings", "3", "+2", "bad", "since yesterday"),
        Stat("Free disk", "412 GB", note="of 960 GB"),
    )


def _steps(frame: Frame) -> tuple[Step, ...]:
    return (
        Step("Uploaded", "done", "lecture-5.mp4, 1.2 GB", frame.now - timedelta(minutes=14)),
        Step("Checked", "done", "1920 × 1080, 14 min, nothing harmful", frame.now - timedelta(minutes=12)),
        Step("Encoding", "now", "720p plays already, 1080p at 40%"),
        Step("Ready", "next"),
    )


def _parts() -> tuple[Part, ...]:
    return (
        Part(
            "Sound as a moving pattern",
            (
                Lesson("What is a wave, really?", "#a", "done", "8:12"),
                Lesson("Amplitude, frequency and phase", "#b", "done", "11:40"),
            ),
        ),
        Part(
            "The Fourier idea",
            (
                Lesson("Circles inside circles", "#c", "done", "13:24"),
                Lesson("Building a square wave", "#d", "now", "14:02"),
                Lesson("Reading a spectrum", "#e", "next", "12:18"),
                Lesson("Notes on convergence", "#f", "next", "6 min", "file"),
            ),
        ),
        Part("Fourier at work", (Lesson("How a phone hears you", "", "locked", "15:31"),), open=False),
    )
