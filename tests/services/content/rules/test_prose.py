from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.services.content.rules import prose
from tests.covers import covers


class Dangers(HTMLParser):
    """What a browser would run or fetch, read without the product's own code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "style", "form", "svg"}:
            self.found.append(tag)
        for name, value in attrs:
            foreign = name == "src" and (value or "").startswith(("http", "//"))
            if name.startswith("on") or name == "style" or "javascript:" in (value or "") or foreign:
                self.found.append(f"{tag} {name}")


def dangers(html: str) -> list[str]:
    parser = Dangers()
    parser.feed(html)
    return parser.found


@covers("CON-2")
def test_an_article_becomes_html_below_the_heading_of_its_page() -> None:
    shown = prose.rendered("# Limits\n\nA *limit* is **near**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert "<h2>Limits</h2>" in shown.html
    assert "<em>limit</em>" in shown.html
    assert "<table>" in shown.html
    assert shown.words == 9
    assert shown.removed == ()


@covers("CON-2")
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<script>alert(1)</script>hello", "<script>"),
        ('<iframe src="https://evil.example/x"></iframe>', "<iframe> from evil.example"),
        ('<p onclick="steal()">hi</p>', "onclick on <p>"),
        ("[go](javascript:alert(1))", None),
        ('<a href="javascript:alert(1)">go</a>', "href of <a>"),
        ("![spy](https://tracker.example/p.gif)", "src of <img> at tracker.example"),
        ('<img src="//tracker.example/p.gif">', "src of <img> at tracker.example"),
        ('<p style="position:fixed">x</p>', "style on <p>"),
    ],
)
def test_what_is_not_allowed_is_stripped_and_reported(text: str, named: str | None) -> None:
    shown = prose.rendered(text)
    assert not dangers(shown.html)
    if named is not None:
        assert named in shown.removed


@covers("CON-2")
@given(st.text(max_size=300))
def test_no_text_whatever_leaves_script_behind(text: str) -> None:
    assert not dangers(prose.rendered(text + "<script>x</script><img src=x onerror=y>" + text).html)


@covers("CON-2")
def test_a_picture_of_this_site_stays_with_its_words() -> None:
    shown = prose.rendered("![A wave](/media/wave.png)")
    assert '<img src="/media/wave.png" alt="A wave">' in shown.html
    assert shown.removed == ()
