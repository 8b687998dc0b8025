"""Deferred and scheduled work of identity."""

from suuupra.kernel.jobs import JobTable, Schedule
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.errands import MailLink, Purge, RevokeSessions, SendMail, TellContact

SCHEDULES = (Schedule(Purge(), every_s=600),)


def table(identity: Identity) -> JobTable:
    """Which use case runs which job."""
    return {
        SendMail: identity.mail.send,
        TellContact: identity.mail.tell_contact,
        MailLink: identity.links.mail,
        RevokeSessions: identity.upkeep.revoke,
        Purge: identity.upkeep.purge,
    }
