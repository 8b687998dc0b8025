"""The profile: name, headline, picture; two tabs do not overwrite each other."""

import io

import pytest
from PIL import Image

from suuupra.services.identity.api import CardQuery, Directory
from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import Browser, browser, events


def picture(
    kind: str = "PNG", size: tuple[int, int] = (640, 400), mode: str = "RGB", **options: object
) -> bytes:
    body = io.BytesIO()
    Image.new(mode, size, "orange" if mode == "RGB" else 1).save(body, kind, **options)
    return body.getvalue()


@covers("ID-12", "ID-1")
async def test_she_changes_her_profile_and_it_survives_a_reload(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    typed = {"name": "Dr Meera  Nair", "headline": "Teaches calculus by hand", "bio": "Line one\r\nLine two"}
    saved = await meera.submit(
        "/settings/profile", "/settings/profile", **typed, locale="hi", time_zone="Asia/Tokyo"
    )
    assert saved.headers["location"] == "/settings/profile"
    page = await meera.get("/settings/profile")
    assert 'value="Dr Meera Nair"' in page.text
    assert 'value="Asia/Tokyo" selected' in page.text
    (changed,) = await events(house, "identity.user_changed.v1", account_id)
    assert set(changed["fields"]) == {"name", "headline", "bio", "locale", "time_zone"}
    cards = await house.port(Directory).cards(CardQuery(ids=(account_id,)))
    card = cards.by_id()[account_id]
    assert (card.name, card.initials, card.headline) == ("Dr Meera Nair", "MN", "Teaches calculus by hand")


@covers("ID-12")
async def test_wrong_fields_are_named_and_nothing_changes(meera: Browser) -> None:
    await meera.join()
    typed = {
        "name": "",
        "headline": "x" * 121,
        "locale": "xx",
        "time_zone": "Mars/Olympus",
        "bio": "y" * 2001,
    }
    refused = await meera.submit("/settings/profile", "/settings/profile", **typed)
    assert refused.status_code == 422
    for field in typed:
        assert f'href="#field-{field}"' in refused.text
    assert (await meera.get("/api/v1/me")).json()["name"] == "Meera Nair"


@covers("ID-12")
async def test_the_second_of_two_tabs_is_told_instead_of_overwriting(meera: Browser) -> None:
    await meera.join()
    stale = await meera.get("/api/v1/me")
    tag = stale.headers["etag"]
    first = await meera.call("PATCH", "/api/v1/me", json={"headline": "First"}, headers={"if-match": tag})
    assert first.status_code == 200
    assert first.headers["etag"] != tag
    second = await meera.call("PATCH", "/api/v1/me", json={"headline": "Second"}, headers={"if-match": tag})
    assert (second.status_code, second.json()["type"]) == (412, "/problems/identity/profile-stale")
    wrong = await meera.call("PATCH", "/api/v1/me", json={}, headers={"if-match": '"abc"'})
    assert wrong.status_code == 422
    page = await meera.submit("/settings/profile", "/settings/profile", version="1", headline="Third")
    assert page.status_code == 412
    assert "Third" in page.text
    assert (await meera.get("/api/v1/me")).json()["headline"] == "First"


@covers("ID-12")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_cut_square_re_encoded_and_cached_for_ever(meera: Browser, kind: str) -> None:
    await meera.join()
    files = {"picture": ("me", picture(kind), "application/octet-stream")}
    form = {"csrf_token": await meera.token()}
    saved = await meera.client.post("/settings/profile/picture", data=form, files=files)
    assert saved.status_code == 303
    address = (await meera.get("/api/v1/me")).json()["picture_url"]
    served = await browser(meera.house).get(address)
    assert served.headers["content-type"] == "image/webp"
    assert "immutable" in served.headers["cache-control"]
    assert Image.open(io.BytesIO(served.content)).size == (256, 256)
    again = await meera.get(address, headers={"if-none-match": served.headers["etag"]})
    assert again.status_code == 304
    assert address in (await meera.get("/settings/profile")).text
    await meera.submit("/settings/profile", "/settings/profile/picture/removal")
    assert (await meera.get("/api/v1/me")).json().get("picture_url") is None
    assert (await browser(meera.house).get(address)).status_code == 404


@covers("ID-12")
async def test_nothing_but_the_pixels_of_a_picture_is_kept(meera: Browser) -> None:
    await meera.join()
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 12 Temple Road"
    sent = await meera.call("PUT", "/api/v1/me/picture", content=picture("JPEG", exif=exif))
    assert sent.status_code == 200
    served = await meera.get(sent.json()["picture_url"])
    assert b"Temple" not in served.content
    assert b"EXIF" not in served.content


@covers("ID-12")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 415),
        (b"GIF89a" + b"\0" * 40, 415),
        (b"", 415),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415),
        (b"\xff\xd8\xff" + b"\0" * (8 * 1024 * 1024), 413),
        (picture("PNG", (7000, 6000), mode="1"), 413),
    ],
    ids=["svg", "gif", "empty", "torn", "many bytes", "many pixels"],
)
async def test_what_is_no_small_raster_is_refused(meera: Browser, body: bytes, status: int) -> None:
    await meera.join()
    answer = await meera.call("PUT", "/api/v1/me/picture", content=body)
    assert answer.status_code == status
    assert (await meera.get("/api/v1/me")).json().get("picture_url") is None


@covers("ID-12")
async def test_the_picture_form_says_what_is_wrong(meera: Browser) -> None:
    await meera.join()
    form = {"csrf_token": await meera.token()}
    files = {"picture": ("me.svg", b"<svg/>", "image/svg+xml")}
    refused = await meera.client.post("/settings/profile/picture", data=form, files=files)
    assert refused.status_code == 415
    assert 'id="error-picture"' in refused.text
    empty = await meera.client.post("/settings/profile/picture", data=form, files={"picture": ("", b"", "")})
    assert empty.status_code == 422


@covers("ID-12")
async def test_addresses_of_pictures_cannot_reach_other_objects(house: StandingHouse) -> None:
    guest = browser(house)
    for name in ("..%2F..%2Fkeys", "0" * 16, "%00"):
        path = f"/people/00000000-0000-0000-0000-000000000001/picture/{name}.webp"
        assert (await guest.get(path)).status_code in {400, 404}
    assert (await guest.get("/people/nobody/picture/abc.webp")).status_code == 404


@covers("ID-26")
async def test_the_profile_of_nobody_asks_to_sign_in(house: StandingHouse) -> None:
    guest = browser(house)
    page = await guest.get("/settings/profile")
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fsettings%2Fprofile")
    rest = await guest.client.get("/api/v1/me", headers={"accept": "application/json"})
    assert rest.status_code == 401
