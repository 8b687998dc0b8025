"""Which answer of another site is believed, and whose account it opens."""

from datetime import UTC, datetime
from typing import Any

import pytest

from suuupra.services.identity.api import StateMismatch
from suuupra.services.identity.rules.upstreams import (
    Claims,
    Expected,
    challenge_of,
    check_claims,
    fate_of,
    read_claims,
)
from tests.covers import covers

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EXPECTED = Expected("https://id.example", "suuupra", "n-1")


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": "https://id.example",
        "sub": "u-1",
        "aud": "suuupra",
        "exp": NOW.timestamp() + 300,
        "iat": NOW.timestamp() - 1,
        "nonce": "n-1",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


@covers("ID-2")
def test_a_token_that_says_what_it_must_names_its_subject() -> None:
    assert check_claims(claims(), EXPECTED, NOW) == "u-1"
    assert check_claims(claims(aud=["suuupra", "other"], azp="suuupra"), EXPECTED, NOW) == "u-1"


@covers("ID-2")
@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"iss": "https://id.example.evil"}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": ["suuupra", "other"]}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"exp": NOW.timestamp() - 61}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": NOW.timestamp() + 61}, "iat"),
        ({"iat": None}, "iat"),
        ({"nonce": "n-2"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
    ],
)
def test_any_wrong_claim_refuses_it_by_name(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(StateMismatch) as refusal:
        check_claims(claims(**changes), EXPECTED, NOW)
    assert refusal.value.members["claim"] == claim


@covers("ID-2")
def test_the_code_challenge_is_that_of_rfc_7636() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


@covers("ID-2")
def test_the_id_token_wins_over_the_user_info_and_odd_values_are_nothing() -> None:
    told = read_claims(
        "u-1", {"email": "a@x.example", "email_verified": "true"}, {"email": "b@x.example", "name": 7}
    )
    assert told == Claims("u-1", "a@x.example", is_address_verified=True)


@covers("ID-2")
@pytest.mark.parametrize(
    ("verified", "linked", "known", "local_verified", "fate"),
    [
        (False, True, True, True, "sign_in"),
        (True, False, False, False, "register"),
        (False, False, False, False, "register"),
        (True, False, True, True, "confirm"),
        (True, False, True, False, "take_over"),
        (False, False, True, True, "refuse"),
        (False, False, True, False, "refuse"),
    ],
)
def test_an_account_is_never_joined_to_an_address_that_only_one_side_confirmed(
    *, verified: bool, linked: bool, known: bool, local_verified: bool, fate: str
) -> None:
    told = Claims("u-1", "a@x.example", is_address_verified=verified)
    assert fate_of(told, is_linked=linked, is_known=known, is_local_verified=local_verified) == fate
    assert fate_of(Claims("u-1"), is_linked=False, is_known=False, is_local_verified=False) == "refuse"
