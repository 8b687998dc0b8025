"""The manifest of notifications."""

from suuupra.kernel.manifest import Built, Manifest, NavigationItem, Tools
from suuupra.services.notifications import jobs, tables
from suuupra.services.notifications.api import (
    Contacts,
    ContactUnreachable,
    DeliveryChanged,
    Feed,
    Messages,
    Templates,
)
from suuupra.services.notifications.pages import pages
from suuupra.services.notifications.routes import routes
from suuupra.services.notifications.service import (
    Asking,
    Bell,
    DeliverMail,
    DeliverUrgentMail,
    Purge,
    Sending,
)
from suuupra.services.notifications.service.planning import Planner
from suuupra.services.notifications.service.vault import Vault
from suuupra.services.notifications.settings import NotificationsSettings


def build(tools: Tools) -> Built:
    """Asking, sending, the bell."""
    vault = Vault(tools.keys)
    asking = Asking(tools.work, tools.clock, vault, tools.site)
    sending = Sending(
        tools.work,
        tools.clock,
        tools.mailer,
        vault,
        Planner(vault, tools.site),
        tools.settings(NotificationsSettings),
    )
    bell = Bell(tools.work, tools.hub, vault, tools.cursors)
    return Built(
        service=asking,
        ports={Contacts: asking, Messages: asking, Templates: asking, Feed: bell},
        jobs=jobs.table(sending),
        routes=lambda: (routes(bell), *pages(bell)),
    )


MANIFEST = Manifest(
    name="notifications",
    tier=1,
    summary="Carries messages to people by mail and bell, once, and can prove it.",
    build=build,
    provides=(Contacts, Messages, Templates, Feed),
    publishes=(ContactUnreachable, DeliveryChanged),
    jobs=(DeliverMail, DeliverUrgentMail, Purge),
    schedules=jobs.SCHEDULES,
    settings=NotificationsSettings,
    permissions={"notifications.message.view": "Read what became of a message"},
    role_permissions={"support": ("notifications.message.view",), "admin": ("notifications.message.view",)},
    navigation=(
        NavigationItem("Notifications", "/notifications", "bell", area="account", audience="person"),
    ),
    paths=("/notifications", "/notifications/*", "/api/v1/notifications", "/api/v1/notification-readings"),
    templates="templates",
    tables=tables.Base.metadata,
)
