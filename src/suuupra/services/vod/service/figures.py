"""Numbers of vod for an overview: plays, minutes watched, uploads and encodings by state."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import FigureName, FigureNames, Point, Series, SeriesQuery
from suuupra.kernel.problems import Invalid
from suuupra.kernel.session import Session
from suuupra.services.vod.api import UploadState
from suuupra.services.vod.rules.uploads import OPEN, WORKING
from suuupra.services.vod.service.ground import Ground
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import figures as figure_rows
from suuupra.services.vod.store import playbacks as playback_rows

Rows = Callable[[Session, datetime], Awaitable[figure_rows.Days]]
NAMES = tuple(
    FigureName(name=name, title=title, unit=unit, definition=definition)
    for name, title, unit, definition in (
        ("plays", "Plays", "plays", "Playback sessions, by the day they were opened."),
        ("minutes_watched", "Minutes watched", "min", "Media time credited by the server's clock."),
        ("watching_now", "Watching now", "people", "Sessions that beat within the last minute."),
        ("uploads_accepted", "Uploads accepted", "files", "By the day they were accepted."),
        ("uploads_rejected", "Uploads refused", "files", "By the day they were refused."),
        ("uploads_running", "Uploads running", "files", "Received or looked at right now."),
        ("encodings_ready", "Videos encoded", "videos", "By the day their encoding began."),
        ("encodings_failed", "Encodings failed", "videos", "By the day their encoding began."),
        ("encodings_running", "Encodings running", "videos", "In the making right now."),
    )
)
BY_DAY: dict[str, Rows] = {
    "plays": figure_rows.plays,
    "minutes_watched": figure_rows.minutes_watched,
    "uploads_accepted": partial(figure_rows.uploads, state=UploadState.ACCEPTED),
    "uploads_rejected": partial(figure_rows.uploads, state=UploadState.REJECTED),
    "encodings_ready": partial(figure_rows.encodings, state="ready"),
    "encodings_failed": partial(figure_rows.encodings, state="failed"),
}
LIVE_S = 60


class VodFigures:
    """Implements the kernel's `Figures`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def names(self, query: Query) -> FigureNames:  # noqa: ARG002 - every question has its message
        return FigureNames(figures=NAMES)

    async def series(self, query: SeriesQuery) -> Series:
        """A day without rows counts 0 from the first row on; what came before is not known."""
        if query.name not in {figure.name for figure in NAMES}:
            raise Invalid.at("/name", "There is no such figure.")
        now = self._ground.clock.now()
        since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=query.days - 1)
        async with self._ground.work.read() as session:
            rows = await BY_DAY[query.name](session, since) if query.name in BY_DAY else []
            current = await self._now(session, query.name, now)
        points = []
        if rows:
            known = dict(rows)
            day = rows[0][0]
            while day <= now:
                points.append(Point(at=day, value=known.get(day, 0.0)))
                day += timedelta(days=1)
        return Series(points=tuple(points), now=current if current is not None else _last(points, now))

    async def _now(self, session: Session, name: str, now: datetime) -> float | None:
        if name == "watching_now":
            return float(await playback_rows.live_count(session, now - timedelta(seconds=LIVE_S)))
        if name == "uploads_running":
            counts = await figure_rows.upload_counts(session)
            return float(sum(counts.get(state, 0) for state in OPEN | WORKING))
        if name == "encodings_running":
            states = await asset_rows.revisions_by_state(session)
            return float(sum(states.get(state, 0) for state in asset_rows.MAKING))
        return None


def _last(points: list[Point], now: datetime) -> float | None:
    """Today's value so far."""
    return points[-1].value if points and points[-1].at.date() == now.date() else None
