"""Keys: sealed for one class and place, altered by nobody, the same after a restart."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suuupra.kernel.problems import Invalid
from suuupra.platform.keys import FileKeys
from tests.covers import covers


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys")


@covers("PLT-11")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=30), st.integers(0, 10_000), st.integers(1, 255))
def test_what_is_sealed_opens_and_a_changed_bit_does_not(
    keys: FileKeys, plain: bytes, context: bytes, position: int, flip: int
) -> None:
    sealed = keys.seal("contact", plain, context)
    assert keys.open("contact", sealed, context) == plain
    altered = bytearray(sealed)
    altered[position % len(sealed)] ^= flip
    with pytest.raises(ValueError, match="sealed"):
        keys.open("contact", bytes(altered), context)


@covers("PLT-11")
def test_a_seal_belongs_to_its_class_and_its_place(keys: FileKeys) -> None:
    sealed = keys.seal("contact", b"mira@example.org", b"account:1")
    for key_class, context in (("session", b"account:1"), ("contact", b"account:2"), ("contact", b"")):
        with pytest.raises(ValueError, match="another place"):
            keys.open(key_class, sealed, context)
    for cut in (b"", b"\x01", sealed[:12], sealed[:-1]):
        with pytest.raises(ValueError, match="sealed"):
            keys.open("contact", cut, b"account:1")


@covers("PLT-11")
def test_two_seals_of_one_text_differ(keys: FileKeys) -> None:
    assert keys.seal("contact", b"x") != keys.seal("contact", b"x")


@covers("PLT-11")
def test_the_same_keys_after_a_restart_and_others_for_others(keys: FileKeys, tmp_path: Path) -> None:
    again, other = FileKeys(tmp_path / "keys"), FileKeys(tmp_path / "other")
    assert again.open("a", keys.seal("a", b"x")) == b"x"
    assert again.mac("a", b"x") == keys.mac("a", b"x")
    made = {keys.derive(key_class, purpose) for key_class in "ab" for purpose in ("x", "y", "mac", "seal")}
    assert len(made) == 8
    assert all(len(key) == 32 for key in made)
    assert keys.mac("a", b"x") != keys.mac("b", b"x")
    assert other.derive("a", "x") not in made
    with pytest.raises(ValueError, match="altered"):
        other.open("a", keys.seal("a", b"x"))


@covers("PLT-9", "PLT-11")
def test_each_service_signs_with_a_key_of_its_own(keys: FileKeys) -> None:
    signature = keys.signer("content").sign(b"statement")
    keys.verifier("content").verify(signature, b"statement")
    for service, body in (("vod", b"statement"), ("content", b"statements")):
        with pytest.raises(InvalidSignature):
            keys.verifier(service).verify(signature, body)


@covers("PLT-11")
def test_cursors_are_not_forged(keys: FileKeys) -> None:
    cursors = keys.cursors()
    assert cursors.read("courses", cursors.write("courses", [3, "b"])) == [3, "b"]
    with pytest.raises(Invalid):
        cursors.read("people", cursors.write("courses", [3, "b"]))


@covers("PLT-11")
def test_the_master_key_is_for_its_owner_alone(keys: FileKeys, tmp_path: Path) -> None:
    master = tmp_path / "keys" / "master"
    assert master.stat().st_mode & 0o777 == 0o600
    assert len(master.read_bytes()) == 32
    assert [path.name for path in master.parent.iterdir()] == ["master"]
    master.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        FileKeys(tmp_path / "keys")


@covers("PLT-11")
def test_a_broken_master_key_is_named_and_never_replaced(tmp_path: Path) -> None:
    master = tmp_path / "keys" / "master"
    master.parent.mkdir()
    master.write_bytes(b"short")
    master.chmod(0o600)
    with pytest.raises(ValueError, match="restore it from a backup"):
        FileKeys(tmp_path / "keys")
    assert master.read_bytes() == b"short"


STARTING = """
import sys
from pathlib import Path
from suuupra.platform.keys import FileKeys
sys.stdin.readline()
print(FileKeys(Path(sys.argv[1])).derive("a", "b").hex())
"""


@covers("PLT-11")
def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTING, str(tmp_path / "keys")]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ))
        for _ in range(6)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in started}) == 1
