"""As much of PostgreSQL's frontend protocol (version 3.0) as a start needs: does it answer, with our data.

Over the Unix socket only, where the server knows us by our account (peer).
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

USER = "suuupra"
DATABASE = "suuupra"
_SOCKET = ".s.PGSQL.5432"
_PATH_MAX = 100  # sun_path holds 108 bytes
_PROTOCOL = 3 << 16
_HEAD = 5  # a message begins with its kind and its length
_NO_DATABASE = "3D000"  # invalid_catalog_name
_STARTING = "57P03"  # cannot_connect_now: starting, recovering or shutting down


class ServerSays(Exception):
    """The server refused; `code` is its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def hold(folder: Path) -> tuple[str, int | None]:
    """The folder by a name short enough for a socket's address in this process, and the handle below it."""
    if len(os.fsencode(folder / _SOCKET)) < _PATH_MAX:
        return str(folder), None
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return f"/proc/self/fd/{handle}", handle


@contextlib.contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    short, handle = hold(folder)
    try:
        yield short
    finally:
        if handle is not None:
            os.close(handle)


def answers(folder: Path, *, create: bool = False) -> bool:
    """Whether a server behind this socket takes connections now; on wish our database is made."""
    try:
        ask(folder, "")
    except ServerSays as refusal:
        if refusal.code == _NO_DATABASE and create:
            ask(folder, f"create database {DATABASE}", database="postgres")
        return refusal.code != _STARTING
    except OSError:
        return False
    return True


def ask(folder: Path, statement: str, *, database: str = DATABASE, within_s: float = 5.0) -> list[str]:
    """First column of each row of one simple query; with an empty statement only connect."""
    with _reachable(folder) as short, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(within_s)
        connection.connect(f"{short}/{_SOCKET}")
        with connection.makefile("rb") as stream:
            words = "".join(f"{part}\0" for part in ("user", USER, "database", database, ""))
            body = struct.pack("!i", _PROTOCOL) + words.encode()
            connection.sendall(struct.pack("!i", len(body) + 4) + body)
            rows = _read(stream)
            if statement:
                query = statement.encode() + b"\0"
                connection.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
                rows = _read(stream)
        connection.sendall(b"X" + struct.pack("!i", 4))
        return rows


def _read(stream: BinaryIO) -> list[str]:
    """Messages up to ReadyForQuery; an ErrorResponse is raised."""
    rows: list[str] = []
    while True:
        head = stream.read(_HEAD)
        if len(head) < _HEAD:
            raise ConnectionResetError("the server closed the connection")
        kind, length = struct.unpack("!ci", head)
        body = stream.read(length - 4)
        if kind == b"Z":
            return rows
        if kind == b"E":
            fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
            raise ServerSays(fields.get(b"C", ""), fields.get(b"M", ""))
        if kind == b"D":
            size = struct.unpack_from("!i", body, 2)[0]
            rows.append(body[6 : 6 + max(size, 0)].decode())
