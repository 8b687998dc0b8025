"""The manifest of content."""

from suuupra.kernel.manifest import Built, Manifest, NavigationItem, Tools, subscribe
from suuupra.kernel.oversight import Figures
from suuupra.services.content import api, handlers, jobs, tables
from suuupra.services.content.pages import pages
from suuupra.services.content.routes import routes
from suuupra.services.content.service.content import content_of
from suuupra.services.content.service.desk import JOBS, Desk, Neighbours
from suuupra.services.content.service.standing import ADMINISTER, APPROVE, AUTHOR
from suuupra.services.content.settings import ContentSettings
from suuupra.services.identity import api as identity
from suuupra.services.notifications import api as notifications
from suuupra.services.vod import api as vod


def build(tools: Tools) -> Built:
    """Ports, plugs, pages and jobs over one desk."""
    desk = Desk(
        work=tools.work,
        clock=tools.clock,
        cache=tools.cache,
        cursors=tools.cursors,
        keys=tools.keys,
        hub=tools.hub,
        limits=tools.limits,
        objects=tools.objects,
        site=tools.site,
        settings=tools.settings(ContentSettings),
        neighbours=Neighbours(
            users=tools.bind(identity.Users),
            directory=tools.bind(identity.Directory),
            messages=tools.bind(notifications.Messages),
            templates=tools.bind(notifications.Templates),
            uploads=tools.optional(vod.Uploads),
            assets=tools.optional(vod.Assets),
            playback=tools.optional(vod.Playback),
        ),
        faults=tools.faults,
    )
    content = content_of(desk)
    return Built(
        service=content,
        ports={
            api.Courses: content.courses,
            api.Catalogue: content.catalogue,
            api.Enrolments: content.enrolments,
            api.Access: content.watching,
            api.Playback: content.watching,
            api.Progress: content.progress,
            api.Approvals: content.approvals,
        },
        plugs={vod.PlaybackRights: content.watching},
        kernel_ports={Figures: content.counting},
        jobs=jobs.table(content),
        routes=lambda: (routes(content), *pages(content)),
        on_start=(content.counting.start,),
    )


MANIFEST = Manifest(
    name="content",
    tier=3,
    summary="Courses, and what learners do with them.",
    build=build,
    needs=(identity.Users, identity.Directory, notifications.Messages, notifications.Templates),
    wants=(vod.Uploads, vod.Assets, vod.Playback),
    provides=(
        api.Courses,
        api.Catalogue,
        api.Enrolments,
        api.Access,
        api.Playback,
        api.Progress,
        api.Approvals,
    ),
    plugs=(vod.PlaybackRights,),
    answers=(Figures,),
    publishes=(
        api.CourseSubmitted,
        api.CourseApproved,
        api.CourseRejected,
        api.CoursePublished,
        api.CourseWithdrawn,
        api.CourseCompleted,
        api.EnrolmentGranted,
        api.EnrolmentActivated,
        api.EnrolmentWasEnded,
        api.LessonOpened,
        api.LessonCompleted,
    ),
    subscribes=(
        subscribe(handlers.on_first_rung_ready),
        subscribe(handlers.on_asset_ready),
        subscribe(handlers.on_asset_failed),
        subscribe(handlers.on_upload_rejected),
        subscribe(handlers.on_playback_progressed),
    ),
    jobs=JOBS,
    schedules=jobs.SCHEDULES,
    settings=ContentSettings,
    permissions={
        AUTHOR: "Write courses and submit them",
        APPROVE: "Approve courses or send them back",
        ADMINISTER: "See every course, withdraw, archive and delete",
    },
    role_permissions={
        "teacher": (AUTHOR,),
        "moderator": (APPROVE,),
        "admin": (AUTHOR, APPROVE, ADMINISTER),
    },
    navigation=(
        NavigationItem("New course", "/teach/courses/new/editor", "plus", area="account", permission=AUTHOR),
    ),
    paths=(
        "/teach/courses/new/editor",
        "/teach/courses/{id}/editor",
        "/teach/courses/{id}/editor/*",
        "/teach/courses/{id}/students/*",
        "/teach/courses/{id}/revisions/*",
        "/join/{token}",
        "/covers/{name}",
        "/api/v1/courses",
        "/api/v1/courses/*",
        "/api/v1/categories",
        "/api/v1/approval-cases",
        "/api/v1/approval-cases/*",
        "/api/v1/enrolments",
        "/api/v1/enrolments/*",
        "/api/v1/course-invitations/*",
        "/api/v1/progress-operations",
        "/api/v1/me/enrolments",
        "/api/v1/me/enrolments/*",
        "/api/v1/me/courses",
        "/api/v1/me/courses/*",
    ),
    templates="templates",
    tables=tables.Base.metadata,
)
