"""The manifest of a service: one value in its `module.py` that tells the house what it is and needs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, get_type_hints

from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import Faults
from suuupra.kernel.hub import Hub
from suuupra.kernel.ids import Ids
from suuupra.kernel.jobs import Job, JobTable, Schedule
from suuupra.kernel.messages import Event
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.settings import Settings
from suuupra.kernel.stores import Cache, FileScan, Http, Keys, Leases, Limits, Mailer, ObjectStore
from suuupra.kernel.work import Unit, Work

P = TypeVar("P")
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Site:
    """What the house calls itself. `base_url` has no slash at its end."""

    name: str = "Suuupra"
    base_url: str = "http://127.0.0.1:8000"
    environment: str = "dev"

    def link(self, path: str) -> str:
        """An absolute address of a path."""
        return f"{self.base_url}{path}"


class Tools(Protocol):
    """What `build` is given: the service's own hands."""

    work: Work
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
    permissions: Mapping[str, str]
    role_permissions: Mapping[str, frozenset[str]]

    def settings(self, cls: type[S]) -> S:
        """The service's settings."""
        ...

    def bind(self, port: type[P]) -> P:
        """A needed port of a lower service."""
        ...

    def optional(self, port: type[P]) -> P | None:
        """A port of a service that may not be installed: None then. Down: `Unavailable` or `Late`."""
        ...

    def plugged(self, port: type[P]) -> P | None:
        """The answer of a higher service to a Protocol declared here; None where nobody plugs it."""
        ...

    def collect(self, port: type[P]) -> Mapping[str, P]:
        """A kernel Protocol of every service that has it, by name of the service."""
        ...


@dataclass(frozen=True)
class Subscription:
    """One handler of one event. `order` is `key` (later events of a parked key wait) or `none`."""

    name: str
    event: type[Event]
    handler: Callable[[Unit, Any], Awaitable[None]]
    lanes: int = 4
    order: str = "key"


def subscribe(
    handler: Callable[[Unit, Any], Awaitable[None]], *, lanes: int = 4, order: str = "key"
) -> Subscription:
    """Make a subscription of `async def on_<event>(unit, event)`; the event is read from its hints."""
    event = get_type_hints(handler)["event"]
    return Subscription(handler.__name__, event, handler, lanes, order)


@dataclass(frozen=True)
class NavigationItem:
    """A place in the frame, shown to holders of `permission`.

    `area` is `main` (top bar), `tab` (bottom bar on phones), `account` or `admin` (rail, by `group`);
    `audience` is `all`, `guest` or `person`.
    """

    label: str
    href: str
    icon: str
    area: str = "main"
    permission: str | None = None
    audience: str = "all"
    group: str = ""
    order: int = 50


@dataclass(frozen=True)
class Built:
    """What a service is once it stands.

    `routes` makes its Starlette routes and FastAPI routers; a process that only works never asks for them.
    """

    service: Any
    ports: Mapping[type, object] = field(default_factory=dict)
    plugs: Mapping[type, object] = field(default_factory=dict)
    kernel_ports: Mapping[type, object] = field(default_factory=dict)
    jobs: JobTable = field(default_factory=dict)
    routes: Callable[[], tuple[Any, ...]] = tuple
    on_start: tuple[Callable[[], Awaitable[None]], ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a service is before it stands; plain facts, so that the map can be drawn without building it.

    `paths` are the public paths of the service, for routing without building it: `{name}` is one segment, a
    last `*` the rest. `permissions` maps `<service>.<resource>.<action>` to a sentence; `role_permissions`
    says which shipped role holds which.
    """

    name: str
    tier: int
    summary: str
    build: Callable[[Tools], Built]
    needs: tuple[type, ...] = ()
    wants: tuple[type, ...] = ()
    provides: tuple[type, ...] = ()
    declares: tuple[type, ...] = ()
    plugs: tuple[type, ...] = ()
    answers: tuple[type, ...] = ()
    collects: tuple[type, ...] = ()
    publishes: tuple[type[Event], ...] = ()
    subscribes: tuple[Subscription, ...] = ()
    jobs: tuple[type[Job], ...] = ()
    schedules: tuple[Schedule, ...] = ()
    settings: type[Settings] | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    role_permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    navigation: tuple[NavigationItem, ...] = ()
    paths: tuple[str, ...] = ()
    templates: str | None = None
    tables: Any = None
    owner: str = "maintainers"
