"""Static files: read once, hashed, compressed once, served from memory.

Two addresses are true for a file: `/static/<its own hash>/…`, and `/static/<release>/…` where the release
covers the whole tree. Modules go by the release: so their relative imports hold without an import map.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from suuupra.web.headers import headers

STATIC = Path(__file__).parent / "static"
STYLESHEET = "css/site.css"
ICONS = "vendor/icons.svg"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_PACKED = {".woff2"}
_HASH_LENGTH = 12
_ADDRESS = re.compile(r"/(?P<hash>[0-9a-f]{12})/(?P<path>[a-z0-9][\w./-]*)", re.ASCII)
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    packed: bytes | None
    media_type: str
    hash: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by path, with the hash of the whole."""

    files: Mapping[str, Asset]
    release: str
    icons: frozenset[str] = field(default_factory=frozenset)

    def url(self, path: str) -> str:
        """The address of a known file; an unknown one is a mistake of the template."""
        asset = self.files[path]
        by_release = path.startswith("js/") or path == ICONS or path.endswith(".mjs")
        return f"/static/{self.release if by_release else asset.hash}/{path}"

    def icon(self, name: str) -> str:
        if name not in self.icons:
            message = f"there is no icon {name!r} in the sprite"
            raise LookupError(message)
        return f"{self.url(ICONS)}#{name}"


def read_assets(root: Path = STATIC) -> Assets:
    """Read, bundle, hash and compress the tree at `root`."""
    raw = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }
    styles = [name for name in raw if name.startswith("css/")]
    fonts = {name: _digest(body) for name, body in raw.items() if name.endswith(".woff2")}
    sheet = _bundle({name: raw.pop(name).decode() for name in styles}, fonts)
    raw[STYLESHEET] = sheet.encode()
    whole = hashlib.sha256()
    for name in sorted(raw):
        whole.update(f"{name}\0{len(raw[name])}\0".encode() + raw[name])
    icons = re.findall(r'<symbol id="([\w-]+)"', raw.get(ICONS, b"").decode())
    files = {name: _asset(name, body) for name, body in raw.items()}
    return Assets(files, whole.hexdigest()[:_HASH_LENGTH], frozenset(icons))


@cache
def own_assets() -> Assets:
    """The product's own; read and compressed once a process."""
    return read_assets()


def static_app(assets: Assets) -> ASGIApp:
    """An ASGI app to mount at `/static`. A file asked by another release's hash is served, never cached."""

    async def serve(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        found = _ADDRESS.fullmatch(path)
        asset = assets.files.get(found["path"]) if found else None
        if scope["method"] not in {"GET", "HEAD"}:
            await _send(send, 405, [(b"allow", b"GET, HEAD")])
        elif found is None or asset is None:
            await _send(send, 404, [(b"cache-control", b"no-store")])
        else:
            current = found["hash"] in {asset.hash, assets.release}
            await _send_asset(scope, send, asset, current=current)

    return serve


async def _send_asset(scope: Scope, send: Send, asset: Asset, *, current: bool) -> None:
    asked = dict(scope["headers"])
    tag = f'"{asset.hash}"'.encode()
    fields = [
        (b"content-type", asset.media_type.encode()),
        (b"cache-control", (_FOREVER if current else "no-cache").encode()),
        (b"etag", tag),
        (b"vary", b"Accept-Encoding"),
        *((name.lower().encode(), value.encode()) for name, value in headers("asset")),
    ]
    if asked.get(b"if-none-match") == tag:
        await _send(send, 304, fields)
        return
    body = asset.body
    if asset.packed is not None and b"gzip" in asked.get(b"accept-encoding", b""):
        body = asset.packed
        fields.append((b"content-encoding", b"gzip"))
    await _send(send, 200, fields, body, head=scope["method"] == "HEAD")


async def _send(
    send: Send, status: int, fields: list[tuple[bytes, bytes]], body: bytes = b"", *, head: bool = False
) -> None:
    if status != 304:  # noqa: PLR2004 - Not Modified has no length of its own
        fields = [*fields, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if head else body})


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    packed = None if suffix in _PACKED else gzip.compress(body, 9, mtime=0)
    if packed is not None and len(packed) >= len(body):
        packed = None
    return Asset(body, packed, _TYPES[suffix], _digest(body))


def _bundle(styles: Mapping[str, str], fonts: Mapping[str, str]) -> str:
    """One sheet: the layer order, then every file by name; fonts by their own hash, comments dropped."""
    first = "css/layers.css"
    names = [name for name in (first,) if name in styles] + [name for name in sorted(styles) if name != first]
    sheet = "".join(re.sub(r"/\*.*?\*/", "", styles[name], flags=re.DOTALL) for name in names)
    sheet = re.sub(r"\n\s*", "\n", sheet).strip()
    return re.sub(r"url\(\.\./(vendor/[\w.-]+)\)", lambda m: f"url(/static/{fonts[m[1]]}/{m[1]})", sheet)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]
