"""Health: alive (no dependency), started, ready (each required part), and a short yes or no a service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suuupra.kernel.clock import Clock
from suuupra.kernel.oversight import Part

CHECK_LIMIT_S = 1.5
KEPT_S = 1.0
Check = Callable[[], Awaitable[Part]]


class Readiness:
    """Asks the required parts, at most once a second, and remembers whether we are leaving."""

    def __init__(self, checks: Mapping[str, Check], clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._asked_at = float("-inf")
        self._parts: tuple[Part, ...] = ()
        self._asking = asyncio.Lock()
        self.is_draining = False
        self.has_started = False

    def drain(self) -> None:
        """Not ready any more: balancers look elsewhere."""
        self.is_draining = True

    async def report(self) -> tuple[Part, ...]:
        """Every part, as of the last second."""
        async with self._asking:
            if self._clock.monotonic() - self._asked_at > KEPT_S:
                found = await asyncio.gather(
                    *(self._ask(name, check) for name, check in self._checks.items())
                )
                self._parts, self._asked_at = tuple(found), self._clock.monotonic()
                self.has_started = self.has_started or all(part.state != "away" for part in found)
        return self._parts

    async def _ask(self, name: str, check: Check) -> Part:
        try:
            async with asyncio.timeout(CHECK_LIMIT_S):
                return await check()
        except Exception as error:  # noqa: BLE001 - whatever it is, the part is away
            return Part(name=name, state="away", effect=type(error).__name__)


def health_routes(readiness: Readiness, services: Callable[[], Mapping[str, bool]]) -> list[Route]:
    """`/health`, `/health/live`, `/health/ready`, `/health/started`."""

    async def live(_: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_: Request) -> Response:
        parts = await readiness.report()
        good = not readiness.is_draining and all(part.state != "away" for part in parts)
        body = {
            "ready": good,
            "draining": readiness.is_draining,
            "parts": [part.model_dump(exclude_defaults=True) for part in parts],
        }
        return JSONResponse(body, 200 if good else 503)

    async def started(_: Request) -> Response:
        await readiness.report()
        return JSONResponse({"started": readiness.has_started}, 200 if readiness.has_started else 503)

    async def brief(_: Request) -> Response:
        parts = await readiness.report()
        good = all(part.state != "away" for part in parts)
        return JSONResponse({name: is_here and good for name, is_here in services().items()})

    return [
        Route("/health", brief),
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/health/started", started),
    ]


def version_route(version: str, commit: str, contracts: Mapping[str, str]) -> Route:
    """`/version`."""

    async def show(_: Request) -> Response:
        return JSONResponse({"version": version, "commit": commit, "contracts": dict(contracts)})

    return Route("/version", show)
