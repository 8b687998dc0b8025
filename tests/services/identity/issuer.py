"""An OpenID Connect issuer on loopback, as honest as it is told to be.

It keeps to Core 1.0 (code flow, PKCE checked, `iss` in answers) so that each lie is one deliberate change.
"""

import base64
import hashlib
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suuupra.app.processes import QuietServer, running
from suuupra.kernel.clock import SystemClock

CLIENT_ID = "suuupra-school"
CLIENT_SECRET = "an issuer's secret: & %"
QUOTED = f"{CLIENT_ID}:an%20issuer%27s%20secret%3A%20%26%20%25"


@dataclass
class Issuer:
    """`lies` name what it does wrongly; claims of a consent lie over the true ones, None takes one away."""

    port: int
    lies: set[str] = field(default_factory=set)
    codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)
    picture: bytes = b""

    def __post_init__(self) -> None:
        self.rsa = RSAKey.generate_key(2048, {"kid": "r1"})
        self.curve = ECKey.generate_key("P-256", {"kid": "e1"})
        self.stranger = RSAKey.generate_key(2048, {"kid": "r1"})

    def rotate(self) -> None:
        """A new key under a new name: the old one is gone."""
        self.rsa = RSAKey.generate_key(2048, {"kid": "r2"})

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, key: str = "school", title: str = "Nila School") -> dict[str, str]:
        """What a house is told to believe this issuer."""
        provider = {
            "key": key,
            "title": title,
            "issuer": self.address,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        return {
            "identity_providers": json.dumps([provider]),
            "identity_loopback_issuers": "true",
            "private_hosts": f"127.0.0.1:{self.port}",
        }

    def consent(self, location: str, **claims: Any) -> dict[str, str]:
        """What the browser brings back after somebody agreed at `location`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = (asked, claims)
        return {"code": code, "state": asked["state"], "iss": self.address}

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/keys", self._keys),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", self._user_info),
            Route("/face.png", self._face),
        ]

    async def _metadata(self, _: Request) -> Response:
        if "down" in self.lies:
            return Response(status_code=503)
        return JSONResponse(
            {
                "issuer": self.address + ("/other" if "issuer" in self.lies else ""),
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "userinfo_endpoint": f"{self.address}/userinfo",
                "jwks_uri": f"{self.address}/keys",
                "authorization_response_iss_parameter_supported": True,
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def _keys(self, _: Request) -> Response:
        known = (key.as_dict(private=False) for key in (self.rsa, self.curve))
        return JSONResponse({"keys": [{"kty": "new-kind", "kid": "x"}, *known]})

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {name: str(value) for name, value in form.items()}
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
        asked, claims = self.codes.pop(fields["code"], ({}, {}))
        shown = (pair, fields["redirect_uri"], base64.urlsafe_b64encode(digest).decode().rstrip("="))
        if shown != (QUOTED, asked.get("redirect_uri"), asked.get("code_challenge")) or "down" in self.lies:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(SystemClock().now().timestamp())
        true = {"iss": self.address, "sub": "u-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        told = true | {"nonce": asked["nonce"]} | claims
        token = self._signed({name: value for name, value in told.items() if value is not None})
        return JSONResponse({"access_token": "at-1", "token_type": "Bearer", "id_token": token})

    def _signed(self, told: dict[str, Any]) -> str:
        if "none" in self.lies:
            head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
            body = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
            return f"{head}.{body}."
        if "hs256" in self.lies:
            return jwt.encode({"alg": "HS256", "kid": "r1"}, told, OctKey.import_key(CLIENT_SECRET))
        if "es256" in self.lies:
            return jwt.encode({"alg": "ES256", "kid": "e1"}, told, self.curve)
        key = self.stranger if "signature" in self.lies else self.rsa
        return jwt.encode({"alg": "RS256", "kid": key.kid}, told, key)

    async def _user_info(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer at-1"
        return JSONResponse({"sub": "u-1", "email": "info@example.org", "email_verified": True})

    async def _face(self, _: Request) -> Response:
        return Response(self.picture, media_type="image/png")


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """The issuer on a free port of this machine, for the length of a block."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        issuer = Issuer(sock.getsockname()[1])
        app = Starlette(routes=issuer.routes())
        config = uvicorn.Config(
            app, loop="none", log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
        async with running(QuietServer(config), [sock]):
            yield issuer
