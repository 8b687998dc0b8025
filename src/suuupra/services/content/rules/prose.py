"""Markdown to HTML that is safe to show: rendered, cut to an allow-list, and what was cut is named."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded by the first text that is rendered
    import nh3
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

TAGS = frozenset(
    [
        *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote"),
        *("ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup", "kbd"),
    ]
)
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "code": {"class"}}
SCHEMES = {"http", "https", "mailto"}
SILENT = frozenset(
    {"script", "style", "iframe", "object", "embed", "noscript", "template", "textarea", "title"}
)
HEADING_LEVEL_MAX = 6
WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True)
class Prose:
    """Safe HTML, how many words a reader meets, and what was taken out, in words."""

    html: str
    words: int
    removed: tuple[str, ...] = ()


def _lower_headings(state: "StateCore") -> None:
    """The page has its own first heading, so `#` becomes the second level."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, HEADING_LEVEL_MAX)}"


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _kept(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if _is_own(value) else None
    return value


def _is_own(address: str) -> bool:
    """Pictures come from this site alone; anything else would tell a stranger who reads what."""
    return address.startswith("/") and not address.startswith("//") and "\\" not in address


@cache
def _cleaner() -> "nh3.Cleaner":
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(SILENT),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items() if tag != "code"},
        allowed_classes={"code": {"language-python", "language-js", "language-sql", "language-text"}},
        attribute_filter=_kept,
        url_schemes=SCHEMES,
        link_rel="noopener nofollow",
    )


def rendered(markdown: str) -> Prose:
    """HTML of an article or of the words below a video."""
    raw = _parser().render(markdown)
    html = _cleaner().clean(raw)
    return Prose(html, len(WORD.findall(_text_of(html))), _removed(raw))


class _Finder(HTMLParser):
    """Collects text, and whatever the allow-list takes out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.found: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            source = dict(attrs).get("src") or ""
            self.found[f"<{tag}>" + (f" from {_host(source)}" if _host(source) else "")] = None
            return
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found[f"{name} on <{tag}>"] = None
            elif name in {"href", "src"} and _is_foreign(tag, value or ""):
                self.found[
                    f"{name} of <{tag}>" + (f" at {_host(value or '')}" if _host(value or "") else "")
                ] = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _is_foreign(tag: str, value: str) -> bool:
    if tag == "img":
        return not _is_own(value)
    scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*)\s*:", value)
    return scheme is not None and scheme.group(1).lower() not in SCHEMES


def _host(address: str) -> str:
    found = re.match(r"(?:[a-z]+:)?//([^/?#\s]+)", address, re.IGNORECASE)
    return found.group(1)[:100] if found else ""


def _removed(raw: str) -> tuple[str, ...]:
    finder = _Finder()
    finder.feed(raw)
    return tuple(finder.found)


def _text_of(html: str) -> str:
    finder = _Finder()
    finder.feed(html)
    return " ".join(finder.text)
