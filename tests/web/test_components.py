"""Each macro draws what it promises, in every state, and nothing that was typed becomes markup."""

import pytest
from markupsafe import Markup

from suuupra.web.charts import Chart, Series
from suuupra.web.forms import Form
from suuupra.web.frame import Flash, Item
from suuupra.web.parts import (
    Column,
    CourseCard,
    Fact,
    Lesson,
    Option,
    Part,
    Player,
    ResumeCard,
    Stat,
    Step,
    Track,
    Uploader,
)
from tests.covers import covers
from tests.web.drawing import NOW, draw, full, read

HOSTILE = "\"'><img src=x onerror=alert(1)>"
CARD = CourseCard(
    HOSTILE, "/c", "s", (HOSTILE,), HOSTILE, facts=(Fact(HOSTILE, "users", HOSTILE),), price=HOSTILE
)
ITEMS = (Item(HOSTILE, "/a", "book", current=True, count=3), Item("Two", "/b"))
FORM = Form({"name": HOSTILE}, ())
CHART = Chart(HOSTILE, (HOSTILE, "b"), (Series(HOSTILE, (1.0, 2.0)), Series("Then", (2.0,), dashed=True)))
NAMES = {
    "h": HOSTILE,
    "card": CARD,
    "items": ITEMS,
    "form": FORM,
    "wrong": Form.refused({}, [{"pointer": "/name", "detail": HOSTILE}], HOSTILE),
    "chart": CHART,
    "now": NOW,
    "full": full(),
    "flash": Flash(HOSTILE, "bad"),
    "resume": ResumeCard(HOSTILE, "/r", "s", HOSTILE, note=HOSTILE, progress_percent=40),
    "stat": Stat(HOSTILE, HOSTILE, HOSTILE, "bad", HOSTILE, (1.0, 3.0)),
    "steps": tuple(Step(HOSTILE, state, HOSTILE, NOW) for state in ("done", "now", "next", "failed")),
    "parts": (
        Part(HOSTILE, tuple(Lesson(HOSTILE, "/l", s, HOSTILE) for s in ("done", "now", "next", "locked"))),
    ),
    "columns": (Column(HOSTILE), Column("Sum", "end")),
    "rows": ((HOSTILE, "2"),),
    "options": (Option("a", HOSTILE, HOSTILE), Option("b", "B", disabled=True)),
    "player": Player(
        "/m", 1000, HOSTILE, "/p", "/4", 500, "/b", 10, "/x", "/y", (Track("/t", "en", HOSTILE),)
    ),
    "uploader": Uploader("/t", HOSTILE, hint=HOSTILE, replaces="a"),
}
MACROS = [
    'basics.icon("play", h)',
    'basics.button(h, kind="kesar", icon="check", attrs={"data-x": h})',
    "basics.button(h, disabled=true, small=true, busy=true)",
    'basics.link_button(h, "/x", icon="book")',
    'basics.icon_button("more", h)',
    'basics.icon_link("bell", h, "/n", 120)',
    'basics.link(h, "/x")',
    'basics.badge(h, "good", dot=true)',
    'basics.chip_link(h, "/x", true)',
    'basics.chip_radio("a", h, h, true)',
    "basics.avatar(h)",
    'basics.avatar(h, "/a.webp", "huge")',
    "basics.person(h, detail=h)",
    "basics.progress(3, 10, label=h, text=h)",
    "basics.spinner(h)",
    "basics.time(now, frame)",
    "basics.kbd(h)",
    "basics.rating(4.5, 12)",
    "forms.csrf(frame)",
    "forms.summary(wrong)",
    'forms.text(form, "name", h, hint=h, placeholder=h, maxlength=9)',
    'forms.password(form, "name", h, hint=h)',
    'forms.search("q", h, h, h)',
    'forms.textarea(form, "name", h, required=false)',
    'forms.select(form, "name", h, options)',
    'forms.radios(form, "name", h, options, h)',
    'forms.checkbox(form, "name", h, h)',
    'forms.switch(form, "name", h, h)',
    'forms.file(form, "name", h, "image/*")',
    'surfaces.notice(h, "warn", h)',
    "surfaces.toast(flash)",
    'surfaces.empty(h, h, "users")',
    'surfaces.skeleton("cards", 2)',
    "surfaces.stat(stat)",
    "surfaces.stats([stat])",
    "surfaces.definitions([(h, h)])",
    'surfaces.dialog_button("d", h)',
    "surfaces.menu(h, items)",
    "lists.table(h, columns, rows, show_caption=true)",
    "lists.table(h, columns, [], empty=h)",
    'lists.show_more("/more", h, "#rows")',
    "lists.timeline(steps, frame)",
    "lists.stepper(steps, h)",
    "lists.outline(h, parts, 40, h, h)",
    "lists.pairs([(h, h)])",
    "navigation.brand(h)",
    "navigation.skip()",
    "navigation.topbar(full)",
    "navigation.bottombar(full)",
    "navigation.rail(full)",
    "navigation.footer(frame)",
    "navigation.breadcrumbs(items)",
    "navigation.tabs(items, h)",
    "navigation.segments(items, h)",
    'navigation.segment_radios("days", options, "a", h)',
    "navigation.page_head(h, h, h)",
    'media.cover("slug")',
    'media.cover("slug", url="/c.webp")',
    "media.course_card(card)",
    "media.shelf([card])",
    "media.shelf([])",
    "media.resume_card(resume)",
    "media.player(player)",
    "media.uploader(uploader)",
    'media.live_progress("/p", h, 10, h)',
    'media.code(h, "python")',
    "charts.area(chart)",
    "charts.bars(chart)",
    "charts.sparkline([1, 2], h)",
    "charts.shares(h, [(h, 40), ('b', 60)])",
]


