"""The platform of one process: everything that services stand on, opened in order and closed in reverse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from suuupra.app.settings import PlatformSettings
from suuupra.app.tools import Shared
from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.faults import OFF, ArmedFaults, Faults
from suuupra.kernel.ids import TimeIds
from suuupra.kernel.manifest import Manifest, Site
from suuupra.kernel.settings import Configuration, SettingsError
from suuupra.kernel.stores import Mailer
from suuupra.platform.cache import ProcessCache, ProcessLimits
from suuupra.platform.events.bell import Bell
from suuupra.platform.forward import Forwarder
from suuupra.platform.http import RemotePorts
from suuupra.platform.hub import HubServer
from suuupra.platform.keys import FileKeys, Seals
from suuupra.platform.mail import SmtpMailer, SmtpServer, SpoolMailer
from suuupra.platform.objects import DiskObjects
from suuupra.platform.outgoing import KernelHttp
from suuupra.platform.postgres import Database, PostgresLeases
from suuupra.platform.scan import Scanner

WORK_OVERFLOW = 20
WORK_STATEMENT_S = 60.0


@dataclass(frozen=True)
class Premises:
    """Open parts; `close` gives them back."""

    settings: PlatformSettings
    configuration: Configuration
    database: Database
    shared: Shared
    hub: HubServer
    objects: DiskObjects
    http: KernelHttp
    keys: FileKeys
    seals: Seals
    remote: RemotePorts
    forwarder: Forwarder
    spool: SpoolMailer | None
    bell: Bell

    async def close(self) -> None:
        """In reverse order."""
        await self.hub.stop()
        await self.forwarder.close()
        await self.remote.close()
        await self.http.close()
        await self.database.close()
        self.bell.close()


def dsn_of(settings: PlatformSettings) -> str:
    """The database of this process; the command line has found a running group's before."""
    if url := settings.database_url.get_secret_value():
        return url
    raise SettingsError("No database: set SUUUPRA_DATABASE_URL, or start one with `suuupra up`.")


async def open_premises(
    configuration: Configuration,
    manifests: Sequence[Manifest],
    *,
    clock: Clock | None = None,
    is_worker: bool = False,
) -> Premises:
    """Open the platform of this process by its settings; jobs may ask the database more, and for longer."""
    settings = configuration.get(PlatformSettings)
    clock = clock or SystemClock()
    home = settings.home
    keys = FileKeys(home / "keys")
    seals = Seals(keys, clock)
    database = Database(
        dsn_of(settings),
        size=settings.pool_size,
        overflow=max(settings.pool_overflow, WORK_OVERFLOW) if is_worker else settings.pool_overflow,
        statement_timeout_s=WORK_STATEMENT_S if is_worker else settings.statement_timeout_s,
        faults=armed_faults(settings),
    )
    hub = HubServer(keys, clock, home / "run" / "hub", settings.slot)
    objects = DiskObjects(home / "objects", keys, clock)
    http = KernelHttp(allowed_hosts_of(configuration))
    spool = SpoolMailer(home / "mail", settings.mail_from) if settings.mail == "spool" else None
    shared = Shared(
        clock=clock,
        ids=TimeIds(),
        objects=objects,
        cache=ProcessCache(),
        limits=ProcessLimits(clock),
        leases=PostgresLeases(database.pool, settings.slot),
        mailer=spool or smtp_mailer(settings),
        keys=keys,
        http=http,
        hub=hub,
        faults=armed_faults(settings),
        cursors=keys.cursors(),
        file_scan=Scanner(settings.clamd_address),
        site=Site(settings.site_name, settings.address(), settings.env),
        configuration=configuration,
        permissions={name: text for item in manifests for name, text in item.permissions.items()},
        role_permissions=merged_roles(manifests),
    )
    await hub.start()
    return Premises(
        settings, configuration, database, shared, hub, objects, http, keys, seals,
        RemotePorts(seals), Forwarder(seals), spool, Bell(home / "run" / "bell"),
    )  # fmt: skip


def merged_roles(manifests: Sequence[Manifest]) -> Mapping[str, frozenset[str]]:
    """What each shipped role may do, over all services; the owner may do everything."""
    merged: dict[str, set[str]] = {"owner": {name for item in manifests for name in item.permissions}}
    for manifest in manifests:
        for role, names in manifest.role_permissions.items():
            merged.setdefault(role, set()).update(names)
    return {role: frozenset(names) for role, names in merged.items()}


def smtp_mailer(settings: PlatformSettings) -> Mailer:
    """SMTP by setting."""
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        settings.smtp_tls,
    )
    return SmtpMailer(server, settings.mail_from)


def armed_faults(settings: PlatformSettings) -> Faults:
    """Off, unless a test or an operator armed some."""
    return ArmedFaults.from_text(settings.faults) if settings.faults else OFF


def allowed_hosts_of(configuration: Configuration) -> frozenset[str]:
    """Hosts of our own settings that may stand on private addresses."""
    return frozenset(configuration.get(PlatformSettings).private_hosts)


def data_folders(home: Path) -> None:
    """The folders that a process expects, where nobody made them before."""
    for name in ("keys", "objects", "mail", "run", "run/hub", "run/encode", "log"):
        (home / name).mkdir(parents=True, exist_ok=True)
