"""Use cases of notifications: being asked, sending, and the bell."""

from suuupra.services.notifications.service.asking import Asking
from suuupra.services.notifications.service.bell import Bell
from suuupra.services.notifications.service.sending import DeliverMail, DeliverUrgentMail, Purge, Sending

__all__ = ["Asking", "Bell", "DeliverMail", "DeliverUrgentMail", "Purge", "Sending"]
