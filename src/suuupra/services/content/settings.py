"""Settings of content, prefix `SUUUPRA_CONTENT_`."""

from typing import ClassVar, Literal

from pydantic import Field

from suuupra.kernel.settings import Settings


class ContentSettings(Settings):
    """`approval`: which publications a person must approve. Limits are a day's, a person's."""

    section: ClassVar[str] = "content"

    approval: Literal["first", "every", "none"] = Field(
        default="first", description="Which publications of a course a person must approve."
    )
    invitations_a_day_max: int = Field(
        default=500, ge=1, description="Invitations to courses a teacher may send in a day."
    )
    courses_a_day_max: int = Field(default=50, ge=1, description="Courses a teacher may make in a day.")
    catalogue_cache_s: float = Field(
        default=1.0, ge=0, le=60, description="Seconds for which the catalogue may be shown from memory."
    )
    operations_kept_days: int = Field(
        default=400, ge=30, description="Days for which the edits of a course can be looked up."
    )
