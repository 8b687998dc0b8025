"""The renderer, the frame and the base templates."""

import json
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from suuupra.web.assets import read_assets
from suuupra.web.frame import Frame, Item, Person, initials
from suuupra.web.pages import Renderer
from suuupra.web.parts import ProblemView
from suuupra.web.showcase import showcase
from tests.covers import covers
from tests.web.drawing import HOSTILE, NOW, PAGES, frame, full, read


@covers("PORT-33")
@pytest.mark.parametrize("base", ["base", "card", "admin", "blank", "problem", "_problem"])
def test_every_base_is_well_formed_full_and_bare(base: str) -> None:
    view = ProblemView(
        404, "Not here", HOSTILE, ("Look again",), "Nothing was lost.", (Item("Home", "/"),), "abc"
    )
    for one in (full(), frame()):
        html = PAGES.render(f"web/{base}.html", view, one)
        read(html)
        assert "<script>alert" not in html


@covers("PORT-33", "PORT-30")
def test_the_frame_is_drawn_around_the_page() -> None:
    root = read(PAGES.render("web/base.html", None, full()))
    assert root.one("title").text == "Calculus by hand · Suuupra"
    assert root.one("html").attributes == {"lang": "en", "data-theme": "dark"}
    assert root.one("link", rel="canonical").attributes["href"].endswith("/courses/calculus")
    assert root.one("meta", name="csrf-token").attributes["content"] == "token-7"
    assert json.loads(root.one("meta", name="realtime").attributes["content"]) == {"feed:7": "it's a ticket"}
    assert json.loads(root.one("script", type="application/ld+json").text)["name"] == HOSTILE
    assert [link.text for link in root.one("nav", aria_label="Main").all("a", aria_current="page")] == [
        "Courses"
    ]
    assert root.one("su-bell").one("a").attributes["aria-label"] == "Notifications, 3"
    assert root.one("form", action="/sign-out").one("input").attributes["value"] == "token-7"
    assert root.one("body").attributes["class"] == "is-course"


@covers("PORT-30")
def test_a_stranger_is_offered_the_doors_and_no_account() -> None:
    root = read(PAGES.render("web/base.html", None, frame()))
    assert {"/sign-in", "/sign-up"} <= {link.attributes["href"] for link in root.all("a")}
    assert root.all("su-bell") == []
    assert root.all("meta", name="realtime") == []
    assert "data-theme" not in root.one("html").attributes


@covers("PORT-34")
def test_htmx_is_told_to_write_no_styles_of_its_own() -> None:
    config = json.loads(
        read(PAGES.render("web/blank.html", None, frame()))
        .one("meta", name="htmx-config")
        .attributes["content"]
    )
    assert config["includeIndicatorCSS"] is False
    assert config["mode"] == "same-origin"


@covers("PORT-37")
def test_a_problem_says_what_happened_what_was_lost_and_what_to_do() -> None:
    view = ProblemView(
        503,
        "The video shelf is closed",
        "Videos cannot be played now.",
        ("Articles still open.",),
        "Your place is kept.",
        (),
        "4bf92f",
    )
    root = read(PAGES.render("web/problem.html", view, frame().on("Closed")))
    assert root.one("body").attributes["data-problem"] == "503"
    for words in (view.title, view.detail, *view.advice, view.lost, view.trace_id):
        assert words in root.text
    assert root.one("h1").text == view.title
    assert "Go to the start page" in root.text


@covers("PORT-33")
def test_the_showcase_shows_every_icon_and_is_well_formed() -> None:
    root = read(showcase(PAGES, frame()))
    shown = {use.attributes["href"].rpartition("#")[2] for use in root.all("use")}
    assert shown == PAGES.assets.icons
    ids = [
        node.attributes["id"]
        for tag in ("section", "input", "select", "p", "dialog")
        for node in root.all(tag)
        if "id" in node.attributes
    ]
    assert len(ids) == len(set(ids))


@covers("PORT-37")
def test_a_name_that_nobody_gave_is_an_error_not_a_blank(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ view.titel }}")
    pages = Renderer(read_assets(), {"demo": tmp_path})
    with pytest.raises(UndefinedError):
        pages.render("demo/page.html", ProblemView(404, "x"), frame())
    with pytest.raises(TemplateNotFound):
        pages.render("elsewhere/page.html", None, frame())


@covers("PORT-34")
def test_templates_escape_and_see_only_view_and_frame(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ view.title }}|{{ frame.now.year }}|{{ request is defined }}")
    pages = Renderer(read_assets(), {"demo": tmp_path})
    drawn = pages.render("demo/page.html", ProblemView(404, "<b>"), frame())
    assert drawn == "&lt;b&gt;|2026|False"


@covers("PORT-30")
@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Dr Anjali Rao", "AR"),
        ("Priya", "P"),
        ("  ", "?"),
        ("Prof. C. V. Raman", "CR"),
        ("李 小龙", "李小"),
        ("(x)", "?"),
    ],
)
def test_initials_leave_titles_out(name: str, letters: str) -> None:
    assert initials(name) == letters
    assert Person(name).initials == letters


@covers("PORT-30")
def test_the_bottom_bar_has_five_entries_at_most() -> None:
    many = tuple(Item(str(n), f"/{n}", "book") for n in range(8))
    assert Frame(NOW, navigation=many).bottom == many[:5]
    assert Frame(NOW, navigation=many, tabs=many[6:]).bottom == many[6:]


@covers("PORT-30")
def test_a_frame_is_changed_by_copy() -> None:
    first = frame()
    second = first.on("Title", robots="noindex").watching({"a": "1"}).watching({"b": "2"})
    assert (first.title, first.tickets) == ("", {})
    assert (second.full_title, second.robots, dict(second.tickets)) == (
        "Title · Suuupra",
        "noindex",
        {"a": "1", "b": "2"},
    )
