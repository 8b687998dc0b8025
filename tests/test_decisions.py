"""The decisions: numbered and whole; every replaced part points to what stands in its place."""

import re
from pathlib import Path

from tests.covers import covers

DECISIONS = Path(__file__).parents[1] / "docs" / "decisions"
PARTS = ("## Context", "## Decision", "## Consequences")
NAMED = (
    *(
        "MongoDB",
        "MySQL",
        "Neo4j",
        "Elasticsearch",
        "RabbitMQ",
        "gRPC",
        "React",
        "Next.js",
        "Go",
        "Rust",
        "Java",
    ),
    *(
        "Prisma",
        "Celery",
        "Debezium",
        "Flink",
        "Clerk",
        "PostHog",
        "LiveKit",
        "EC2",
        "Vercel",
        "Neon",
        "Upstash",
    ),
)


def replaced_parts() -> list[str]:
    [path] = DECISIONS.glob("*-parts-that-the-mission-names.md")
    rows = path.read_text(encoding="utf-8").splitlines()
    return [row for row in rows if row.startswith("| ") and "](../../" in row]


@covers("OPS-6", "OPS-50")
def test_decisions_are_numbered_and_whole() -> None:
    files = sorted(DECISIONS.glob("*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert all(part in text for part in PARTS), path.name


@covers("OPS-6")
def test_each_replaced_part_points_to_what_stands_in_its_place() -> None:
    for row in replaced_parts():
        [target] = re.findall(r"\]\((\.\./\.\./[^)]+)\)", row)
        assert (DECISIONS / target).resolve().exists(), row


@covers("OPS-6")
def test_the_parts_of_the_mission_are_all_there() -> None:
    told = " ".join(row.split("|")[1] for row in replaced_parts())
    missing = [name for name in NAMED if name not in told]
    assert not missing, missing
