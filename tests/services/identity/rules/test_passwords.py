"""Length and guessability decide, nothing else."""

import pytest

from suuupra.kernel.problems import Invalid
from suuupra.services.identity.rules.passwords import check
from tests.covers import covers


@covers("ID-1", "ID-8")
@pytest.mark.parametrize(
    "password", ["quiet lanterns over Nila", "tr0ub4dor&3xkcd!", "x9$Lq2!vRt7Z", "ü" * 9 + "ñandú kiwi"]
)
def test_words_and_signs_of_any_kind_are_taken(password: str) -> None:
    check(password)


@covers("ID-8")
@pytest.mark.parametrize(
    "password", ["", "short1!", "password123", "qwertyuiop", "aaaaaaaaaaaa", "12345678901", "x" * 257]
)
def test_short_long_and_guessable_ones_are_refused_with_a_reason(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check(password)
    (error,) = refusal.value.errors
    assert error.pointer == "/password"
    assert error.detail


@covers("ID-8")
def test_what_others_know_of_a_person_counts_as_guessable() -> None:
    check("meeranair85kochi")
    with pytest.raises(Invalid):
        check("meeranair85kochi", known=("Meera Nair", "meeranair85kochi@example.org", "Suuupra"))


@covers("ID-8")
def test_half_a_sign_is_no_password() -> None:
    with pytest.raises(Invalid):
        check("quiet lanterns \ud800 over Nila")
