"""Asks a caged child what a file is. The file may be hostile: nothing here reads more of it than its name."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from suuupra.engines.media.control import UNWATCHED, Watch
from suuupra.engines.media.problems import ChildDied, NotPlayable, TooBig
from suuupra.engines.media.run import Account, Cage, run_child
from suuupra.engines.media.values import Limits, Probe, Stream

DEFAULT_LIMITS = Limits()
REFUSALS: dict[str, type[NotPlayable] | type[TooBig]] = {"NotPlayable": NotPlayable, "TooBig": TooBig}
TRACEBACK = 1
MEMBERS = {"NotPlayable": "reason", "TooBig": "limit"}


async def probe(
    path: Path,
    limits: Limits = DEFAULT_LIMITS,
    account: Account | None = None,
    watch: Watch = UNWATCHED,
) -> Probe:
    """Measure a local file; `NotPlayable`, `TooBig`, `Cancelled`.

    A child that crashes, runs out of memory or never ends says so about the file, not about this house.
    """
    cage = Cage(account, limits.memory_bytes, int(limits.wall_s), limits.wall_s, file_bytes=0)
    module = ["-I", "-m", "suuupra.engines.media.probe_child"]
    asked = [*cage.orders(), "--", os.fspath(path), json.dumps(asdict(limits))]
    answer: list[bytes] = []
    try:
        await run_child([sys.executable, *module, *asked], "probe", cage.wall_s, answer.append, watch.control)
    except ChildDied as died:
        if died.members["exit"] == TRACEBACK and "MemoryError" not in str(died):
            raise  # ours, not the file's
        raise NotPlayable("Reading this file broke its reader.", reason="crash") from died
    if not answer:
        raise NotPlayable("Reading this file gave no answer.", reason="crash")
    return _read(json.loads(answer[-1]), path)


def _read(answer: dict[str, Any], path: Path) -> Probe:
    if "refused" in answer:
        kind, word, sentence = answer["refused"]
        raise REFUSALS[kind](sentence, **{MEMBERS[kind]: word})
    return Probe(
        container=answer["container"],
        duration_ms=answer["duration_ms"],
        size_bytes=path.stat().st_size,
        is_indexed=answer["is_indexed"],
        streams=tuple(Stream(**one) for one in answer["streams"]),
        warnings=tuple(answer["warnings"]),
    )