@covers("PORT-33", "PORT-34")
@pytest.mark.parametrize("call", MACROS)
def test_each_macro_draws_well_formed_html_and_escapes_what_it_is_given(call: str) -> None:
    html = draw(f"{{{{ {call} }}}}", **NAMES)
    root = read(html)
    assert root.children
    assert all(node.attributes.get("src") != "x" for node in root.all("img"))
    assert "onerror=alert(1)>" not in html.replace("&gt;", "")


@covers("PORT-33")
def test_a_wrong_field_names_its_error_and_keeps_what_was_typed() -> None:
    form = Form.refused({"email": "nidhi@"}, [{"pointer": "/email", "detail": "No such address"}])
    root = read(
        draw('{{ forms.text(form, "email", "E-mail", hint="Yours") }}{{ forms.summary(form) }}', form=form)
    )
    field = root.one("input")
    assert field.attributes["value"] == "nidhi@"
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["aria-describedby"] == "hint-email error-email"
    assert root.one("p", id="error-email").text == "No such address"
    assert root.one("a", href="#field-email").text == "No such address"
    assert root.one("label", for_="field-email").text == "E-mail"


@covers("PORT-34")
def test_a_password_is_never_drawn_back() -> None:
    html = draw('{{ forms.password(form, "secret", "Password") }}', form=Form.of(secret="correct horse"))
    assert "correct horse" not in html


@covers("PORT-34")
def test_a_form_carries_its_token_when_it_posts_and_only_then() -> None:
    block = '{{% call forms.form(frame, "/x", method="{}") %}}<p>in</p>{{% endcall %}}'
    posted, asked = (read(draw(block.format(method))) for method in ("post", "get"))
    assert posted.one("input", name="csrf_token").attributes["value"] == "token-7"
    assert asked.all("input") == []


@covers("PORT-33")
def test_chosen_values_come_back_chosen() -> None:
    form = Form.of(level="b", mode="a", news="yes")
    options = (Option("a", "A"), Option("b", "B"))
    root = read(
        draw(
            '{{ forms.select(form, "level", "Level", options) }}'
            '{{ forms.radios(form, "mode", "Mode", options) }}'
            '{{ forms.checkbox(form, "news", "News") }}{{ forms.switch(form, "dark", "Dark") }}',
            form=form,
            options=options,
        )
    )
    assert [one.attributes["value"] for one in root.all("option", selected="")] == ["b"]
    assert [one.attributes["value"] for one in root.all("input", type="radio", checked="")] == ["a"]
    assert "checked" in root.one("input", name="news").attributes
    assert "checked" not in root.one("input", name="dark").attributes


@covers("PORT-33")
def test_a_table_on_a_phone_knows_the_label_of_each_cell() -> None:
    columns = (Column("Name"), Column("Sum", "end"))
    root = read(
        draw(
            '{{ lists.table("People", columns, rows) }}', columns=columns, rows=[("Asha", Markup("<b>3</b>"))]
        )
    )
    assert [cell.attributes["data-label"] for cell in root.all("td")] == ["Name", "Sum"]
    assert root.one("b").text == "3"
    assert [head.attributes["scope"] for head in root.all("th")] == ["col", "col"]


@covers("PORT-33")
def test_the_state_of_a_step_is_said_in_words() -> None:
    steps = (Step("Uploaded", "done"), Step("Encoding", "now"), Step("Checked", "failed"))
    text = read(draw("{{ lists.timeline(steps, frame) }}", steps=steps)).text
    assert "Uploaded , done" in text
    assert "Encoding , in progress" in text
    assert "Checked , failed" in text


@covers("PORT-33")
def test_a_chart_has_its_figures_as_a_table() -> None:
    root = read(
        draw("{{ charts.area(chart) }}", chart=Chart("Joined", ("Mon", "Tue"), (Series("Now", (1.0, 2.0)),)))
    )
    assert root.one("svg", role="img").attributes["aria-label"].startswith("Joined: highest 2 (Tue)")
    assert [cell.text for cell in root.one("table").all("td")] == ["1", "2"]
    empty = read(draw("{{ charts.bars(chart) }}", chart=Chart("None", (), (Series("Now", ()),))))
    assert "No figures yet" in empty.text
    assert empty.all("svg") == []


@covers("PORT-11")
def test_the_player_stands_complete_before_any_script() -> None:
    root = read(draw("{{ media.player(player) }}", player=NAMES["player"]))
    assert root.one("su-player").attributes["data-resume-ms"] == "500"
    assert "controls" in root.one("video").attributes
    assert root.one("source").attributes["src"] == "/4"
    assert root.one("track").attributes["srclang"] == "en"
    assert {link.attributes["href"] for link in root.all("a")} == {"/x", "/y"}


@covers("PORT-33")
def test_an_unknown_icon_is_a_mistake_of_the_template() -> None:
    with pytest.raises(LookupError, match="unicorn"):
        draw('{{ basics.icon("unicorn") }}')
