"""Every picture becomes 8-bit SDR of a stated colour space, so that all rungs look alike on every player."""

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.values import Stream

HD_FROM_PX = 720
NOMINAL_PEAK_NITS = 100
PRIMARIES = {"bt709", "bt470bg", "smpte170m", "bt2020"}
MATRICES = {"bt709", "bt470bg", "smpte170m", "bt2020nc", "bt2020c"}


def can_tone_map(ffmpeg: Ffmpeg) -> bool:
    return ffmpeg.can("zscale", "tonemap")


def colour_filters(ffmpeg: Ffmpeg, video: Stream, size: tuple[int, int]) -> list[str]:
    """Filters before the rungs part; `size` is the largest rung's, since mapping every point is dear."""
    filters = (
        ["bwdif=mode=send_frame:deint=interlaced"] if video.is_interlaced and ffmpeg.can("bwdif") else []
    )
    if video.is_hdr and can_tone_map(ffmpeg):
        return [*filters, f"scale={size[0]}:{size[1]}:flags=bicubic", *_tone_map(video)]
    if video.matrix:
        return filters
    # Unnamed colours are guessed by height: a small rung of a large source would change them.
    name = "bt709" if min(video.width, video.height) >= HD_FROM_PX else "smpte170m"
    return [*filters, f"setparams=color_primaries={name}:color_trc={name}:colorspace={name}"]


def colour_warnings(ffmpeg: Ffmpeg, video: Stream) -> tuple[str, ...]:
    """What is lost with this binary."""
    if video.is_hdr and not can_tone_map(ffmpeg):
        return ("The HDR picture is shown flat: this ffmpeg has no tone mapping.",)
    return ()


def _tone_map(video: Stream) -> list[str]:
    """Hable's curve in linear light (ffmpeg's `tonemap`), BT.2020 to BT.709."""
    matrix = video.matrix if video.matrix in MATRICES else "bt2020nc"
    primaries = video.primaries if video.primaries in PRIMARIES else "bt2020"
    stated = f"tin={video.transfer}:min={matrix}:pin={primaries}"
    return [
        f"zscale={stated}:t=linear:npl={NOMINAL_PEAK_NITS}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=tonemap=hable:desat=0",
        "zscale=t=bt709:m=bt709:r=limited",
        "format=yuv420p",
    ]
