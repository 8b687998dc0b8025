"""A child's side: ready once, gone with its supervisor, nothing for who was started by hand."""

import asyncio
import os
import signal

from suuupra.process.lifeline import Supervised
from tests.covers import covers


@covers("PLT-13", "OPS-25")
def test_readiness_is_said_once_with_its_note() -> None:
    reading, writing = os.pipe()
    environ = {"SUUUPRA_READY_FD": str(writing), "OTHER": "stays"}
    supervised = Supervised.from_environment(environ)
    assert environ == {"OTHER": "stays"}
    supervised.ready("http://127.0.0.1:8000")
    supervised.ready("again")
    assert os.read(reading, 100) == b"http://127.0.0.1:8000\n"
    assert os.read(reading, 100) == b""
    os.close(reading)


@covers("PLT-13")
def test_a_supervisor_that_is_gone_is_told_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    Supervised(ready_fd=writing).ready()


@covers("PLT-17")
async def test_the_end_of_the_lifeline_is_one_request_to_stop() -> None:
    loop, heard = asyncio.get_running_loop(), []
    reading, writing = os.pipe()
    loop.add_signal_handler(signal.SIGTERM, lambda: heard.append(1))
    try:
        Supervised(lifeline_fd=reading).watch()
        await asyncio.sleep(0.05)
        assert heard == []
        os.close(writing)
        await asyncio.sleep(0.05)
        assert heard == [1]
        assert signal.alarm(0) > 0  # who cannot drain is ended by this
    finally:
        signal.alarm(0)
        loop.remove_signal_handler(signal.SIGTERM)
        os.close(reading)


@covers("PLT-13")
async def test_who_was_started_by_hand_has_neither() -> None:
    supervised = Supervised.from_environment({})
    supervised.watch()
    supervised.ready()
