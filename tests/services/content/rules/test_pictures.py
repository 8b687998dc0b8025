import io

import pytest
from PIL import Image

from suuupra.kernel.problems import TooLarge, WrongType
from suuupra.services.content.rules import pictures
from tests.covers import covers


def picture(kind: str, size: tuple[int, int] = (900, 1200), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 120 if mode == "L" else None).save(out, kind)
    return out.getvalue()


@covers("CON-5")
@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB"), ("PNG", "L")]
)
def test_a_cover_is_encoded_anew_in_one_shape(kind: str, mode: str) -> None:
    cover = Image.open(io.BytesIO(pictures.encoded(picture(kind, mode=mode))))
    assert (cover.format, cover.size, cover.mode) == ("JPEG", (1280, 800), "RGB")
    assert not cover.getexif()


@covers("CON-5")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"GIF89a" + b"\0" * 40,
        b"\xff\xd8\xff\xe0cut",
    ],
)
def test_what_is_no_raster_picture_is_refused(body: bytes) -> None:
    with pytest.raises(WrongType):
        pictures.encoded(body)


@covers("CON-5")
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLarge):
        pictures.encoded(picture("PNG", (8000, 6000), "L"))
    with pytest.raises(TooLarge):
        pictures.encoded(b"\x89PNG" + b"\0" * pictures.BYTES_MAX)
