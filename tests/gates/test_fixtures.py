"""The fixtures themselves: each database apart, the outside world out of reach, the browser able to draw."""

import socket
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser

from tests.outside import OutsideWorldError
from tests.postgres import Server, clone, drop


class TestDatabase:
    async def test_a_clone_of_a_clone_holds_its_rows_and_the_first_one_stays_alone(
        self, postgres_server: Server, fresh_database: str
    ) -> None:
        connection = await asyncpg.connect(fresh_database)
        await connection.execute("CREATE TABLE mark AS SELECT 7 AS height")
        name = await connection.fetchval("SELECT current_database()")
        await connection.close()
        copied = await clone(postgres_server, name)
        connection = await asyncpg.connect(postgres_server.url(copied))
        assert await connection.fetchval("SELECT height FROM mark") == 7
        await connection.close()
        await drop(postgres_server, copied)

    async def test_shared_and_fresh_databases_are_different(
        self, database_url: str, fresh_database: str
    ) -> None:
        assert database_url != fresh_database

    async def test_server_never_runs_as_root(self, postgres_server: Server) -> None:
        assert Path(f"/proc/{postgres_server.process.pid}").stat().st_uid != 0


class TestOutside:
    def test_a_foreign_address_is_refused_loudly(self) -> None:
        with socket.socket() as probe, pytest.raises(OutsideWorldError, match=r"203\.0\.113\.7"):
            probe.connect(("203.0.113.7", 80))

    def test_a_foreign_name_does_not_resolve(self) -> None:
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("example.com", 443)

    def test_loopback_is_reached(self, free_port: int) -> None:
        with socket.create_server(("127.0.0.1", free_port)) as server, socket.socket() as client:
            client.connect(server.getsockname())


async def test_the_browser_draws_a_page(chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.set_content("<h1>Tide tables</h1>")
    assert await page.get_by_role("heading").inner_text() == "Tide tables"
    await page.close()
