"""A small real film in two renditions, made once a session by the shipped ffmpeg."""

import subprocess
from pathlib import Path

import imageio_ffmpeg

LENGTH_S = 24
_LADDER = (("320x180", "220k"), ("160x90", "90k"))


def make(folder: Path) -> Path:
    """HLS with fMP4 segments of 2 s: `master.m3u8` over `0/` (180p) and `1/` (90p)."""
    arguments = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi"]
    arguments += ["-i", f"testsrc2=size=320x180:rate=12:duration={LENGTH_S}"]
    arguments += ["-f", "lavfi", "-i", f"sine=frequency=330:duration={LENGTH_S}"]
    for index, (size, rate) in enumerate(_LADDER):
        arguments += ["-map", "0:v", "-map", "1:a", f"-s:v:{index}", size, f"-b:v:{index}", rate]
    arguments += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "24", "-c:a", "aac"]
    arguments += ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    arguments += ["-var_stream_map", "v:0,a:0 v:1,a:1", "-master_pl_name", "master.m3u8"]
    arguments += ["-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", f"{folder}/%v/%d.m4s"]
    subprocess.run([*arguments, f"{folder}/%v/list.m3u8"], check=True, timeout=60)
    return folder
