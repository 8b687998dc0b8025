"""Two neighbours for tests of vod: a doorman that knows people by their cookie, and lessons with rights."""

from typing import Any

from suuupra.kernel.auth import Identified, Principal, ResolveCookie
from suuupra.kernel.manifest import Built, Manifest, Tools
from suuupra.kernel.problems import Unavailable
from suuupra.services.gateway.api import Verifier
from suuupra.services.vod.api import PlaybackRights, PlayRight, RightQuery

COOKIE = "suuupra"


class Doorman:
    """Everybody who was let in, by the secret of their cookie."""

    def __init__(self) -> None:
        self.people: dict[str, Principal] = {}

    async def resolve_cookie(self, query: ResolveCookie) -> Identified:
        return Identified(principal=self.people.get(query.secret, Principal()))


class Lessons:
    """Answers for every context what a test has set; counts how often it was asked."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.right = PlayRight(allowed=True)
        self.asked: list[RightQuery] = []
        self.is_away = False

    async def may_play(self, query: RightQuery) -> PlayRight:
        self.asked.append(query)
        if self.is_away:
            raise Unavailable
        return self.right


def doorman_manifest(doorman: Doorman) -> Manifest:
    def build(_: Tools) -> Built:
        return Built(service=doorman, plugs={Verifier: doorman})

    return Manifest(name="doorman", tier=3, summary="Knows people.", build=build, plugs=(Verifier,))


def lessons_manifest(lessons: Lessons) -> Manifest:
    plugs: dict[type, Any] = {PlaybackRights: lessons}

    def build(_: Tools) -> Built:
        return Built(service=lessons, plugs=plugs)

    return Manifest(name="lessons", tier=3, summary="Has rights.", build=build, plugs=(PlaybackRights,))
