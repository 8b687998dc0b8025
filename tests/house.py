"""A house for tests: the services that a test names, over a database of its own, in one process.

`local` holds all of them in one house, and messages pass through JSON both ways. `remote` puts each
behind a listener of its own on a Unix socket, so that every port and every page goes over HTTP.
"""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx2

from suuupra.app import registry
from suuupra.app.estate import Estate, build_estate
from suuupra.app.house import Placement
from suuupra.app.premises import Premises, data_folders, open_premises
from suuupra.app.processes import running, server_of, start_services
from suuupra.app.settings import PlatformSettings
from suuupra.kernel import logs
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.clock import Clock
from suuupra.kernel.manifest import Manifest
from suuupra.kernel.ports import local
from suuupra.kernel.problems import home_of
from suuupra.kernel.settings import Configuration, Source
from suuupra.platform.events import Dispatcher, Relay
from suuupra.platform.jobs import Worker

P = TypeVar("P")
IDLE_LIMIT_S = 20.0


@dataclass
class StandingHouse:
    """What a test talks to."""

    premises: Premises
    estates: dict[str, Estate]
    relay: Relay
    dispatcher: Dispatcher
    worker: Worker
    clients: list[httpx2.AsyncClient] = field(default_factory=list)
    runs_itself: bool = False

    @cached_property
    def app(self) -> Any:
        """What visitors reach; a test that sends no request does not pay for its routes."""
        return self.estates["gateway"].public_app()

    def service(self, name: str) -> Any:
        """The service object itself, for its private side."""
        return self.estates[name].house.built[name].service

    def port(self, port: type[P]) -> P:
        """A port as a caller would hold it."""
        owner = home_of(port)
        built = self.estates[owner].house.built[owner]
        return local(port, lambda: built.ports[port], through_json=True)

    def client(self, address: str = "127.0.0.9") -> httpx2.AsyncClient:
        """A browser of its own cookies, at an address of its own, through the gateway."""
        transport = httpx2.ASGITransport(app=self.app, client=(address, 40_000))
        made = httpx2.AsyncClient(
            transport=transport, base_url=self.premises.shared.site.base_url, headers={"accept": "text/html"}
        )
        self.clients.append(made)
        return made

    async def run_until_idle(self) -> None:
        """Relay, handlers and jobs, until three looks in a row find nothing to do."""
        if self.runs_itself:  # its loops are at work already: give them a moment
            await asyncio.sleep(0.2)
            return
        deadline, quiet = time.monotonic() + IDLE_LIMIT_S, 0
        while quiet < 3:
            done = await self.relay.step() + await self.dispatcher.step() + await self.worker.step()
            quiet = 0 if done else quiet + 1
            if time.monotonic() > deadline:
                raise TimeoutError("the house does not come to rest")

    def as_(self, who: Principal, key: str | None = None) -> contextlib.AbstractContextManager[Call]:
        """Run a block as somebody, with an idempotency key if one is given."""
        return calling(Call(principal=who, idempotency_key=key, trace="0" * 32))

    async def mails(self, to: str = "") -> list[Any]:
        """What lies in the spool, newest first."""
        assert self.premises.spool is not None
        return list(await self.premises.spool.page(to=to))


StartHouse = Callable[..., contextlib.AbstractAsyncContextManager[StandingHouse]]


def closure(names: Iterable[str]) -> tuple[Manifest, ...]:
    """The named services, the gateway, and everything they need."""
    known = {manifest.name: manifest for manifest in registry.manifests()}
    wanted, waiting = set(), [*names, "gateway"]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [home_of(port) for port in known[name].needs]
    return tuple(known[name] for name in known if name in wanted)


def configured(dsn: str, home: Path, **settings: str) -> Configuration:
    """Settings of a test: nothing of this machine's environment."""
    values = {"SUUUPRA_HOME": str(home), "SUUUPRA_DATABASE_URL": dsn, "SUUUPRA_LOG_LEVEL": "error"}
    given = {f"SUUUPRA_{name.upper()}": value for name, value in settings.items()}
    classes = tuple(manifest.settings for manifest in registry.manifests() if manifest.settings)
    return Configuration((PlatformSettings, *classes), [Source("the test", values | given)])


@contextlib.asynccontextmanager
async def standing_house(
    dsn: str, *names: str, binding: str = "local", clock: Clock | None = None, **settings: str
) -> AsyncIterator[StandingHouse]:
    """A house over the database `dsn`; all services where none is named."""
    logs.configure(level="error")
    home = Path(tempfile.mkdtemp(prefix="suuupra-house-"))
    manifests = closure(names or [manifest.name for manifest in registry.manifests()])
    data_folders(home)
    premises = await open_premises(configured(dsn, home, **settings), manifests, clock=clock)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stack.push_async_callback(premises.close)
        build = _all_in_one if binding == "local" else _each_apart
        estates = await build(premises, manifests, stack)
        house = StandingHouse(premises, estates, *_loops(premises, estates))
        stack.push_async_callback(_close_clients, house.clients)
        for estate in {id(found): found for found in estates.values()}.values():
            await start_services(estate)
        yield house


async def _all_in_one(
    premises: Premises, manifests: tuple[Manifest, ...], _: contextlib.AsyncExitStack
) -> dict[str, Estate]:
    estate = build_estate(premises, manifests, Placement.everything(manifests), through_json=True)
    return {manifest.name: estate for manifest in manifests}


async def _each_apart(
    premises: Premises, manifests: tuple[Manifest, ...], stack: contextlib.AsyncExitStack
) -> dict[str, Estate]:
    folder = premises.settings.home / "run" / "ports"
    folder.mkdir(parents=True)
    addresses = {item.name: f"unix:{folder / item.name}.sock" for item in manifests}
    estates = {}
    for item in manifests:
        others = {name: address for name, address in addresses.items() if name != item.name}
        estates[item.name] = build_estate(premises, manifests, Placement(frozenset({item.name}), others))
    for name, estate in estates.items():
        server = server_of(
            estate.internal_app(), premises.settings, path=folder / f"{name}.sock", secure=False
        )
        await stack.enter_async_context(running(server))
    return estates


def _loops(premises: Premises, estates: dict[str, Estate]) -> tuple[Relay, Dispatcher, Worker]:
    subscriptions, works, jobs, schedules = {}, {}, {}, {}
    for name, estate in estates.items():
        house = estate.house
        works[name] = house.works[name]
        schedules[name] = house.manifests[name].schedules
        if name in house.subscriptions():
            subscriptions[name] = house.subscriptions()[name]
        if name in house.jobs():
            jobs[name] = house.jobs()[name]
    slot = premises.settings.slot
    return (
        Relay(premises.database, premises.shared.leases, slot),
        Dispatcher(premises.database, subscriptions, works, slot),
        Worker(premises.database, jobs, works, schedules, slot),
    )


async def _close_clients(clients: list[httpx2.AsyncClient]) -> None:
    await asyncio.gather(*(client.aclose() for client in clients))


def starter(dsn: str) -> StartHouse:
    """`start_house("identity", binding="remote")` over one database."""

    def start(*names: str, **options: Any) -> contextlib.AbstractAsyncContextManager[StandingHouse]:
        return cast(
            "contextlib.AbstractAsyncContextManager[StandingHouse]", standing_house(dsn, *names, **options)
        )

    return start
