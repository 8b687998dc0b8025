"""A spool of the test's own, and a mail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suuupra.kernel.stores import Attachment, Mail
from suuupra.platform.mail import SpoolMailer

Write = Callable[..., Mail]


@pytest.fixture
def spool(tmp_path: Path) -> SpoolMailer:
    return SpoolMailer(tmp_path / "mail", "Suuupra <post@example.org>")


def a_mail(**changes: Any) -> Mail:
    fields: dict[str, Any] = {
        "to": "mira@example.org",
        "subject": "Confirm your address – नमस्ते",
        "text": "Open https://example.org/verify/abc?x=1 to confirm.\n\nSee you.",
        "html": '<p>Open <a href="https://example.org/verify/abc?x=1">the link</a> to confirm.</p>',
        "message_id": "<0190@suuupra>",
        "attachments": (Attachment("invoice ₹.pdf", "application/pdf", b"%PDF-1.7\n"),),
        "headers": {"List-Unsubscribe": "<https://example.org/u/1>"},
    }
    return Mail(**(fields | changes))
