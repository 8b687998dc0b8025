"""Settings of content, prefix `SUUUPRA_CONTENT_`."""

from typing import ClassVar, Literal

from pydantic import Field

from suuupra.kernel.settings import Settings


class ContentSettings(Settings):
    """`approval`: which publications a person must approve. Limits are a day's, a person's."""

    section: ClassVar[str] = "content"

    approval: Literal["first", "every", "none"] = "first"
    invitations_a_day_max: int = Field(default=500, ge=1)
    courses_a_day_max: int = Field(default=50, ge=1)
    catalogue_cache_s: float = Field(default=1.0, ge=0, le=60)
    operations_kept_days: int = Field(default=400, ge=30)
