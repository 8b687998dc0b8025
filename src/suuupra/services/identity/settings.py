"""Settings of identity."""

import json
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from suuupra.kernel.settings import Settings

GOOGLE = "https://accounts.google.com"


class Provider(BaseModel):
    """Another site that people may sign in with, by OpenID Connect discovery."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    title: str = Field(min_length=1, max_length=40)
    issuer: str = Field(pattern=r"^https?://[^\s]+$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    scope: str = "openid email profile"


class IdentitySettings(Settings):
    """`SUUUPRA_IDENTITY_…`."""

    section: ClassVar[str] = "identity"
    sign_up: Literal["open", "invited", "closed"] = Field(default="open", description="Who may sign up")
    staff_second_factor: Literal["auto", "required", "optional"] = Field(
        default="auto", description="Whether staff need a second factor; auto: in prod"
    )
    google_client_id: str = Field(default="", description="Client of Continue with Google")
    google_client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret")
    providers: tuple[Provider, ...] = Field(
        default=(),
        description="Further OpenID Connect issuers: JSON, a list of key, title, issuer, client_id",
    )
    loopback_issuers: bool = Field(
        default=False, description="Believe issuers on plain-HTTP loopback (tests)"
    )
    owner_address: str = Field(default="owner@suuupra.example", description="Mail address of the first owner")
    owner_file: Path | None = Field(
        default=None, description="Where the first password is kept; the data folder"
    )
    hash_threads: int = Field(default=0, ge=0, le=64, description="Password workers; 0: one a core")

    @field_validator("providers", mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        return json.loads(value or "[]") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _secure(self) -> Self:
        plain = [provider.key for provider in self.providers if provider.issuer.startswith("http://")]
        if plain and not self.loopback_issuers:
            raise ValueError(f"the issuer of {plain[0]} must be an https address")
        return self

    def upstreams(self) -> dict[str, Provider]:
        """Every provider by its key, Google first where it is set."""
        google = Provider(
            key="google",
            title="Google",
            issuer=GOOGLE,
            client_id=self.google_client_id or "-",
            client_secret=self.google_client_secret,
        )
        found = (*((google,) if self.google_client_id else ()), *self.providers)
        return {provider.key: provider for provider in found}
