"""What each service is given: its own hands on the platform, and its neighbours as ports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import Faults
from suuupra.kernel.hub import Hub
from suuupra.kernel.ids import Ids
from suuupra.kernel.manifest import Site
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.settings import Configuration, Settings
from suuupra.kernel.stores import Cache, FileScan, Http, Keys, Leases, Limits, Mailer, ObjectStore
from suuupra.kernel.work import Work

P = TypeVar("P")
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Shared:
    """The parts of the platform that all services of a process share."""

    clock: Clock
    ids: Ids
    objects: ObjectStore
    cache: Cache
    limits: Limits
    leases: Leases
    mailer: Mailer
    keys: Keys
    http: Http
    hub: Hub
    faults: Faults
    cursors: Cursors
    file_scan: FileScan
    site: Site
    configuration: Configuration
    permissions: Mapping[str, str]
    role_permissions: Mapping[str, frozenset[str]]


class ServiceTools:
    """Implements the kernel's `Tools` for one service: the shared parts, and a unit of work of its own."""

    def __init__(self, shared: Shared, work: Work, find: Callable[[str, type], Any]) -> None:
        self._shared = shared
        self._find = find
        self.work = work
        self.clock, self.ids = shared.clock, shared.ids
        self.objects, self.cache, self.limits = shared.objects, shared.cache, shared.limits
        self.leases, self.mailer, self.keys = shared.leases, shared.mailer, shared.keys
        self.http, self.hub, self.faults = shared.http, shared.hub, shared.faults
        self.cursors, self.file_scan, self.site = shared.cursors, shared.file_scan, shared.site
        self.permissions, self.role_permissions = shared.permissions, shared.role_permissions

    def settings(self, cls: type[S]) -> S:
        return self._shared.configuration.get(cls)

    def bind(self, port: type[P]) -> P:
        return cast("P", self._find("bind", port))

    def optional(self, port: type[P]) -> P | None:
        return cast("P | None", self._find("optional", port))

    def plugged(self, port: type[P]) -> P | None:
        return cast("P | None", self._find("plugged", port))

    def collect(self, port: type[P]) -> Mapping[str, P]:
        return cast("Mapping[str, P]", self._find("collect", port))
