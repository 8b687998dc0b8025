"""Which use case runs which job of notifications, and when."""

from suuupra.kernel.jobs import JobTable, Schedule
from suuupra.services.notifications.service import DeliverMail, DeliverUrgentMail, Purge, Sending

SCHEDULES = (Schedule(Purge(), cron="20 3 * * *"),)


def table(sending: Sending) -> JobTable:
    """One line each."""
    return {
        DeliverMail: sending.deliver,
        DeliverUrgentMail: sending.deliver,
        Purge: sending.purge,
    }
