"""Which use case runs which job of admin, and when."""

from suuupra.kernel.jobs import JobTable, Schedule
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.trail import CheckAudit

SCHEDULES = (
    Schedule(CheckAudit(), every_s=3600),
    Schedule(CheckAudit(whole=True), cron="40 2 * * 0"),
)


def table(desk: Desk) -> JobTable:
    """One line each."""
    return {CheckAudit: desk.trail.check}
