"""The manifest of admin."""

from suuupra.kernel.manifest import Built, Manifest, NavigationItem, Tools, subscribe
from suuupra.kernel.oversight import Deliveries, Figures, Health
from suuupra.services.admin import handlers, jobs, tables
from suuupra.services.admin.api import AuditTrail
from suuupra.services.admin.pages import pages
from suuupra.services.admin.routes import routes
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.ground import (
    READS_AUDIT,
    SEES,
    SEES_DELIVERIES,
    SEES_HEALTH,
    SETTLES_DELIVERIES,
    Ground,
    Neighbours,
)
from suuupra.services.admin.service.quiet import Quiet
from suuupra.services.admin.service.trail import CheckAudit
from suuupra.services.content import api as content
from suuupra.services.identity import api as identity
from suuupra.services.vod import api as vod

RUN, PEOPLE, COURSES, TRUST = "Run", "People", "Courses", "Trust"


def place(label: str, path: str, icon: str, permission: str, group: str) -> NavigationItem:
    """A line of the rail; lines stand in the order of their groups."""
    order = 10 * (1 + (RUN, PEOPLE, COURSES, TRUST).index(group))
    return NavigationItem(label, path, icon, area="admin", permission=permission, group=group, order=order)


def neighbours_of(tools: Tools) -> Neighbours:
    """The ports below."""
    return Neighbours(
        users=tools.bind(identity.Users),
        roles=tools.bind(identity.Roles),
        sessions=tools.bind(identity.Sessions),
        directory=tools.bind(identity.Directory),
        step_ups=tools.bind(identity.StepUps),
        courses=tools.optional(content.Courses),
        approvals=tools.optional(content.Approvals),
        assets=tools.optional(vod.Assets),
        figures=tools.collect(Figures),
        health=tools.collect(Health),
        deliveries=tools.collect(Deliveries),
    )


def build(tools: Tools) -> Built:
    """The desk over its neighbours."""
    quiet = Quiet(tools.clock)
    ground = Ground(tools.work, tools.clock, tools.cursors, tools.site, neighbours_of(tools), quiet)
    desk = Desk.over(ground)
    return Built(
        service=desk,
        ports={AuditTrail: desk.trail},
        jobs=jobs.table(desk),
        routes=lambda: (routes(desk), *pages(desk)),
    )


MANIFEST = Manifest(
    name="admin",
    tier=7,
    summary="The control room: people, courses, approvals, encodings, jobs, errors, and the audit log.",
    build=build,
    needs=(identity.Users, identity.Roles, identity.Sessions, identity.Directory, identity.StepUps),
    wants=(content.Courses, content.Approvals, vod.Assets),
    provides=(AuditTrail,),
    collects=(Figures, Health, Deliveries),
    subscribes=(subscribe(handlers.on_audited),),
    jobs=(CheckAudit,),
    schedules=jobs.SCHEDULES,
    permissions={
        SEES: "Sit at the admin desk and see its overview",
        SEES_HEALTH: "See the health of each service and groups of errors",
        SEES_DELIVERIES: "See jobs, parked events and their traces",
        SETTLES_DELIVERIES: "Send parked events and dead jobs again, or discard them",
        READS_AUDIT: "Read the audit log",
    },
    role_permissions={
        "admin": (SEES, SEES_HEALTH, SEES_DELIVERIES, SETTLES_DELIVERIES, READS_AUDIT),
        "operator": (SEES, SEES_HEALTH, SEES_DELIVERIES, SETTLES_DELIVERIES),
        "auditor": (SEES, READS_AUDIT),
        "support": (SEES,),
        "moderator": (SEES,),
        "privacy": (SEES,),
        "finance": (SEES,),
    },
    navigation=(
        NavigationItem("Admin", "/admin", "shield", permission=SEES, order=90),
        place("Overview", "/admin", "grid", SEES, RUN),
        place("Service health", "/admin/health", "pulse", SEES_HEALTH, RUN),
        place("Encodings", "/admin/encodings", "video", "vod.encoding.view", RUN),
        place("Jobs", "/admin/jobs", "queue", SEES_DELIVERIES, RUN),
        place("Deliveries", "/admin/deliveries", "inbox", SEES_DELIVERIES, RUN),
        place("Errors", "/admin/errors", "bug", SEES_HEALTH, RUN),
        place("Users", "/admin/users", "users", "identity.user.read", PEOPLE),
        place("Courses", "/admin/courses", "book", "content.course.administer", COURSES),
        place("Approvals", "/admin/approvals", "check", "content.course.approve", COURSES),
        place("Audit log", "/admin/audit", "history", READS_AUDIT, TRUST),
    ),
    paths=("/admin", "/admin/*", "/api/v1/admin/*"),
    templates="templates",
    tables=tables.Base.metadata,
)
