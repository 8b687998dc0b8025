"""Settings of the gateway."""

import ipaddress
import re
from typing import ClassVar

from pydantic import Field, field_validator

from suuupra.kernel.settings import Settings

ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]]+(:\d{1,5})?")


class GatewaySettings(Settings):
    """`SUUUPRA_GATEWAY_…`. Counts are requests, in the period that the name says."""

    section: ClassVar[str] = "gateway"
    api_anonymous_per_15min: int = Field(default=100, ge=1, description="Anonymous API requests an address")
    api_person_per_15min: int = Field(default=1000, ge=1, description="API requests a signed-in person")
    pages_per_min: int = Field(default=300, ge=1, description="Pages an address or person")
    health_per_min: int = Field(default=30, ge=1, description="Health requests an address")
    sign_in_per_min: int = Field(default=10, ge=1, description="Sign-in tries an address")
    trusted_proxies: tuple[str, ...] = Field(default=(), description="Networks of proxies to believe")
    body_max_bytes: int = Field(default=1024 * 1024, ge=1024, description="Body of an ordinary request")
    form_max_bytes: int = Field(default=12 * 1024 * 1024, ge=1024, description="Body of a form with a file")
    origins: tuple[str, ...] = Field(default=(), description="Other origins whose scripts may call the API")

    @field_validator("origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("origins")
    @classmethod
    def _exact(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [one for one in value if not ORIGIN.fullmatch(one)]
        if wrong:
            raise ValueError(f"{wrong[0]} is no origin such as https://app.example.org (and never *)")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ipaddress.ip_network(one, strict=False)
        return value
