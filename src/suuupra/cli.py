"""The command line: `up` keeps a group of processes alive, every other verb is answered by `suuupra.app`.

The product is imported inside functions only, so that `--help` is quick and the supervisor stays small.
Exit codes: 0 ok, 1 failed, 2 misuse, 3 degraded.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from suuupra.process import environment, group, postgres
from suuupra.process.folder import find
from suuupra.process.refusal import Refused

PYTHON: tuple[str, ...] = (sys.executable, "-P", "-m", "suuupra")
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PORT_MAX = 65535
NEEDS_DATABASE = frozenset({"serve", "work", "migrate", "owner", "deliveries"})
FAILED = 1

_Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # no other name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parse(arguments)
    try:
        return _up(options) if options.verb == "up" else _delegate(options)
    except Refused as refused:
        print(f"suuupra {options.verb}: {refused}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return FAILED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    top = parser()
    options = top.parse_args(arguments)
    if options.verb == "doctor" and options.subject and not options.id:
        top.error("doctor video needs the video's ID")
    if options.verb == "serve" and options.names and options.without:
        top.error("serve takes names or --except, not both")
    if options.verb == "up" and options.seed and "web" not in options.only:
        top.error("--seed speaks to the site: it needs 'web' among --only")
    return options


def _up(options: argparse.Namespace) -> int:
    settings = environment.settings(os.environ, Path.cwd())
    return group.up(
        group.Options(
            python=PYTHON,
            host=options.host or settings.get(environment.HOST) or DEFAULT_HOST,
            port=_chosen_port(settings) if options.port is None else options.port,
            is_secure=bool(settings.get(environment.CERTIFICATE)),
            only=options.only,
            fresh=options.fresh,
            single=options.single,
            seed=options.seed,
            number=options.number,
        ),
        settings,
        os.environ,
        say,
    )


def _delegate(options: argparse.Namespace) -> int:
    """Tell the product where its data and its database are, then let it answer."""
    settings = environment.settings(os.environ, Path.cwd())
    if options.verb in {"serve", "work"}:
        group.refuse_root_in_prod(settings)
    folder = find(settings)
    os.environ[environment.HOME] = str(folder.home)
    if not folder.account.is_ours:
        os.environ[environment.ACCOUNT] = folder.account.name
    if not environment.has_database(settings):
        handed = settings.get(environment.DSN_FILE)
        dsn = postgres.attach(Path(handed) if handed else folder.dsn, trusting=bool(handed))
        if dsn:
            os.environ[environment.DATABASE_URL] = dsn
        elif options.verb in NEEDS_DATABASE:
            raise Refused(
                f"No database: no Suuupra runs from {folder.home}. Start one with "
                "'suuupra up --only postgres,work', or name a database with SUUUPRA_DATABASE_URL."
            )
    if options.verb in NEEDS_DATABASE:
        folder.prepare()
    from suuupra import app
    from suuupra.process import migrated
    from suuupra.process.lifeline import Supervised

    options.supervised = Supervised.from_environment(os.environ)
    if options.verb == "migrate":
        migrated.forget(folder.pg)
    code = app.command(options.verb, options)
    if options.verb == "migrate" and not (code or options.names or options.plan or options.down):
        migrated.note(folder.pg)
    return code


def say(name: str, text: str) -> None:
    """One line at the terminal. A terminal that is gone ends nothing."""
    try:
        print(f"{name:>9}  {text}" if name else text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """All verbs with their options."""
    top = argparse.ArgumentParser(
        prog="suuupra",
        description="A self-hostable platform for teaching and media.",
        epilog="Example: suuupra up",
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for add in (_add_up, _add_processes, _add_contents, _add_truths, _add_operators):
        add(verbs)
    return top


def _add_up(verbs: _Subparsers) -> None:
    up = _verb(
        verbs, "up", "set up what is missing, start everything, stay in front", "suuupra up --seed demo"
    )
    _add_address(up)
    up.add_argument(
        "--only",
        type=_parts,
        default=frozenset(group.PARTS),
        metavar="PARTS",
        help=f"start only these of {', '.join(group.PARTS)}, separated by commas",
    )
    up.add_argument("--fresh", action="store_true", help="begin anew; what was there is kept in backup/")
    up.add_argument("--single", action="store_true", help="web and work in one process")
    up.add_argument("--seed", choices=["demo"], help="fill an empty site with examples, once it is up")
    up.add_argument("--number", type=int, help="which examples: the same number gives the same ones")


def _add_processes(verbs: _Subparsers) -> None:
    serve = _verb(verbs, "serve", "a web process", "suuupra serve identity notifications --port 8101")
    serve.add_argument("names", nargs="*", metavar="SERVICE", help="serve only these services")
    serve.add_argument(
        "--except", dest="without", type=_names, default=(), metavar="NAMES", help="all but these, by commas"
    )
    _add_address(serve)
    serve.add_argument("--role", choices=["web", "single"], default="web", help=argparse.SUPPRESS)
    work = _verb(verbs, "work", "a worker: relay, handlers, jobs", "suuupra work encode")
    work.add_argument("queues", nargs="*", metavar="QUEUE", help="take jobs of these queues only")


def _add_contents(verbs: _Subparsers) -> None:
    migrate = _verb(
        verbs, "migrate", "bring the database's schema up to date", "suuupra migrate content --plan"
    )
    migrate.add_argument("names", nargs="*", metavar="SERVICE", help="only these services")
    migrate.add_argument("--plan", action="store_true", help="show what would run, change nothing")
    migrate.add_argument("--down", type=int, metavar="STEPS", help="take back the last steps of one service")
    seed = _verb(verbs, "seed", "fill an empty site with examples, over HTTP", "suuupra seed demo --number 7")
    seed.add_argument("what", nargs="?", choices=["demo"], default="demo")
    seed.add_argument("--number", type=int, help="the same number gives the same examples")
    seed.add_argument("--address", default=f"http://127.0.0.1:{DEFAULT_PORT}", help="where the site runs")


def _add_truths(verbs: _Subparsers) -> None:
    doctor = _verb(verbs, "doctor", "the truth about each part", "suuupra doctor video 01990a4e")
    doctor.add_argument("subject", nargs="?", choices=["video"], help="look at one thing only")
    doctor.add_argument("id", nargs="?", metavar="ID")
    doctor.add_argument("--json", dest="as_json", action="store_true", help="for programs")
    site = _verb(verbs, "map", "services, who needs whom, who is where", "suuupra map --check")
    site.add_argument("--check", action="store_true", help="fail if docs/map.md is out of date")
    config = _verb(verbs, "config", "all settings in force, secrets masked", "suuupra config --schema")
    config.add_argument("--schema", action="store_true", help="every setting with its meaning and default")


def _add_operators(verbs: _Subparsers) -> None:
    owner = _verb(verbs, "owner", "the owner of this site", "suuupra owner reset-password")
    owner.add_argument("action", choices=["reset-password"], help="a new password, printed once")
    deliveries = _verb(
        verbs, "deliveries", "events and jobs that wait for a person", "suuupra deliveries retry ID"
    )
    actions = deliveries.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _verb(actions, "list", "parked events and dead jobs", "suuupra deliveries list --json")
    listing.add_argument("--json", dest="as_json", action="store_true", help="for programs")
    for name, does in (("retry", "send again"), ("discard", "give up for good")):
        action = _verb(actions, name, does, f"suuupra deliveries {name} ID")
        action.add_argument("ids", nargs="+", metavar="ID")
        action.add_argument("--reason", default="", help="kept with it, for those who look later")


def _verb(verbs: _Subparsers, name: str, does: str, example: str) -> argparse.ArgumentParser:
    sentence = f"{does[0].upper()}{does[1:]}."
    return verbs.add_parser(
        name, help=does, description=sentence, epilog=f"Example: {example}", allow_abbrev=False
    )


def _add_address(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--host", help=f"address to listen on (default: SUUUPRA_HOST, else {DEFAULT_HOST})")
    verb.add_argument("--port", type=_port, help=f"default: SUUUPRA_PORT, else {DEFAULT_PORT}; 0 finds one")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {PORT_MAX}, not '{text}'")
    return int(text)


def _chosen_port(settings: Mapping[str, str]) -> int:
    try:
        return _port(settings.get(environment.PORT) or str(DEFAULT_PORT))
    except argparse.ArgumentTypeError as error:
        raise Refused(f"{environment.PORT}: {error}.") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _parts(text: str) -> frozenset[str]:
    names = _names(text)
    unknown = set(names) - set(group.PARTS)
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"parts are {', '.join(group.PARTS)}, not '{text}'")
    return frozenset(names)


class _Version(argparse.Action):
    """Read only when asked: the package's metadata is slow to find."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"suuupra {version('suuupra')}")
        parser.exit()
