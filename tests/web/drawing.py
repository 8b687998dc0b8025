"""What the page tests share: a renderer, a frame, and HTML read by role and text."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

from suuupra.web.assets import read_assets
from suuupra.web.frame import Bell, Flash, Frame, Item, Person, SearchBox, Section
from suuupra.web.pages import Renderer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PAGES = Renderer(read_assets(), {})
HOSTILE = "</script><script>alert(1)</script>"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def frame() -> Frame:
    return Frame(NOW, csrf="token-7")


def full() -> Frame:
    """A frame with every part filled, some by hostile text."""
    return frame().on(
        "Calculus by hand",
        "Limits, slowly.",
        canonical="https://site.example/courses/calculus",
        navigation=(
            Item("Courses", "/courses", "book", current=True),
            Item("Learn", "/learn", "learn", count=2),
        ),
        rail=(Section("Run", (Item("Health", "/admin/health", "pulse", current=True, count=1204),)),),
        account=(Item("Profile", "/settings/profile", "user"),),
        person=Person("Dr Anjali Rao", detail="Teacher"),
        bell=Bell(3, topic="feed:7"),
        search=SearchBox(value=HOSTILE),
        flashes=(Flash(HOSTILE, "good"),),
        theme="dark",
        tickets={"feed:7": "it's a ticket"},
        json_ld=({"@type": "Course", "name": HOSTILE},),
        robots="noindex",
        body_class="is-course",
    )


def draw(source: str, **names: object) -> str:
    """A snippet with the macros at hand, as a template of a service would have them."""
    kinds = ("basics", "forms", "surfaces", "lists", "navigation", "media", "charts")
    imports = "".join(f'{{% import "web/components/{kind}.html" as {kind} %}}' for kind in kinds)
    template = PAGES._environment.from_string(imports + source)
    return template.render(frame=frame(), **names).strip()


@dataclass
class Node:
    """An element with its attributes and all text below it."""

    tag: str
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, **attributes: str) -> list["Node"]:
        """Descendants by tag and attributes; `_` in a name stands for `-`, a trailing one is dropped."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        found = []
        for child in self.children:
            if child.tag == tag and wanted.items() <= child.attributes.items():
                found.append(child)
            found.extend(child.all(tag, **attributes))
        return found

    def one(self, tag: str, **attributes: str) -> "Node":
        (found,) = self.all(tag, **attributes)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for node in self.open:
            node.words.append(data)


def read(html: str) -> Node:
    """The tree of well-formed HTML: each element closed where it was opened, no attribute said twice."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], f"left open: {[node.tag for node in reader.open[1:]]}"
    return reader.root
