"""Who may do what, over every route there is: a route that the table does not know fails here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest

from tests import postgres
from tests.contracts.standing import UNSAFE, Operation, Standing, standing
from tests.covers import covers
from tests.journeys.people import Person
from tests.journeys.test_first_lesson import a_course

ANSWER_S = 15.0
OPEN = (
    *("GET /", "GET /robots.txt", "GET /courses", "GET /courses/{slug}", "GET /categories/{category}"),
    *(
        "GET /api/v1/me/home",
        "GET /notifications/bell",
        "GET /covers/",
        "GET /people/{user_id}/picture/",
        "GET /version",
        "GET /health",
    ),
    *(
        "/sign-up",
        "/sign-in",
        "/reset",
        "/challenge",
        "/verify/{token}",
        "POST /sign-out",
        "/auth/{provider}/",
    ),
    *("GET /account/appearance", "POST /account/appearance"),
    *("POST /api/v1/registrations", "POST /api/v1/sessions", "POST /api/v1/password-resets"),
    *("GET /api/v1/categories", "GET /api/v1/courses", "GET /api/v1/courses/{course}"),
    *("GET /api/v1/courses/{course_id}/outline", "OPTIONS /api/v1/uploads/tus"),
    "GET /dev/mail",
)
"""Anybody. `/dev/mail` is there in dev alone, for a browser of the same machine."""

SIGNED = (
    "/media/{grant}/",
    "/objects/{signed}",
    "/realtime",
    "GET /join/{token}",
    "/api/v1/playbacks/{id}/beats",
)
"""What was signed or mailed is the right; something guessed is none."""

PERSON = (
    *("/settings/", "/account", "/notifications", "/api/v1/me", "/api/v1/notifications"),
    *("/api/v1/notification-readings", "/learn", "POST /courses/{slug}/enrolment", "POST /join/{token}"),
    *(
        "GET /api/v1/assets",
        "/api/v1/enrolments",
        "/api/v1/course-invitations/",
        "/api/v1/progress-operations",
    ),
    *("/api/v1/playbacks", "GET /api/v1/courses/{course_id}/lessons/{lesson_id}/playback"),
    *("GET /api/v1/courses/{course_id}/lessons/{lesson_id}", "GET /api/v1/courses/{course_id}/sections/"),
    *("POST /api/v1/courses/{course_id}/lessons/{lesson_id}/opening", "GET /api/v1/assets/{id}/progress"),
    "PUT /api/v1/courses/{course_id}/lessons/{lesson_id}/mark",
)
"""Somebody signed in."""

TEACHER = (
    *("/teach", "POST /api/v1/courses", "PATCH /api/v1/courses/", "DELETE /api/v1/courses/"),
    *("PUT /api/v1/courses/", "GET /api/v1/courses/{course_id}/", "/api/v1/uploads", "/api/v1/assets"),
    "GET /api/v1/courses/{course_id}/lessons/{lesson_id}/",
)
"""Teachers and those above them."""

STAFF = ("/admin", "/api/v1/admin", "/api/v1/approval-cases", "/api/v1/users/")
"""Those who run the site."""

TABLE = {"open": OPEN, "signed": SIGNED, "person": PERSON, "teacher": TEACHER, "staff": STAFF}
EXACT = frozenset(
    {"GET /", "GET /courses", "GET /api/v1/courses", "GET /api/v1/courses/{course}", "GET /api/v1/assets"}
)
SHUT_TO = {
    "open": (),
    "signed": ("nobody", "student", "teacher"),
    "person": ("nobody",),
    "teacher": ("nobody", "student"),
    "staff": ("nobody", "student", "teacher"),
}
ENDS_A_SESSION = frozenset(
    {"POST /sign-out", "DELETE /api/v1/me/sessions", "POST /settings/sessions/end-all"}
)


def class_of(operation: Operation) -> str:
    """The row with the longest beginning; `KeyError` where no row knows the route."""
    found: dict[int, str] = {}
    for name, rows in TABLE.items():
        for row in rows:
            if row_meets(row, operation):
                found[2 * len(row.partition("/")[2]) + (row in EXACT)] = name
    return found[max(found, default=-1)]


def row_meets(row: str, operation: Operation) -> bool:
    """A row names a method or means all, and the beginning of a path."""
    if row in EXACT:
        return str(operation) == row
    method, _, rest = row.partition("/")
    return method.strip() in {"", operation.method} and operation.path.startswith(f"/{rest}")


@pytest.fixture(scope="module")
async def inside(postgres_server: postgres.Server) -> AsyncIterator[Standing]:
    async with standing(postgres_server) as found:
        yield found


async def ask(person: Person, operation: Operation, *, with_token: bool = True) -> httpx2.Response:
    """The operation with an empty body."""
    is_api = operation.path.startswith(("/api/", "/objects/", "/media/"))
    headers = {"accept": "application/json" if is_api else "text/html"}
    if with_token and person.token:
        headers["x-csrf-token"] = person.token
    has_body = operation.method in UNSAFE - {"DELETE"}
    async with asyncio.timeout(ANSWER_S):
        return await person.client.request(
            operation.method,
            operation.address,
            headers=headers,
            json={} if is_api and has_body else None,
            data={"nothing": ""} if has_body and not is_api else None,
        )


async def wrong_answers(
    operations: list[Operation],
    call: Callable[[Operation], Awaitable[httpx2.Response]],
    is_wrong: Callable[[Operation, int], bool],
) -> list[str]:
    wrong = []
    for operation in operations:
        try:
            answer = await call(operation)
        except TimeoutError:
            wrong.append(f"{operation}: no answer")
            continue
        if answer.status_code >= 500 or is_wrong(operation, answer.status_code):
            wrong.append(f"{operation} ({class_of(operation)}): {answer.status_code} {answer.text[:160]}")
    return wrong


@covers("GW-3", "PLT-9")
async def test_the_table_knows_every_route_and_no_other(inside: Standing) -> None:
    assert len(inside.operations) > 150
    unknown = []
    for operation in inside.operations:
        try:
            class_of(operation)
        except KeyError:
            unknown.append(str(operation))
    assert not unknown, "say in the table who may: " + ", ".join(unknown)
    idle = [
        row
        for row in (row for rows in TABLE.values() for row in rows)
        if not any(row_meets(row, one) for one in inside.operations)
    ]
    assert not idle, f"the table knows routes that are gone: {idle}"


@covers("GW-3", "ID-26", "ADM-2", "PLT-9")
@pytest.mark.parametrize("who", ["nobody", "student", "teacher", "admin", "owner"])
async def test_nobody_gets_further_than_the_table_says(inside: Standing, who: str) -> None:
    person = inside.people[who]

    def is_wrong(operation: Operation, status: int) -> bool:
        is_shut = who in SHUT_TO[class_of(operation)]
        return is_shut and 200 <= status < 300

    spared = [one for one in inside.operations if who == "nobody" or str(one) not in ENDS_A_SESSION]
    wrong = await wrong_answers(spared, lambda one: ask(person, one), is_wrong)
    assert not wrong, "\n".join(wrong)
    if who != "nobody":
        await person.get("/api/v1/me")


@covers("GW-3", "GW-6", "ID-26")
async def test_no_write_passes_without_the_token_of_its_session(inside: Standing) -> None:
    owner = inside.people["owner"]
    writes = [one for one in inside.operations if one.method in UNSAFE]
    wrong = await wrong_answers(
        writes, lambda one: ask(owner, one, with_token=False), lambda _, status: status != 403
    )
    assert not wrong, "\n".join(wrong)
    await owner.get("/api/v1/me")


def asked(path: str) -> dict[str, object]:
    """A body that would do, were it one's own."""
    if path.endswith("/uploads"):
        return {"name": "waves.mp4", "length_bytes": 4096, "type": "video/mp4", "head_sha256": "0" * 64}
    return {"admission": "open"}


