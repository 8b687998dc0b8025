"""The command line: what each verb takes, what misuse gets, what the product is told."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from suuupra import cli
from suuupra.process import group
from tests.covers import covers

VERBS = ["up", "serve", "work", "migrate", "seed", "doctor", "map", "config", "owner", "deliveries"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SUUUPRA_")}
    return subprocess.run(
        [sys.executable, "-m", "suuupra", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **environment},
    )


@pytest.mark.parametrize("verb", VERBS)
@covers("OPS-3")
def test_every_verb_explains_itself_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([verb, "--help"])
    assert ended.value.code == 0
    assert f"Example: suuupra {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["up", "--only", "web,redis"],
        ["up", "--only", ","],
        ["up", "--port", "70000"],
        ["up", "--port", "-1"],
        ["up", "--only", "postgres", "--seed", "demo"],
        ["serve", "identity", "--except", "vod"],
        ["doctor", "video"],
        ["owner", "forget"],
        ["deliveries"],
        ["deliveries", "retry"],
        ["migrate", "--down", "one"],
    ],
)
@covers("OPS-3")
def test_misuse_ends_with_two_and_a_word_why(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


@covers("OPS-1")
def test_the_options_of_the_daily_verbs() -> None:
    parse = cli.parser().parse_args
    up = parse(["up"])
    assert (up.only, up.fresh, up.seed, up.host, up.port) == (frozenset(group.PARTS), False, None, None, None)
    serve = parse(["serve", "payments", "ledger", "--port", "8101"])
    assert (serve.names, serve.without, serve.port, serve.role) == (["payments", "ledger"], (), 8101, "web")
    assert parse(["serve", "--except", "a,b"]).without == ("a", "b")
    assert parse(["work", "encode"]).queues == ["encode"]
    migrate = parse(["migrate", "content", "--plan", "--down", "1"])
    assert (migrate.names, migrate.plan, migrate.down) == (["content"], True, 1)
    assert parse(["seed"]).what == "demo"
    doctor = parse(["doctor", "video", "x", "--json"])
    assert (doctor.subject, doctor.id, doctor.as_json) == ("video", "x", True)
    discard = parse(["deliveries", "discard", "a", "b", "--reason", "spent"])
    assert (discard.action, discard.ids, discard.reason) == ("discard", ["a", "b"], "spent")


@pytest.mark.parametrize("verb", [["serve"], ["work"], ["migrate"], ["owner", "reset-password"]])
@covers("OPS-3", "OPS-5")
def test_without_a_database_the_cause_and_the_way_out_are_said(verb: list[str]) -> None:
    nowhere = Path(tempfile.gettempdir(), f"suuupra-none-{os.getpid()}")
    done = run(*verb, SUUUPRA_HOME=str(nowhere))
    assert done.returncode == 1
    assert "suuupra up --only postgres,work" in done.stderr
    assert "SUUUPRA_DATABASE_URL" in done.stderr
    assert not nowhere.exists()


@covers("PLT-11")
def test_a_port_in_the_settings_that_is_none_is_refused(tmp_path: Path) -> None:
    done = run("up", SUUUPRA_PORT="eighty", SUUUPRA_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "SUUUPRA_PORT: a port is a number" in done.stderr


@covers("OPS-1")
def test_help_and_version_come_without_the_product() -> None:
    program = (
        "import sys\nfrom suuupra import cli\n"
        "heavy = {'pydantic', 'sqlalchemy', 'asyncio', 'uvicorn', 'suuupra.app'} & set(sys.modules)\n"
        "sys.exit(f'{heavy}' if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert run("--version").stdout.startswith("suuupra ")


@covers("OPS-1")
def test_a_terminal_that_is_gone_ends_nothing() -> None:
    program = "from suuupra import cli\n[cli.say('web', 'still here') for _ in range(3)]"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.close()
        assert child.wait(10) == 0
