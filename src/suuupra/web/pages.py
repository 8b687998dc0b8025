"""The renderer: one Jinja2 environment over the templates of the house and of every service."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.bccache import Bucket

from suuupra.web import charts, filters
from suuupra.web.assets import Assets
from suuupra.web.covers import cover
from suuupra.web.frame import Frame, initials

TEMPLATES = Path(__file__).parent / "templates" / "web"

_FILTERS: tuple[Callable[..., Any], ...] = (
    filters.number,
    filters.compact,
    filters.percent,
    filters.share,
    filters.rupees,
    filters.clock,
    filters.duration,
    filters.size,
    filters.plural,
    filters.ago,
    filters.date,
    filters.moment,
    filters.iso,
    filters.hue,
    initials,
)


class Compiled(BytecodeCache):
    """Compiled templates of this process, by source: a second house in it compiles nothing anew."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


class Renderer:
    """Draws templates named `<prefix>/<file>`; an unknown name in a template is an error, not a blank."""

    def __init__(self, assets: Assets, folders: Mapping[str, Path], *, reload: bool = False) -> None:
        self.assets = assets
        loaders = {name: FileSystemLoader(path) for name, path in {"web": TEMPLATES, **folders}.items()}
        self._environment = Environment(
            loader=PrefixLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=reload,
            cache_size=-1,
            bytecode_cache=COMPILED,
        )
        self._environment.filters.update({one.__name__: one for one in _FILTERS})
        self._environment.globals.update(
            static=assets.url,
            icon_href=assets.icon,
            icon_names=sorted(assets.icons),
            cover_art=cover,
            charts=charts,
        )

    def render(self, template: str, view: object, frame: Frame) -> str:
        """The template's text; it sees `view` and `frame` and nothing else of ours."""
        return self._environment.get_template(template).render(view=view, frame=frame)

    def static(self, path: str) -> str:
        return self.assets.url(path)
