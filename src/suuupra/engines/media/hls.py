"""HLS playlists (RFC 8216, protocol version 7) as text, drawn from a `Presentation` alone."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import attrgetter

from suuupra.engines.media.package import INIT_NAME, segment_name
from suuupra.engines.media.values import Presentation, Track

MEDIA_NAME = "index.m3u8"
VERSION = 7
AUDIO_GROUP = "aud"
MICROSECONDS = 1_000_000
TICKS, SIZE, INDEX = attrgetter("duration_ticks"), attrgetter("size_bytes"), attrgetter("index")


def hls_master(presentation: Presentation) -> str:
    """The list of variants, tallest first; addresses are relative to its own folder."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    sound = presentation.audio
    if sound and presentation.video:
        lines.append(_media_line(sound))
    for track in presentation.video or ([sound] if sound else []):
        lines += [_variant_line(track, sound, presentation), f"{track.name}/{MEDIA_NAME}"]
    return _text(lines)


def hls_media(presentation: Presentation, track_name: str) -> str:
    """The segments of one track; an `EVENT` list while it grows. `KeyError` for another name."""
    track = presentation.track(track_name)
    kind = "VOD" if presentation.is_complete else "EVENT"
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{target_s(presentation)}"]
    lines += ["#EXT-X-MEDIA-SEQUENCE:0", f"#EXT-X-PLAYLIST-TYPE:{kind}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines.append(f'#EXT-X-MAP:URI="{INIT_NAME}"')
    lines += [
        f"#EXTINF:{us // MICROSECONDS}.{us % MICROSECONDS:06d},\n{name}"
        for name, us in zip(_names(track), _durations_us(track), strict=True)
    ]
    if presentation.is_complete:
        lines.append("#EXT-X-ENDLIST")
    return _text(lines)


def target_s(presentation: Presentation) -> int:
    """The longest segment of all tracks, rounded up to whole seconds."""
    longest = [
        Fraction(max(map(TICKS, track.segments), default=0), track.timescale) for track in presentation.tracks
    ]
    return max(1, -(-max(longest, default=Fraction(1)) // 1))


def peak_bps(track: Track, target: int) -> int:
    """The highest rate over any run of segments that lasts 0.5 to 1.5 target durations; else of the whole."""
    sizes = [0, *accumulate(map(SIZE, track.segments))]
    ends = [0, *accumulate(map(TICKS, track.segments))]
    target_ticks = target * track.timescale
    least, most = -(-target_ticks // 2), target_ticks * 3 // 2  # RFC 8216, 4.3.4.2
    size, ticks = 0, 1  # of the worst run so far
    first = 0
    for last in range(1, len(ends)):
        while ends[last] - ends[first] > most:
            first += 1
        start = first
        while (run := ends[last] - ends[start]) >= least:
            if (sizes[last] - sizes[start]) * ticks > size * run:
                size, ticks = sizes[last] - sizes[start], run
            start += 1
    return -(-size * 8 * track.timescale // ticks) or average_bps(track)


def average_bps(track: Track) -> int:
    seconds = track.duration_s
    return int(sum(one.size_bytes for one in track.segments) * 8 / seconds) if seconds else 0


def _variant_line(track: Track, sound: Track | None, presentation: Presentation) -> str:
    """Measured rates; while the list grows, the cap stands for what is not encoded yet."""
    target = target_s(presentation)
    others = [sound] if sound and sound is not track else []
    peak = sum(peak_bps(one, target) for one in [track, *others])
    if not presentation.is_complete:
        peak = max(peak, track.cap_kbps * 1000)
    average = sum(average_bps(one) for one in [track, *others])
    codecs = ",".join(one.codec for one in [track, *others])
    fields = [f"BANDWIDTH={max(peak, average)}", f"AVERAGE-BANDWIDTH={average}", f'CODECS="{codecs}"']
    if track.kind == "video":
        fields.append(f"RESOLUTION={track.width}x{track.height}")
        fields.append(f"FRAME-RATE={track.fps_num / track.fps_den:.3f}")
        fields += [f'AUDIO="{AUDIO_GROUP}"'] if others else []
    return "#EXT-X-STREAM-INF:" + ",".join(fields)


def _media_line(sound: Track) -> str:
    fields = [f'TYPE=AUDIO,GROUP-ID="{AUDIO_GROUP}",NAME="{_quoted(sound.label or "Audio")}"']
    fields += [f'LANGUAGE="{_quoted(sound.language)}"'] if sound.language else []
    fields.append(f'DEFAULT=YES,AUTOSELECT=YES,CHANNELS="{sound.channels}",URI="{sound.name}/{MEDIA_NAME}"')
    return "#EXT-X-MEDIA:" + ",".join(fields)


def _quoted(text: str) -> str:
    """A quoted string holds neither quotes nor line ends of any kind, and knows no escape (RFC 8216, 4.2)."""
    return "".join(sign if sign.isprintable() and sign != '"' else " " for sign in text)


def _names(track: Track) -> Iterable[str]:
    return map(segment_name, map(INDEX, track.segments))


def _durations_us(track: Track) -> Iterable[int]:
    """Each border is rounded once, so that the lines add up to the rounded whole."""
    ends = [0, *accumulate(map(TICKS, track.segments))]
    scale = track.timescale
    borders = [(2 * end * MICROSECONDS + scale) // (2 * scale) for end in ends]  # the nearest one
    return [after - before for before, after in pairwise(borders)]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
