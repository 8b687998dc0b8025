"""Settings of notifications."""

from typing import ClassVar

from pydantic import Field

from suuupra.kernel.settings import Settings


class NotificationsSettings(Settings):
    """`SUUUPRA_NOTIFICATIONS_…`."""

    section: ClassVar[str] = "notifications"
    words_kept_days: int = Field(default=30, ge=1, description="Days that words of a sent message are kept")
