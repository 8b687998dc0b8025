"""Profile pictures: any common raster in, a square WebP of 256 pixels out, nothing else of it kept."""

import asyncio
import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from suuupra.services.identity.api import PictureTooLarge, PictureWrongType

BYTES_MAX = 8 * 1024 * 1024
PIXELS_MAX = 40_000_000
SIDE = 256
FORMATS = ("JPEG", "PNG", "WEBP")


class SmallPictures:
    """Implements the service's `Pictures`; decoding happens in a thread."""

    async def small(self, body: bytes) -> bytes:
        if len(body) > BYTES_MAX:
            raise PictureTooLarge(f"Choose a picture of at most {BYTES_MAX // 1024**2} MB.")
        return await asyncio.to_thread(_small, body)


def _small(body: bytes) -> bytes:
    """The header is read first, so that a bomb is refused before it unfolds."""
    try:
        with (
            warnings.catch_warnings(action="error"),
            Image.open(io.BytesIO(body), formats=FORMATS) as picture,
        ):
            if picture.width * picture.height > PIXELS_MAX:
                raise PictureTooLarge("This picture has more pixels than a picture of a face needs.")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            square = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Warning, Image.DecompressionBombError):
        raise PictureWrongType from None
    small = io.BytesIO()
    square.save(small, "WEBP", quality=82, method=4)
    return small.getvalue()
