"""Sign-in by another site (OpenID Connect Core 1.0): which answer is believed, and whose account it is."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from suuupra.services.identity.api import StateMismatch

ALGORITHMS = ("RS256", "ES256", "EdDSA", "PS256")
CLOCK_SLACK_S = 60
LENGTH_MAX = 254


@dataclass(frozen=True)
class Claims:
    """What the other site says about somebody."""

    subject: str
    address: str = ""
    is_address_verified: bool = False
    name: str = ""
    picture_url: str = ""


@dataclass(frozen=True)
class Expected:
    """What an ID token must say to belong to the sign-in at hand."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True)
class Asking:
    """A sign-in that is sent to another site."""

    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str


@dataclass(frozen=True)
class Answer:
    """What came back, with what only we knew."""

    code: str
    redirect_uri: str
    verifier: str = field(repr=False)
    nonce: str
    issuer: str = ""


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def check_claims(claims: Mapping[str, Any], expected: Expected, now: datetime) -> str:
    """The subject, or `StateMismatch` with the name of the claim that is wrong (OIDC Core 3.1.3.7)."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    seconds = now.timestamp()
    subject = claims.get("sub")
    checks = {
        "iss": claims.get("iss") == expected.issuer,
        "aud": expected.client_id in audiences,
        "azp": claims.get("azp", expected.client_id) == expected.client_id
        and (len(audiences) == 1 or "azp" in claims),
        "exp": _number(claims.get("exp")) > seconds - CLOCK_SLACK_S,
        "iat": 0 < _number(claims.get("iat")) <= seconds + CLOCK_SLACK_S,
        "nonce": claims.get("nonce") == expected.nonce,
        "sub": isinstance(subject, str) and 0 < len(subject) <= LENGTH_MAX,
    }
    for name, holds in checks.items():
        if not holds:
            raise StateMismatch(claim=name)
    return str(subject)


def read_claims(subject: str, *sources: Mapping[str, Any]) -> Claims:
    """The facts of the ID token and of the user info; a later source fills what an earlier one lacks."""
    merged: dict[str, Any] = {}
    for source in reversed(sources):
        merged |= source
    verified = merged.get("email_verified")
    return Claims(
        subject=subject,
        address=_text(merged.get("email")),
        is_address_verified=verified is True or verified == "true",
        name=_text(merged.get("name")) or _text(merged.get("preferred_username")),
        picture_url=_text(merged.get("picture"), 1000),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _text(value: object, most: int = LENGTH_MAX) -> str:
    return value[:most] if isinstance(value, str) else ""


def fate_of(claims: Claims, *, is_linked: bool, is_known: bool, is_local_verified: bool) -> str:
    """What an answer leads to: `sign_in`, `register`, `confirm`, `take_over` or `refuse`.

    A local account is joined by itself only to nobody: one with a confirmed address is asked to sign in
    first, an unconfirmed one loses what a stranger may have set (pre-hijacking, Sudhodanan & Paverd 2022).
    """
    if is_linked:
        return "sign_in"
    if not claims.address or (is_known and not claims.is_address_verified):
        return "refuse"
    if not is_known:
        return "register"
    return "confirm" if is_local_verified else "take_over"
