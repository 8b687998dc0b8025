"""Web processes and workers: start in order, say when ready, drain when asked, end within seconds."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog
import uvicorn

from suuupra.app import registry
from suuupra.app.estate import Estate, build_estate
from suuupra.app.house import Placement
from suuupra.app.patience import PatientProtocol
from suuupra.app.premises import data_folders, open_premises
from suuupra.app.settings import PlatformSettings, read_configuration
from suuupra.kernel import logs
from suuupra.kernel.manifest import Manifest
from suuupra.kernel.settings import Configuration, SettingsError
from suuupra.platform.events import Dispatcher, Relay
from suuupra.platform.instances import Instances
from suuupra.platform.jobs import Worker
from suuupra.platform.postgres import MetricMinutes

log = structlog.get_logger(service="kernel")
GRACE_S = 3
SWEEP_EVERY_S = 3600


class Supervised(Protocol):
    """The child's side of the supervisor; it does nothing for whoever was started by hand."""

    def ready(self, note: str = "") -> None:
        """Say that work is taken now."""
        ...

    def watch(self) -> None:
        """From inside the loop: end when the supervisor is gone."""
        ...


class QuietServer(uvicorn.Server):
    """uvicorn without its own signal handlers: two of them run in one process, and we say when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serving_configuration(overrides: Mapping[str, str], manifests: Sequence[Manifest]) -> Configuration:
    """All settings of a process of these services."""
    classes = tuple(manifest.settings for manifest in manifests if manifest.settings is not None)
    configuration = read_configuration(classes, overrides)
    logs.configure(level=configuration.get(PlatformSettings).log_level)
    return configuration


def placement_of(manifests: Sequence[Manifest], names: Sequence[str], without: Sequence[str]) -> Placement:
    """Which services stand here, by the words of the command line, and where the others are."""
    known = {manifest.name for manifest in manifests}
    if unknown := sorted({*names, *without} - known):
        raise SettingsError(f"There is no service {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    here = frozenset(names or known) - frozenset(without)
    addresses = {
        name: address
        for name in known - here
        if (address := os.environ.get(f"SUUUPRA_ADDRESS_{name.upper()}"))
    }
    return Placement(here, addresses)


async def until_told() -> None:
    """Wait for SIGTERM or SIGINT."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, os._exit, 1)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; a taken port is said in a sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise SettingsError(
            f"Port {port} of {host} cannot be had ({error.strerror}). Stop what listens there, or choose "
            "another one with --port."
        ) from error
    return made


