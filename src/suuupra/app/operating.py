"""Verbs of operators: the owner's password, the truth about parts, what waits for a person."""

import argparse
import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from uuid import UUID

import uvloop

from suuupra.app import processes, registry
from suuupra.app.estate import Estate
from suuupra.app.house import Placement
from suuupra.app.settings import ALIASES, ALIASES_WITHOUT_A_PART, PlatformSettings
from suuupra.app.words import DEGRADED, FAILED, OK, answer, say
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import Call, calling
from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import Deliveries, DeliveryQuery, DiscardDelivery, Health, Part, RetryDelivery
from suuupra.kernel.problems import Problem
from suuupra.kernel.settings import SettingsError
from suuupra.platform.instances import Instances

OPERATOR = Principal(kind="service", service="operator", strength=2)
DISK_LOW_SHARE = 0.1


def with_estate(act: Callable[[Estate], Awaitable[int]]) -> int:
    """Run an act over all services, without a listener and without a worker."""
    manifests = registry.manifests()
    overrides = {"SUUUPRA_SLOT": f"cli-{os.getpid()}", "SUUUPRA_LOG_LEVEL": "error"}
    configuration = processes.serving_configuration(overrides, manifests)

    async def main() -> int:
        estate = await processes.opened(configuration, Placement.everything(manifests))
        try:
            with calling(Call(principal=OPERATOR)):
                return await act(estate)
        finally:
            await estate.premises.close()

    return int(uvloop.run(main()))


async def ensure_owner(estate: Estate) -> str:
    """Make the first owner where there is none; the sentence that shows the password once, else empty."""
    identity = estate.house.built["identity"].service
    await identity.upkeep.start()
    made = await identity.owners.ensure()
    if made is None:
        return ""
    return f"Owner {made.address}, password {made.password} (shown once; kept in keys/ until you change it)"


def owner(options: argparse.Namespace) -> int:
    """A new password of the owner, printed once."""

    async def act(estate: Estate) -> int:
        made = await estate.house.built["identity"].service.owners.reset_password()
        options.supervised.ready(f"Owner {made.address}, password {made.password}")
        say(f"The owner {made.address} has a new password: {made.password}")
        return OK

    return with_estate(act)


def deliveries(options: argparse.Namespace) -> int:
    """Events and jobs that wait for a person: list, send again, give up."""

    async def act(estate: Estate) -> int:
        ports: dict[str, Deliveries] = estate.house.collect(Deliveries, "operator")
        if options.action == "list":
            found = [
                item.model_dump(mode="json") | {"service": name}
                for name, port in ports.items()
                for kind in ("event", "job")
                for item in (await port.page(DeliveryQuery(kind=kind))).items
            ]
            lines = [
                f"{row['id']}  {row['state']:8}  {row['name']}  {row['last_error'][-80:]}" for row in found
            ]
            answer(options, found, lines or ["Nothing waits for a person."])
            return OK
        return await _change(ports, options)

    return with_estate(act)


async def _change(ports: dict[str, Deliveries], options: argparse.Namespace) -> int:
    failed = False
    for identifier in options.ids:
        for port in ports.values():
            try:
                if options.action == "retry":
                    await port.retry(RetryDelivery(id=identifier, reason=options.reason))
                else:
                    await port.discard(
                        DiscardDelivery(id=identifier, reason=options.reason or "by the operator")
                    )
            except Problem:
                continue
            say(f"{identifier}  {'sent again' if options.action == 'retry' else 'given up'}")
            break
        else:
            failed = True
            say(f"{identifier}  is not waiting")
    return FAILED if failed else OK


def doctor(options: argparse.Namespace) -> int:
    """Each part: used, version, degraded and what that means; one video's story."""
    if options.subject == "video":
        return with_estate(lambda estate: _video(estate, options))
    if "SUUUPRA_DATABASE_URL" not in os.environ:
        answer(
            options, [{"name": "PostgreSQL", "state": "away"}], ["away      PostgreSQL  no group runs here"]
        )
        return DEGRADED

    async def act(estate: Estate) -> int:
        parts = await _parts(estate)
        rows = [part.model_dump(exclude_defaults=False) for part in parts]
        lines = [f"{part.state:9} {part.name:22} {part.version}  {part.effect}".rstrip() for part in parts]
        answer(options, rows, lines)
        worst = {part.state for part in parts}
        return FAILED if "away" in worst else DEGRADED if "degraded" in worst else OK

    return with_estate(act)


async def _video(estate: Estate, options: argparse.Namespace) -> int:
    built = estate.house.built.get("vod")
    if built is None or not options.id:
        raise SettingsError("Name the video: suuupra doctor video ID.")
    try:
        asset_id = UUID(options.id)
    except ValueError as error:
        raise SettingsError(f"{options.id} is not the id of a video.") from error
    findings = await built.service.diagnose(asset_id)
    lines = [f"{finding.state:9} {finding.name:22} {finding.effect}".rstrip() for finding in findings]
    answer(options, [finding.model_dump() for finding in findings], lines)
    return OK if all(finding.state == "well" for finding in findings) else DEGRADED


async def _parts(estate: Estate) -> list[Part]:
    premises, settings = estate.premises, estate.premises.settings
    parts = [await premises.database.part(tuple(estate.house.built)), await _processes(estate)]
    free, total = shutil.disk_usage(settings.home)[2], shutil.disk_usage(settings.home)[0]
    low = free < max(settings.disk_reserve_bytes, total * DISK_LOW_SHARE)
    parts.append(
        Part(
            name="disk",
            state="degraded" if low else "well",
            version=f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free",
            effect="uploads are refused until there is room" if low else "",
        )
    )
    parts += _choices(settings)
    ports: dict[str, Health] = estate.house.collect(Health, "operator")
    reports = await asyncio.gather(*(port.report(Query()) for port in ports.values()))
    for name, report in zip(ports, reports, strict=True):
        parts += [
            part.model_copy(update={"name": f"{name}: {part.name}"})
            for part in report.parts
            if part.name != "PostgreSQL"
        ]
    return parts


async def _processes(estate: Estate) -> Part:
    """Who of the site has given a sign of life within the last seconds."""
    slots = sorted({one.slot for one in await Instances(estate.premises.database, "", ()).alive()})
    if slots:
        return Part(name="processes", version=", ".join(slots))
    return Part(name="processes", state="degraded", effect="nobody serves pages or does jobs just now")


def _choices(settings: PlatformSettings) -> list[Part]:
    """What follows from settings, and what is named by outsiders' variables in the shell."""
    found = [Part(name="mail", version=settings.mail)]
    is_scanned = bool(settings.clamd_address)
    found.append(
        Part(
            name="malware scan",
            state="well" if is_scanned else "degraded",
            version="clamd" if is_scanned else "test string and file types only",
            effect="" if is_scanned else "videos pass as not scanned; set SUUUPRA_CLAMD_ADDRESS",
        )
    )
    if not settings.tls_certificate and not settings.base_url.startswith("https"):
        found.append(
            Part(name="TLS", state="degraded", effect="plain HTTP: cookies without Secure, loopback only")
        )
    if os.geteuid() == 0:
        found.append(Part(name="account", state="degraded", effect="web and work run as root"))
    shell = sorted({*ALIASES, *ALIASES_WITHOUT_A_PART} & set(os.environ))
    if shell:
        effect = "set in the shell, never used: put them into .env"
        found.append(Part(name=", ".join(shell), state="degraded", effect=effect))
    return found
