"""The manifest of portal."""

from suuupra.kernel.manifest import Built, Manifest, NavigationItem, Tools
from suuupra.services.content.api import Catalogue, Courses, Enrolments, Playback, Progress
from suuupra.services.identity.api import Directory
from suuupra.services.notifications.api import Feed
from suuupra.services.portal import tables
from suuupra.services.portal.pages import Behind, pages
from suuupra.services.portal.routes import routes
from suuupra.services.portal.service import Composer, Learning, Preferences, Storefront, Teaching


def build(tools: Tools) -> Built:
    """Pages over the doors of content and identity."""
    composer = Composer(tools.bind(Directory), tools.cache)
    courses, enrolments = tools.bind(Courses), tools.bind(Enrolments)
    storefront = Storefront(tools.bind(Catalogue), courses, enrolments, composer)
    learning = Learning(courses, enrolments, tools.bind(Playback), tools.bind(Progress), composer)
    preferences = Preferences(tools.work)
    behind = Behind(tools.site, tools.cache, storefront, learning, Teaching(courses), preferences)
    return Built(service=storefront, routes=lambda: (routes(storefront, preferences), *pages(behind)))


MANIFEST = Manifest(
    name="portal",
    tier=7,
    summary="The pages that people see: storefront, learning, a teacher's workplace.",
    build=build,
    needs=(Directory, Catalogue, Courses, Enrolments, Playback, Progress),
    wants=(Feed,),
    navigation=(
        NavigationItem("Courses", "/courses", "grid", order=10),
        NavigationItem("My learning", "/learn", "learn", audience="person", order=20),
        NavigationItem("Teach", "/teach", "teach", permission="content.course.author", order=30),
        NavigationItem("Home", "/", "home", area="tab", order=10),
        NavigationItem("Courses", "/courses", "grid", area="tab", order=20),
        NavigationItem("Learn", "/learn", "learn", area="tab", audience="person", order=30),
        NavigationItem("Teach", "/teach", "teach", area="tab", permission="content.course.author", order=40),
        NavigationItem("Me", "/account", "user", area="tab", audience="person", order=50),
        NavigationItem("Sign in", "/sign-in", "user", area="tab", audience="guest", order=60),
        NavigationItem("Account", "/account", "user", area="account", audience="person", order=10),
        NavigationItem(
            "Appearance", "/account/appearance", "theme", area="account", audience="person", order=40
        ),
    ),
    paths=(
        *(
            "/",
            "/courses",
            "/courses/{slug}",
            "/courses/{slug}/enrolment",
            "/categories/{category}",
            "/robots.txt",
        ),
        *("/learn", "/learn/{course}", "/learn/{course}/*"),
        *("/teach", "/teach/courses", "/teach/courses/{id}", "/teach/courses/{id}/students"),
        *("/account", "/account/appearance", "/api/v1/me/home", "/api/v1/me/preferences"),
    ),
    templates="templates",
    tables=tables.Base.metadata,
)
