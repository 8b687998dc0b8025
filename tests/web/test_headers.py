"""The policy that browsers are told to keep."""

import pytest

from suuupra.web.headers import Kind, headers
from tests.covers import covers


def policy(kind: Kind, *origins: str) -> dict[str, str]:
    text = dict(headers(kind, origins))["Content-Security-Policy"]
    return {name: value for name, _, value in (rule.partition(" ") for rule in text.split("; "))}


@covers("PORT-34")
def test_a_page_runs_nothing_inline_and_nothing_foreign() -> None:
    rules = policy("page")
    assert rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'"
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["media-src"] == "'self' blob:"
    assert rules["require-trusted-types-for"] == "'script'"
    assert not any("unsafe" in value or "*" in value or "http" in value for value in rules.values())


@covers("PORT-34")
@pytest.mark.parametrize("kind", ["asset", "api", "media"])
def test_what_is_not_a_page_may_do_nothing_at_all(kind: Kind) -> None:
    assert policy(kind)["default-src"] == "'none'"


@covers("PORT-34")
@pytest.mark.parametrize("kind", ["page", "asset", "api", "media"])
def test_types_are_not_guessed_and_others_may_not_embed(kind: Kind) -> None:
    found = dict(headers(kind))
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Cross-Origin-Resource-Policy"] == "same-origin"
    assert len(found) == len(headers(kind))


@covers("PORT-34")
def test_camera_and_microphone_are_off_and_forms_stay_here_unless_named() -> None:
    permissions = dict(headers("page"))["Permissions-Policy"]
    assert "camera=()" in permissions
    assert "microphone=()" in permissions
    assert policy("page")["form-action"] == "'self'"
    assert policy("page", "https://issuer.example")["form-action"] == "'self' https://issuer.example"