def server_of(
    app: Any, settings: PlatformSettings, *, path: Path | None = None, secure: bool = True
) -> QuietServer:
    """A uvicorn server with the settings of the house."""
    config = uvicorn.Config(
        app,
        uds=str(path) if path else None,
        loop="none",
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=settings.tls_certificate if secure else None,
        ssl_keyfile=settings.tls_key if secure else None,
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return QuietServer(config)


@contextlib.asynccontextmanager
async def running(server: QuietServer, sockets: list[socket.socket] | None = None) -> AsyncIterator[None]:
    """A server that runs for the length of a block."""
    task = asyncio.create_task(server.serve(sockets=sockets))
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has a flag, no event
        await asyncio.sleep(0.005)
    if task.done():
        await task
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def serve(
    estate: Estate, sock: socket.socket, supervised: Supervised, *, with_work: bool = False
) -> None:
    """A web process from its first request to its last; `with_work` folds the worker in."""
    settings = estate.premises.settings
    ports = settings.home / "run" / "ports"
    ports.mkdir(parents=True, exist_ok=True)
    path = ports / f"{settings.slot}.sock"
    path.unlink(missing_ok=True)
    app = estate.public_app() if "gateway" in estate.house.built else estate.internal_app()
    public = server_of(app, settings)
    internal = server_of(estate.internal_app(), settings, path=path, secure=False)
    keeping = working(estate) if with_work else contextlib.nullcontext()
    beating = looping(*upkeep(estate, address_of(settings, sock)), sweeping(estate))
    async with running(internal), running(public, [sock]), beating, keeping:
        starting = asyncio.create_task(start_services(estate))
        supervised.watch()
        supervised.ready(address_of(settings, sock))
        await until_told()
        estate.readiness.drain()
        starting.cancel()
        public.should_exit = internal.should_exit = True
        await estate.premises.hub.drain()
    path.unlink(missing_ok=True)


async def work(estate: Estate, supervised: Supervised, queues: Sequence[str] = ()) -> None:
    """A worker: relay, handlers and jobs, until told."""
    async with looping(*upkeep(estate)), working(estate, queues):
        supervised.watch()
        supervised.ready()
        await until_told()


def upkeep(estate: Estate, address: str = "") -> list[Callable[[], Awaitable[None]]]:
    """What every process does beside its work: its figures a minute, and a sign of life."""
    database, slot = estate.premises.database, estate.premises.settings.slot
    beats = Instances(database, slot, tuple(estate.house.built), address)
    return [MetricMinutes(database, slot).run, beats.run]


@contextlib.asynccontextmanager
async def working(estate: Estate, queues: Sequence[str] = ()) -> AsyncIterator[None]:
    """Relay, handlers and jobs of the services that stand here; the bell of any process wakes them."""
    premises, house = estate.premises, estate.house
    slot = premises.settings.slot
    schedules = {name: house.manifests[name].schedules for name in house.built}
    relay = Relay(premises.database, premises.shared.leases, slot)
    dispatcher = Dispatcher(premises.database, house.subscriptions(), house.works, slot)
    worker = Worker(premises.database, house.jobs(), house.works, schedules, slot, kinds=tuple(queues))
    worker.upkeep.archive_in(premises.objects)

    def wake() -> None:
        relay.poke()
        worker.poke()

    with premises.bell.heard_by(wake):
        async with looping(relay.run, dispatcher.run, worker.run):
            yield


async def start_services(estate: Estate) -> None:
    """What services do once they are up (register templates, say); tried again until it works."""
    for name, built in estate.house.built.items():
        for act in built.on_start:
            delay_s = 0.5
            while True:
                try:
                    await act()
                    break
                except Exception as error:  # noqa: BLE001 - whatever it was, the next try may work
                    await log.awarning("service.start_waits", waiting=name, error=type(error).__name__)
                    await asyncio.sleep(delay_s)
                    delay_s = min(delay_s * 2, 30)


@contextlib.asynccontextmanager
async def looping(*loops: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run endless loops for the length of a block; one that fails ends the process, to be restarted."""
    tasks = [asyncio.ensure_future(loop()) for loop in loops]
    owner = asyncio.current_task()

    def failed(task: asyncio.Future[None]) -> None:
        if not task.cancelled() and task.exception() is not None and owner is not None:
            log.error("loop.failed", exc_info=task.exception())
            owner.cancel()

    for task in tasks:
        task.add_done_callback(failed)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def sweeping(estate: Estate) -> Callable[[], Awaitable[None]]:
    """Sweep what writers left half done, at start and each hour."""

    async def sweep() -> None:
        while True:
            await estate.premises.objects.sweep()
            await asyncio.sleep(SWEEP_EVERY_S)

    return sweep


def address_of(settings: PlatformSettings, sock: socket.socket) -> str:
    """Where the site answers, with the port that was really bound."""
    if settings.base_url:
        return settings.base_url
    host, port = sock.getsockname()[:2]
    return f"{'https' if settings.tls_certificate else 'http'}://{host}:{port}"


async def opened(configuration: Configuration, placement: Placement, *, is_worker: bool = False) -> Estate:
    """Premises and house of a process."""
    manifests = registry.manifests()
    data_folders(configuration.get(PlatformSettings).home)
    premises = await open_premises(configuration, manifests, is_worker=is_worker)
    return build_estate(premises, manifests, placement)
