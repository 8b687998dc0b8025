"""OpenID Connect as a client: discovery, the code for a token, the ID token's signature and claims.

OpenID Connect Core 1.0 and Discovery 1.0; PKCE by RFC 7636, issuer in the answer by RFC 9207.
"""

import base64
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from suuupra.kernel.clock import Clock
from suuupra.kernel.problems import Late, Refused, Unavailable, Upstream
from suuupra.kernel.stores import Http, HttpAnswer, HttpRequest
from suuupra.services.identity.api import StateMismatch, UpstreamRefused
from suuupra.services.identity.rules import upstreams
from suuupra.services.identity.rules.upstreams import Answer, Asking
from suuupra.services.identity.settings import Provider

if TYPE_CHECKING:  # loaded where an upstream is asked: most sites have none
    from joserfc.jwk import KeySet

KEPT_S = 3600.0
KEYS_AGAIN_S = 60.0
PICTURE_BYTES_MAX = 2 * 1024 * 1024
JSON = {"accept": "application/json"}


@dataclass
class Known:
    """What discovery told of an issuer, and its keys."""

    metadata: Mapping[str, Any]
    keys: "KeySet"
    read_at: float


class OidcClient:
    """Implements the service's `UpstreamClient` over the kernel's HTTP client."""

    def __init__(self, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._known: dict[str, Known] = {}

    async def address(self, provider: Provider, asking: Asking) -> str:
        known = await self._discover(provider)
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": asking.redirect_uri,
            "scope": provider.scope,
            "state": asking.state,
            "nonce": asking.nonce,
            "code_challenge": asking.code_challenge,
            "code_challenge_method": "S256",
        }
        endpoint = _address(known.metadata, "authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def claims(self, provider: Provider, answer: Answer) -> upstreams.Claims:
        known = await self._discover(provider)
        self._check_issuer(known, provider, answer)
        tokens = await self._redeem(known, provider, answer)
        told = await self._read_id_token(provider, str(tokens.get("id_token", "")))
        expected = upstreams.Expected(provider.issuer, provider.client_id, answer.nonce)
        subject = upstreams.check_claims(told, expected, self._clock.now())
        info: Mapping[str, Any] = {}
        if "email" not in told and "userinfo_endpoint" in known.metadata:
            info = await self._user_info(known, str(tokens.get("access_token", "")), subject)
        return upstreams.read_claims(subject, told, info)

    async def picture(self, url: str) -> bytes:
        request = HttpRequest("GET", url, timeout_s=2.0, size_max=PICTURE_BYTES_MAX, redirects_max=2)
        return (await self._send(request)).body

    def _check_issuer(self, known: Known, provider: Provider, answer: Answer) -> None:
        """RFC 9207: an answer that names its issuer must name this one; some always do."""
        names = known.metadata.get("authorization_response_iss_parameter_supported") is True
        if (answer.issuer or names) and answer.issuer != provider.issuer:
            raise StateMismatch(claim="iss")

    async def _redeem(self, known: Known, provider: Provider, answer: Answer) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": answer.code,
            "redirect_uri": answer.redirect_uri,
            "code_verifier": answer.verifier,
        }
        headers = JSON | {"content-type": "application/x-www-form-urlencoded"}
        secret = provider.client_secret.get_secret_value()
        methods = known.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" in methods:
            pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = provider.client_id
            if secret:
                form["client_secret"] = secret
        address = _address(known.metadata, "token_endpoint")
        return await self._json(HttpRequest("POST", address, headers, urlencode(form).encode()))

    async def _read_id_token(self, provider: Provider, token: str) -> Mapping[str, Any]:
        """Signature by a key of the issuer; an unknown key makes us look for new ones, once a minute."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        for turn in range(2):
            known = await self._discover(provider, renew=turn > 0)
            try:
                return jwt.decode(token, known.keys, algorithms=list(upstreams.ALGORITHMS)).claims
            except (JoseError, ValueError):
                continue
        raise StateMismatch(claim="signature")

    async def _user_info(self, known: Known, token: str, subject: str) -> Mapping[str, Any]:
        address = _address(known.metadata, "userinfo_endpoint")
        headers = JSON | {"authorization": f"Bearer {token}"}
        info = await self._json(HttpRequest("GET", address, headers))
        return info if info.get("sub") == subject else {}

    async def _discover(self, provider: Provider, *, renew: bool = False) -> Known:
        known, now = self._known.get(provider.issuer), self._clock.monotonic()
        age_max = KEYS_AGAIN_S if renew else KEPT_S
        if known is not None and now - known.read_at < age_max:
            return known
        address = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = await self._json(HttpRequest("GET", address, JSON))
        if metadata.get("issuer") != provider.issuer:
            raise UpstreamRefused(f"{provider.title} is set up with another issuer.")
        found = await self._json(HttpRequest("GET", _address(metadata, "jwks_uri"), JSON))
        known = self._known[provider.issuer] = Known(metadata, _keys(found.get("keys")), now)
        return known

    async def _json(self, request: HttpRequest) -> Mapping[str, Any]:
        answer = await self._send(request)
        try:
            body = json.loads(answer.body)
        except ValueError:
            raise UpstreamRefused from None
        if not isinstance(body, dict):
            raise UpstreamRefused
        return body

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        try:
            answer = await self._http.send(request)
        except (Upstream, Late, Refused, Unavailable):
            raise UpstreamRefused from None
        if answer.status != 200:  # noqa: PLR2004 - HTTP OK
            raise UpstreamRefused
        return answer


def _address(metadata: Mapping[str, Any], name: str) -> str:
    value = metadata.get(name)
    if not isinstance(value, str):
        raise UpstreamRefused
    return value


def _keys(listed: object) -> "KeySet":
    """The keys that we can read; a new kind among them harms nothing."""
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet, import_key

    keys = []
    for entry in listed if isinstance(listed, list) else ():
        with contextlib.suppress(JoseError, KeyError, TypeError, ValueError):
            keys.append(import_key(entry))
    return KeySet(keys)
