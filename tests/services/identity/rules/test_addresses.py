"""One mailbox, one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.kernel.problems import Invalid
from suuupra.services.identity.rules.addresses import mask, normalise
from tests.covers import covers

LOCAL = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,20}[a-zA-Z0-9]", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z][a-z0-9]{0,10}\.(org|example|in)", fullmatch=True)


@covers("ID-1")
@given(LOCAL, DOMAIN)
def test_normalising_twice_changes_nothing_and_letter_case_does_not_matter(local: str, domain: str) -> None:
    once = normalise(f"{local}@{domain}")
    assert normalise(once) == once
    assert normalise(f" {local.upper()}@{domain.upper()} ") == once


@covers("ID-1")
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Meera.Nair+school@Example.ORG", "meera.nair+school@example.org"),
        ("meera@bücher.example", "meera@xn--bcher-kva.example"),
        ("e\u0301va@example.org", "\u00e9va@example.org"),
        ("STRASSE@example.org", "strasse@example.org"),
    ],
)
def test_case_and_domain_are_folded_dots_and_tags_stay(written: str, kept: str) -> None:
    assert normalise(written) == kept


@covers("ID-1")
@pytest.mark.parametrize(
    "written",
    [
        "",
        "meera",
        "@example.org",
        "meera@",
        "meera@localhost",
        "me era@example.org",
        "meera@exa mple.org",
        "meera@example..org",
        "meera@-example.org",
        ".meera@example.org",
        "meera@example.org\nBcc: all@example.org",
        "<meera@example.org>",
        "a" * 65 + "@example.org",
        "meera@" + "a" * 250 + ".org",
    ],
)
def test_what_is_no_address_is_refused_with_its_field(written: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise(written)
    assert refusal.value.errors[0].pointer == "/address"


@covers("ID-1")
def test_a_masked_address_shows_one_letter() -> None:
    assert mask("meera@example.org") == "m•••@example.org"
    assert mask("") == ""
