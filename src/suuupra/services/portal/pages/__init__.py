"""Pages of portal: parse, one call, draw."""

from starlette.routing import Route

from suuupra.kernel.manifest import Site
from suuupra.services.portal.pages.account import account_pages
from suuupra.services.portal.pages.catalogue import catalogue_pages
from suuupra.services.portal.pages.course import course_pages
from suuupra.services.portal.pages.home import home_pages
from suuupra.services.portal.pages.learn import learn_pages
from suuupra.services.portal.pages.teach import teach_pages
from suuupra.services.portal.service import Learning, Preferences, Storefront, Teaching


def pages(
    site: Site, storefront: Storefront, learning: Learning, teaching: Teaching, preferences: Preferences
) -> list[Route]:
    """All of them."""
    return [
        *home_pages(site, storefront),
        *catalogue_pages(site, storefront),
        *course_pages(site, storefront),
        *learn_pages(learning),
        *teach_pages(teaching),
        *account_pages(preferences),
    ]
