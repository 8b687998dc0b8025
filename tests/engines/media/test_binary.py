"""The binary: where it is found, what is read of it, what becomes smaller without it."""

from dataclasses import replace
from pathlib import Path

import pytest

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.ladder import policy_for
from suuupra.engines.media.problems import Unsupported
from tests.covers import covers

LISTING = """#!/bin/sh
case "$3" in
-version) echo "ffmpeg version 5.1-house Copyright"; echo "configuration: --enable-gpl" ;;
-encoders) printf ' V....D libx264   H.264\\n A....D aac   AAC\\n' ;;
-muxers) printf '  E  mp4   MP4\\n  E  3gp,3gq  two names\\n' ;;
-protocols) printf 'Input:\\n  file\\n  pipe\\n' ;;
esac
"""


@covers("ENG-1")
class TestFound:
    async def test_the_wheels_binary_is_described_and_lacks_nothing(self, ffmpeg: Ffmpeg) -> None:
        assert ffmpeg.can("libx264", "aac", "libwebp", "zscale", "tonemap", "mp4", "file")
        assert ffmpeg.licence == "GPL-3.0"
        assert ffmpeg.version.startswith("n9")
        assert ffmpeg.lacks() == ()

    async def test_a_setting_is_taken_and_read_by_its_lists_not_its_version(self, tmp_path: Path) -> None:
        program = tmp_path / "ffmpeg"
        program.write_text(LISTING)
        program.chmod(0o755)
        found = await Ffmpeg.find(str(program))
        assert found.version == "5.1-house"
        assert found.licence == "GPL-2.0"
        assert found.can("libx264", "aac", "mp4", "3gq", "pipe")
        assert {lack.feature for lack in found.lacks()} >= {"libwebp", "zscale", "matroska"}

    @pytest.mark.parametrize("setting", ["/nowhere/ffmpeg", "/bin/false"])
    async def test_a_setting_that_does_not_answer_is_said_and_not_replaced(self, setting: str) -> None:
        with pytest.raises(Unsupported) as refused:
            await Ffmpeg.find(setting)
        assert refused.value.members["feature"] == "ffmpeg"

    async def test_a_missing_feature_is_named(self, ffmpeg: Ffmpeg) -> None:
        poor = replace(ffmpeg, encoders=ffmpeg.encoders - {"aac", "libx264"})
        with pytest.raises(Unsupported, match="sound cannot be encoded"):
            poor.need("mp4", "aac")
        assert {lack.feature for lack in poor.lacks()} == {"aac", "libx264"}

    async def test_without_x264_the_lgpl_encoder_serves_and_without_both_nothing(
        self, ffmpeg: Ffmpeg
    ) -> None:
        assert policy_for(ffmpeg).encoder == "libx264"
        lgpl = replace(ffmpeg, encoders=ffmpeg.encoders - {"libx264"})
        assert policy_for(lgpl).encoder == "libopenh264"
        with pytest.raises(Unsupported):
            policy_for(replace(lgpl, encoders=lgpl.encoders - {"libopenh264"}))
