"""Mails in the spool: whole, in order, once."""

import asyncio
from pathlib import Path

import pytest

from suuupra.kernel.problems import NotFound, Refused
from suuupra.kernel.work import TransactionOpen, scoped
from suuupra.platform.mail import SpoolMailer
from tests.covers import covers
from tests.platform.mail.conftest import a_mail


@covers("NT-19")
async def test_a_mail_is_read_back_as_it_was_sent(spool: SpoolMailer) -> None:
    mail_id = await spool.send(a_mail())
    mail = await spool.read(mail_id)
    sent = a_mail()
    assert (mail.to, mail.subject, mail.message_id) == (sent.to, sent.subject, sent.message_id)
    assert mail.text.strip() == sent.text
    assert sent.html in mail.html
    assert mail.attachments == sent.attachments
    assert b"Message-ID: <0190@suuupra>" in mail.source


@covers("NT-19")
async def test_newest_first_and_by_address(spool: SpoolMailer) -> None:
    for number in range(5):
        await spool.send(a_mail(to=f"p{number % 2}@example.org", message_id=f"<{number}@suuupra>"))
    assert [mail.message_id for mail in await spool.page()] == [f"<{n}@suuupra>" for n in (4, 3, 2, 1, 0)]
    assert [mail.message_id for mail in await spool.page(to="P1@example.org")] == [
        "<3@suuupra>",
        "<1@suuupra>",
    ]
    assert len(await spool.page(limit=2)) == 2


@covers("NT-19", "PLT-17")
async def test_a_repeat_is_not_a_second_mail(spool: SpoolMailer) -> None:
    sent = await asyncio.gather(*(spool.send(a_mail()) for _ in range(8)))
    assert len(set(sent)) == 1
    assert len(await spool.page()) == 1


@covers("NT-19")
async def test_what_a_killed_writer_left_is_not_a_mail(spool: SpoolMailer, tmp_path: Path) -> None:
    (tmp_path / "mail" / "tmp" / "half").write_bytes(b"To: mira@exam")
    (tmp_path / "mail" / "new" / "stranger.txt").write_bytes(b"no mail")
    assert await spool.page() == []


@covers("NT-19")
@pytest.mark.parametrize("mail_id", ["../../keys/master", "none", "0" * 32, ""])
async def test_what_is_not_there(spool: SpoolMailer, mail_id: str) -> None:
    with pytest.raises(NotFound):
        await spool.read(mail_id)


@covers("NT-19")
async def test_nothing_is_sent_inside_a_unit_or_to_no_address(spool: SpoolMailer) -> None:
    with scoped("unit"), pytest.raises(TransactionOpen):
        await spool.send(a_mail())
    with pytest.raises(Refused):
        await spool.send(a_mail(to="nobody"))
    assert await spool.page() == []
