"""Deferred and scheduled work of content, one line each."""

from suuupra.kernel.jobs import JobTable, Schedule
from suuupra.services.content.service.content import Content
from suuupra.services.content.service.desk import (
    ExpireEnrolments,
    ExpireInvitations,
    PruneOperations,
    RecountCourse,
    RegisterMessages,
    RevokeViewing,
    Tell,
)

SCHEDULES = (
    Schedule(ExpireInvitations(), every_s=600),
    Schedule(ExpireEnrolments(), every_s=600),
    Schedule(PruneOperations(), cron="40 3 * * *"),
)


def table(content: Content) -> JobTable:
    """Which use case runs which job."""
    return {
        Tell: content.telling.tell,
        RegisterMessages: content.telling.register,
        RevokeViewing: content.watching.revoke_viewing,
        RecountCourse: content.counting.recount,
        ExpireInvitations: content.enrolments.expire_invitations,
        ExpireEnrolments: content.enrolments.expire_places,
        PruneOperations: content.progress.prune,
    }
