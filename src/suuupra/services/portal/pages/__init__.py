"""Pages of portal: parse, one call, draw."""

from dataclasses import dataclass

from starlette.routing import Route

from suuupra.kernel.manifest import Site
from suuupra.kernel.stores import Cache
from suuupra.services.portal.pages.account import account_pages
from suuupra.services.portal.pages.catalogue import catalogue_pages
from suuupra.services.portal.pages.course import course_pages
from suuupra.services.portal.pages.home import home_pages
from suuupra.services.portal.pages.learn import learn_pages
from suuupra.services.portal.pages.teach import teach_pages
from suuupra.services.portal.service import Learning, Preferences, Storefront, Teaching


@dataclass(frozen=True)
class Behind:
    """What the pages ask."""

    site: Site
    cache: Cache
    storefront: Storefront
    learning: Learning
    teaching: Teaching
    preferences: Preferences


def pages(behind: Behind) -> list[Route]:
    """All of them."""
    site, cache, storefront = behind.site, behind.cache, behind.storefront
    return [
        *home_pages(site, storefront, cache),
        *catalogue_pages(site, storefront, cache),
        *course_pages(site, storefront, cache),
        *learn_pages(behind.learning),
        *teach_pages(behind.teaching),
        *account_pages(behind.preferences),
    ]
