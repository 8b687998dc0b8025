"""`suuupra up`: from the chosen folder to a running group. What can refuse does so before anything starts."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from suuupra.process import binaries, environment, lock, migrated, postgres
from suuupra.process.folder import Folder, find
from suuupra.process.program import Program, Say
from suuupra.process.refusal import Refused
from suuupra.process.supervisor import Supervisor

PARTS = ("postgres", "web", "work")
_START_MAX_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says. `python` starts this product's other verbs."""

    python: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8000
    is_secure: bool = False
    only: frozenset[str] = frozenset(PARTS)
    fresh: bool = False
    single: bool = False
    seed: str | None = None
    number: int | None = None


def up(options: Options, settings: Mapping[str, str], environ: Mapping[str, str], say: Say) -> int:
    """Start all and stay in front: 0 after a clean stop, 1 after a failure."""
    began = time.monotonic()
    refuse_root_in_prod(settings)
    has_own = "postgres" in options.only and not environment.has_database(settings)
    if not has_own and not environment.has_database(settings):
        raise Refused("Without 'postgres' in --only a database must be named: set SUUUPRA_DATABASE_URL.")
    folder = find(settings)
    say("", f"Data folder {folder.home}" + (f" ({folder.note})" if folder.note else ""))
    folder.prepare()
    held = lock.Lock(folder.run / "lock")
    held.take()
    try:
        options = _cleared(folder, held, options, say)
        if options.fresh:
            _begin_anew(folder, say)
        _copy(folder, say, with_postgres=has_own)
        programs = compose(options, environ, folder, with_postgres=has_own)

        def when_up(notes: Mapping[str, str]) -> None:
            for line in _greeting(options, notes.get("web", ""), time.monotonic() - began):
                say("", line)

        return Supervisor(programs, folder.log, folder.run, say, when_up).run()
    except OSError as error:
        raise Refused(f"The data folder {folder.home} cannot be used: {error}.") from error
    finally:
        folder.dsn.unlink(missing_ok=True)
        held.release()


def refuse_root_in_prod(settings: Mapping[str, str]) -> None:
    if settings.get(environment.ENV) == "prod" and os.geteuid() == 0:
        raise Refused("In prod nothing runs as root. Start as an ordinary user that owns the data folder.")


def compose(
    options: Options, environ: Mapping[str, str], folder: Folder, *, with_postgres: bool
) -> list[Program]:
    """The programs of this group, in the order of their start; they stop in the opposite one."""
    told = _handed(folder, with_postgres=with_postgres) | {
        environment.HOST: options.host,  # links in mails are made by a process that does not listen
        environment.PORT: str(options.port),
    }
    group = _Group(options, {**environ, **told}, folder)
    programs = [postgres.program(folder)] if with_postgres else []
    after = tuple(one.name for one in programs)
    if not (with_postgres and migrated.is_current(folder.pg)):
        programs.append(group.task("migrate", ("migrate",), after=after))
        after = (*after, "migrate")
    at = ("--host", options.host, "--port", str(options.port))
    if "work" in options.only and not options.single:
        programs.append(group.main("work", ("work",), after=after, stop_s=3.0))
    if "web" in options.only:
        role = "single" if options.single else "web"
        programs.append(group.main("web", ("serve", "--role", role, *at), after=after, stop_s=4.0))
        if options.seed:
            number = ("--number", str(options.number)) if options.number is not None else ()
            command = ("seed", options.seed, "--address", address(options), *number)
            mains = tuple(one.name for one in programs if not one.once)
            programs.append(group.task("seed", command, after=mains, is_main=False))
    return programs


def address(options: Options) -> str:
    """Where a browser on this machine finds the site."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104  # compared
    scheme = "https" if options.is_secure else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{options.port}"


@dataclass(frozen=True, slots=True)
class _Group:
    options: Options
    environment: Mapping[str, str]
    folder: Folder

    def main(self, name: str, arguments: Sequence[str], *, after: tuple[str, ...], stop_s: float) -> Program:
        return Program(
            name=name,
            command=(*self.options.python, *arguments),
            environment={**self.environment, environment.SLOT: f"{name}-0"},
            after=after,
            stop=((signal.SIGTERM, stop_s), (signal.SIGKILL, 1.0)),
            ready_within_s=_START_MAX_S,
        )

    def task(
        self, name: str, arguments: Sequence[str], *, after: tuple[str, ...], is_main: bool = True
    ) -> Program:
        return Program(
            name=name,
            command=(*self.options.python, *arguments),
            environment=self.environment,
            after=after,
            once=True,
            main=is_main,
            death_signal=signal.SIGTERM,
            stop=((signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0)),
        )


def _handed(folder: Folder, *, with_postgres: bool) -> dict[str, str]:
    """What each child is told. They look nowhere else for the place of the data."""
    told = {environment.HOME: str(folder.home), "PYTHONUNBUFFERED": "1"}
    if with_postgres:
        told[environment.DSN_FILE] = str(folder.dsn)
    if not folder.account.is_ours:
        told[environment.ACCOUNT] = folder.account.name
    return told


def _cleared(folder: Folder, held: lock.Lock, options: Options, say: Say) -> Options:
    """Nothing of a killed group is about, and the port is ours to take."""
    for name in lock.end_leftovers(folder.run):
        say(name, "of an earlier start was still there, ended")
    if "web" not in options.only:
        return options
    port = lock.free_port(options.host, options.port)
    held.note(str(port))
    return replace(options, port=port)


def _begin_anew(folder: Folder, say: Say) -> None:
    postgres.stop_earlier(folder, say)
    kept = folder.set_aside()
    if kept:
        say("", f"Starting anew. What was here is kept in {kept}: delete it when nobody misses it.")


def _copy(folder: Folder, say: Say, *, with_postgres: bool) -> None:
    if with_postgres:
        postgres.prepare(folder, say)
        postgres.write_dsn(folder)
    began = time.monotonic()
    if not folder.account.is_ours and binaries.copy_encoder(folder.bin):
        say("encoder", f"copied its program into {folder.bin} ({time.monotonic() - began:.1f} s)")


def _greeting(options: Options, note: str, took_s: float) -> list[str]:
    """The last lines of a start."""
    if "web" in options.only:
        return [f"Ready in {took_s:.1f} s. Open {note or address(options)}", "Ctrl-C stops everything."]
    parts = ", ".join(sorted(options.only))
    return [f"Ready in {took_s:.1f} s: {parts}.", "'suuupra serve' attaches to it. Ctrl-C stops everything."]
