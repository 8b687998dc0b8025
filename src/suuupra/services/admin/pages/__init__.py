"""Pages of admin, in the frame of the desk."""

from starlette.routing import Route

from suuupra.services.admin.pages.approvals import approval_pages
from suuupra.services.admin.pages.audit import audit_pages
from suuupra.services.admin.pages.courses import course_pages
from suuupra.services.admin.pages.deliveries import delivery_pages
from suuupra.services.admin.pages.encodings import encoding_pages
from suuupra.services.admin.pages.overview import overview_pages
from suuupra.services.admin.pages.run import run_pages
from suuupra.services.admin.pages.users import user_pages
from suuupra.services.admin.service.desk import Desk


def pages(desk: Desk) -> list[Route]:
    """Every page and every form of the desk."""
    return [
        *overview_pages(desk),
        *run_pages(desk),
        *delivery_pages(desk),
        *encoding_pages(desk),
        *user_pages(desk),
        *course_pages(desk),
        *approval_pages(desk),
        *audit_pages(desk),
    ]
