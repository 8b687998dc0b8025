"""Static files: only known ones, by hash, cached for ever, compressed once."""

import gzip
import re
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from suuupra.web.assets import ICONS, STYLESHEET, read_assets, static_app
from tests.covers import covers

ASSETS = read_assets()
APP = Starlette(routes=[Mount("/static", static_app(ASSETS))])
OLD = "0123456789ab"


def client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=APP), base_url="http://site.localhost")


@covers("PORT-32")
@pytest.mark.parametrize(
    "path", [STYLESHEET, "js/app.js", "vendor/htmx.min.js", ICONS, "vendor/inter-latin.woff2"]
)
async def test_a_known_file_is_served_to_be_kept_for_ever(path: str) -> None:
    async with client() as web:
        answer = await web.get(ASSETS.url(path))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == ASSETS.files[path].body


@covers("PORT-32")
async def test_text_travels_compressed_and_fonts_as_they_are() -> None:
    async with client() as web:
        script = await web.get(ASSETS.url("js/app.js"), headers={"Accept-Encoding": "gzip"})
        plain = await web.get(ASSETS.url("js/app.js"), headers={"Accept-Encoding": "identity"})
        font = await web.get(ASSETS.url("vendor/inter-latin.woff2"), headers={"Accept-Encoding": "gzip"})
    packed = ASSETS.files["js/app.js"].packed
    assert packed is not None
    assert gzip.decompress(packed) == plain.content == script.content
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in font.headers


@covers("PORT-34")
@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/js/app.js",
        f"/static/{OLD}/js/unknown.js",
        f"/static/{OLD}/../pages.py",
        f"/static/{OLD}/%2e%2e/pages.py",
        f"/static/{OLD}/..%2f..%2fpages.py",
        f"/static/{OLD}/vendor/vendor.lock",
        f"/static/{OLD}//etc/passwd",
        f"/static/{OLD}/css/base.css",
        "/static/0123456789AB/js/app.js",
        f"/static/{OLD}/js/app.js%00.txt",
    ],
)
async def test_anything_else_is_not_there(path: str) -> None:
    async with client() as web:
        answer = await web.get(path)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@covers("PORT-32")
async def test_a_page_of_another_release_gets_the_file_but_may_not_keep_it() -> None:
    async with client() as web:
        answer = await web.get(f"/static/{OLD}/js/app.js")
        again = await web.get(f"/static/{OLD}/js/app.js", headers={"If-None-Match": answer.headers["etag"]})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert again.status_code == 304
    assert again.content == b""


@covers("PORT-32")
async def test_only_reading_is_possible() -> None:
    async with client() as web:
        head = await web.head(ASSETS.url("js/app.js"))
        refused = await web.post(ASSETS.url("js/app.js"))
    assert head.status_code == 200
    assert head.content == b""
    assert int(head.headers["content-length"]) > 100
    assert refused.status_code == 405


@covers("PORT-32")
def test_the_sheet_is_one_with_the_layers_first_and_fonts_by_their_own_hash() -> None:
    sheet = ASSETS.files[STYLESHEET].body.decode()
    assert sheet.startswith("@layer reset, tokens, base, components, pages, utilities;")
    assert "/*" not in sheet
    for url in re.findall(r"url\(([^)]+)\)", sheet):
        assert url == ASSETS.url(url.split("/", 3)[3])


@covers("PORT-32")
def test_modules_import_only_what_exists_beside_them() -> None:
    for name, asset in ASSETS.files.items():
        if not name.startswith("js/"):
            continue
        for wanted in re.findall(r"""(?:from|import)\s*\(?["']([^"']+)["']""", asset.body.decode()):
            folder = "js" if wanted.startswith("./") else ""
            assert f"{folder}/{wanted.lstrip('./')}".lstrip("/") in ASSETS.files, (name, wanted)


@covers("PORT-32")
def test_a_change_anywhere_changes_the_release(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "app.js").write_text("1")
    (tmp_path / "js" / "other.js").write_text("2")
    before = read_assets(tmp_path)
    (tmp_path / "js" / "other.js").write_text("3")
    after = read_assets(tmp_path)
    assert before.url("js/app.js") != after.url("js/app.js")
    assert before.files["js/app.js"].hash == after.files["js/app.js"].hash


@covers("PORT-32")
def test_a_page_weighs_what_the_budget_allows() -> None:
    def weight(*names: str) -> int:
        return sum(len(ASSETS.files[name].packed or ASSETS.files[name].body) for name in names)

    eager = {"js/app.js"}
    while True:
        found = set(eager)
        for name in eager:
            text = ASSETS.files[name].body.decode()
            found |= {
                f"js/{one}" for one in re.findall(r"""^import .*["']\./([^"']+)["']""", text, re.MULTILINE)
            }
        if found == eager:
            break
        eager = found
    assert weight("vendor/htmx.min.js", *eager) <= 25_000
    fonts = ("vendor/inter-latin.woff2", "vendor/bricolage-latin.woff2")
    assert weight(STYLESHEET, ICONS, "vendor/htmx.min.js", *fonts, *eager) <= 135_000
