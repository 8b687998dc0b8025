"""Covers: any raster picture in, one shape and format out, with nothing of the original file left."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from suuupra.kernel.problems import TooLarge, WrongType

BYTES_MAX = 8 * 1024 * 1024
PIXELS_MAX = 40_000_000
SIZE = (1280, 800)
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 84


def encoded(body: bytes) -> bytes:
    """A JPEG of 1280 x 800, cut around the middle; `WrongType`, `TooLarge`. Call it in a thread."""
    if len(body) > BYTES_MAX:
        raise TooLarge(f"A cover has at most {BYTES_MAX // (1024 * 1024)} MiB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(body), formats=FORMATS)
            if picture.width * picture.height > PIXELS_MAX:
                raise TooLarge("This picture has too many pixels; 40 million are enough.")
            upright = ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge("This picture has too many pixels; 40 million are enough.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise WrongType("Choose a JPEG, PNG or WebP picture; this one could not be read.") from error
    fitted = ImageOps.fit(_flat(upright), SIZE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    fitted.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _flat(picture: Image.Image) -> Image.Image:
    """Transparency on white."""
    if picture.mode in {"RGBA", "LA", "P"}:
        clear = picture.convert("RGBA")
        white = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, clear).convert("RGB")
    return picture.convert("RGB")
