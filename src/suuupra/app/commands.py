"""The verbs of the command line, each a function of its options; `cli.py` only parses and delegates."""

import argparse
import sys
from collections.abc import Callable, Mapping

import uvloop

from suuupra.app import mapping, operating, processes, registry
from suuupra.app.estate import Estate
from suuupra.app.house import HouseError, Placement
from suuupra.app.settings import PlatformSettings
from suuupra.app.words import FAILED, MISUSE, OK, say
from suuupra.kernel.settings import Settings, SettingsError
from suuupra.platform.postgres import MigrationRefused, migrate


def run(name: str, options: argparse.Namespace) -> int:
    """Run a verb; what is set wrongly is said in a sentence."""
    try:
        return VERBS[name](options)
    except (SettingsError, HouseError, MigrationRefused) as error:
        sys.stderr.write(f"suuupra: {error}\n")
        return MISUSE


def migrate_all(dsn: str) -> list[str]:
    """Bring every schema up to date; the steps that ran, as lines."""
    return [str(step) for step in uvloop.run(migrate(dsn, registry.schemas()))]


def overrides_of(options: argparse.Namespace) -> dict[str, str]:
    """What the command line sets."""
    given = {"SUUUPRA_HOST": getattr(options, "host", None), "SUUUPRA_PORT": getattr(options, "port", None)}
    return {name: str(value) for name, value in given.items() if value is not None}


def serve(options: argparse.Namespace) -> int:
    """A web process."""
    manifests = registry.manifests()
    configuration = processes.serving_configuration(overrides_of(options), manifests)
    settings = configuration.get(PlatformSettings)
    placement = processes.placement_of(manifests, options.names, options.without)
    sock = processes.listen(settings.host, settings.port)

    async def main() -> None:
        estate = await processes.opened(configuration, placement)
        try:
            await processes.serve(estate, sock, options.supervised, with_work=options.role == "single")
        finally:
            await estate.premises.close()

    uvloop.run(main())
    return OK


def work(options: argparse.Namespace) -> int:
    """A worker."""
    manifests = registry.manifests()
    configuration = processes.serving_configuration({}, manifests)

    async def main() -> None:
        estate = await processes.opened(configuration, Placement.everything(manifests), is_worker=True)
        try:
            await processes.work(estate, options.supervised, options.queues)
        finally:
            await estate.premises.close()

    uvloop.run(main())
    return OK


def migrate_verb(options: argparse.Namespace) -> int:
    """Schemas up to date, or a step down."""
    configuration = processes.serving_configuration({}, registry.manifests())
    dsn = configuration.get(PlatformSettings).database_url.get_secret_value()
    schemas = registry.schemas()
    if unknown := sorted(set(options.names) - {*schemas, "kernel"}):
        raise SettingsError(f"There is no schema {', '.join(unknown)}. Known: {', '.join(sorted(schemas))}.")
    chosen = {name: found for name, found in schemas.items() if not options.names or name in options.names}
    down = None
    if options.down:
        if len(options.names) != 1:
            raise SettingsError("--down takes back steps of one service: name it.")
        down = (options.names[0], f"-{options.down}")
    steps = uvloop.run(migrate(dsn, chosen, plan=options.plan, down=down))
    for step in steps:
        say(f"{'would run' if options.plan else 'migrated'}  {step}")
    if not steps:
        say("The schema is up to date.")
    if options.plan or options.names or down:
        return OK

    async def act(estate: Estate) -> int:
        if sentence := await operating.ensure_owner(estate):
            options.supervised.ready(sentence)
        return OK

    return operating.with_estate(act)


def seed(options: argparse.Namespace) -> int:
    """Fill an empty site with examples, over HTTP."""
    from suuupra.app.seeding import seed as plant
    from suuupra.app.seeding.visitor import SeedError

    configuration = processes.serving_configuration({}, registry.manifests())
    settings = configuration.get(PlatformSettings)
    if settings.env == "prod":
        raise SettingsError("The demo does not go into a site of production.")
    try:
        uvloop.run(plant(options.address, settings.home, options.number))
    except SeedError as error:
        say(f"The demo was left out: {error}.")
        return FAILED
    return OK


def config(options: argparse.Namespace) -> int:
    """Settings in force, secrets masked; or each with its meaning."""
    manifests = registry.manifests()
    configuration = processes.serving_configuration({}, manifests)
    if options.schema:
        for cls in configuration.classes:
            for name, described, default in described_settings(cls):
                say(f"{name}={default}\n    {described}")
        return OK
    for name, value in configuration.effective().items():
        say(f"{name}={value}")
    return OK


def described_settings(cls: type[Settings]) -> list[tuple[str, str, str]]:
    """(variable, meaning, default) of each setting of a class."""
    found = []
    for name, field in cls.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = " ".join(default) if isinstance(default, tuple) else default
        if shown is None or "secret" in type(default).__name__.lower():
            shown = ""
        found.append((cls.variable(name), field.description or "", str(shown)))
    return found


VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "serve": serve,
    "work": work,
    "migrate": migrate_verb,
    "config": config,
    "seed": seed,
    "owner": operating.owner,
    "deliveries": operating.deliveries,
    "doctor": operating.doctor,
    "map": mapping.show,
}