@covers("GW-3", "ID-26", "PLT-9")
async def test_what_belongs_to_another_is_not_there(inside: Standing) -> None:
    teacher, other, student = (inside.people[who] for who in ("teacher", "other", "student"))
    course = await a_course(teacher)
    sessions = (await teacher.get("/api/v1/me/sessions")).json()
    session = (sessions["items"] if isinstance(sessions, dict) else sessions)[0]["id"]
    foreign = [
        *(("GET", f"{course['base']}/{part}") for part in ("draft", "gates", "enrolments", "invitations")),
        *(("GET", f"{course['base']}/{part}") for part in ("enrolments.csv", "revisions")),
        ("GET", f"{course['base']}/lessons/{course['lesson']}/draft"),
        ("POST", f"{course['base']}/submission"),
        ("POST", f"{course['base']}/lessons/{course['lesson']}/uploads"),
        ("DELETE", course["base"]),
        ("DELETE", f"/api/v1/me/sessions/{session}"),
        ("GET", f"/api/v1/users/{teacher.id}/roles"),
        ("PUT", f"/api/v1/users/{teacher.id}/suspension"),
        *(
            ("GET", f"/teach/courses/{course['id']}/{part}")
            for part in ("editor", "students", "students/list")
        ),
    ]
    for person in (other, student):
        wrong = []
        for method, path in foreign:
            body = {"PUT": {"reason": "Because I can."}, "POST": asked(path)}.get(method)
            headers = {"x-csrf-token": person.token, "accept": "application/json", "if-match": '"1"'}
            answer = await person.client.request(method, path, json=body, headers=headers)
            if answer.status_code not in {403, 404}:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:160]}")
        assert not wrong, "\n".join(wrong)
    await teacher.get(f"{course['base']}/draft")
