"""The settings of the platform itself, and the names that outsiders' `.env` files use for them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from suuupra.kernel.settings import Configuration, Settings, SettingsError, Source, environment, read_env_file


class PlatformSettings(Settings):
    """Everything that is not a service's own. Names are `SUUUPRA_<FIELD>`."""

    env: Literal["dev", "stage", "prod"] = Field(default="dev", description="dev, stage or prod")
    site_name: str = Field(default="Suuupra", max_length=40, description="Stands in titles and mails")
    base_url: str = Field(default="", description="Public address, without a slash at the end")
    home: Path = Field(default=Path("var"), description="Data folder")
    database_url: SecretStr = Field(
        default=SecretStr(""), description="Another PostgreSQL than the embedded one"
    )
    dsn_file: Path | None = Field(default=None, description="Where a running group keeps its DSN")
    host: str = Field(default="127.0.0.1", description="Listen address")
    port: int = Field(default=8000, ge=0, le=65535, description="Listen port")
    account: str = Field(
        default="", description="Account without rights that encoders run as, when we are root"
    )
    slot: str = Field(default="web-0", pattern=r"^[a-z]+-\d+$", description="The place this process fills")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level")
    pool_size: int = Field(default=2, ge=1, le=100, description="Connections kept open a process")
    pool_overflow: int = Field(
        default=8, ge=0, le=200, description="Connections opened beyond these on demand"
    )
    statement_timeout_s: float = Field(
        default=5.0, gt=0, description="Longest statement of a page, in seconds"
    )
    mail: Literal["spool", "smtp"] = Field(default="spool", description="Where mail goes")
    mail_from: str = Field(default="suuupra@localhost", description="Sender of all mail")
    smtp_host: str = Field(default="127.0.0.1", description="SMTP server")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="SMTP port")
    smtp_username: str = Field(default="", description="SMTP account")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="SMTP password")
    smtp_tls: Literal["none", "starttls", "tls"] = Field(default="none", description="SMTP encryption")
    clamd_address: str = Field(default="", description="Malware scanner, host:port or a socket path")
    tls_certificate: Path | None = Field(default=None, description="Certificate chain (PEM)")
    tls_key: Path | None = Field(default=None, description="Private key (PEM)")
    private_hosts: tuple[str, ...] = Field(
        default=(), description="Private hosts that may be asked, host:port"
    )
    ports_port: int = Field(
        default=0, ge=0, le=65535, description="TCP port for other processes of the house"
    )
    faults: str = Field(default="", description="Armed fault points, never in prod")
    limits: Literal["on", "off"] = Field(default="on", description="Rate limits; off is refused outside dev")
    disk_reserve_bytes: int = Field(
        default=5 * 1024**3, ge=0, description="Disk space that uploads may not take"
    )

    @field_validator("private_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part for part in value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    def address(self) -> str:
        """The public address of the site."""
        if self.base_url:
            return self.base_url
        scheme = "https" if self.tls_certificate else "http"
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - read, not bound
        return f"{scheme}://{host}:{self.port}"


ALIASES: Mapping[str, str] = {
    "APP_BASE_URL": "SUUUPRA_BASE_URL",
    "FRONTEND_URL": "SUUUPRA_BASE_URL",
    "DATABASE_URL": "SUUUPRA_DATABASE_URL",
    "GOOGLE_CLIENT_ID": "SUUUPRA_IDENTITY_GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET": "SUUUPRA_IDENTITY_GOOGLE_CLIENT_SECRET",
}
"""Names of common sample files that mean one of ours. Believed in `.env` alone."""

ALIASES_WITHOUT_A_PART: tuple[str, ...] = (
    "SECRET_KEY",
    "REDIS_URL",
    "GOOGLE_REDIRECT_URI",
    "RAZORPAY_KEY_ID",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET",
    "R2_ACCOUNT_ID",
    "R2_ACCESS_KEY_ID",
    "R2_SECRET_ACCESS_KEY",
    "R2_BUCKET",
    "LIVEKIT_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
    "SENTRY_DSN",
    "POSTHOG_API_KEY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
)
"""Names that belong to parts which are not installed yet: read, named by `doctor`, without effect."""

RESERVED = ("SUUUPRA_READY_FD", "SUUUPRA_LIFELINE_FD", "SUUUPRA_DSN_FILE", "SUUUPRA_HOME")
"""Variables between the supervisor and its children."""


def read_configuration(
    classes: tuple[type[Settings], ...],
    overrides: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
) -> Configuration:
    """Command line, environment, `.env`, the file of `SUUUPRA_ENV`, defaults: the first value wins."""
    folder = folder or Path.cwd()
    dotenv = read_env_file(folder / ".env")
    name = os.environ.get("SUUUPRA_ENV") or dotenv.get("SUUUPRA_ENV") or "dev"
    sources = [
        Source("the command line", dict(overrides or {})),
        environment(),
        Source(".env", dotenv),
        Source(f".env.{name}", read_env_file(folder / f".env.{name}")),
    ]
    everything = [*sources, follows(sources, classes)]
    configuration = Configuration(
        (PlatformSettings, *classes), everything, aliases=ALIASES, reserved=RESERVED
    )
    refuse_weak_production(configuration.get(PlatformSettings))
    return configuration


def follows(sources: Sequence[Source], classes: Sequence[type[Settings]]) -> Source:
    """Settings of services that follow from the data folder and the account, unless they are set."""

    def given(name: str) -> str:
        return next((source.values[name] for source in sources if name in source.values), "")

    home = Path(given("SUUUPRA_HOME") or "var")
    ffmpeg = home / "bin" / "ffmpeg"
    derived = {
        "SUUUPRA_IDENTITY_OWNER_FILE": str(home / "keys" / "owner-password"),
        "SUUUPRA_VOD_ENCODE_FOLDER": str(home / "run" / "encode"),
        "SUUUPRA_VOD_ENCODE_ACCOUNT": given("SUUUPRA_ACCOUNT"),
        "SUUUPRA_VOD_FFMPEG": str(ffmpeg) if ffmpeg.is_file() else "",
    }
    known = {cls.variable(name) for cls in classes for name in cls.model_fields}
    return Source(
        "the data folder", {name: value for name, value in derived.items() if name in known and value}
    )


def refuse_weak_production(settings: PlatformSettings) -> None:
    """In prod, http, armed faults and switched-off limits do not start."""
    if settings.env != "prod":
        if settings.env == "stage" and settings.limits == "off":
            raise SettingsError("SUUUPRA_LIMITS=off is for dev alone")
        return
    if not settings.address().startswith("https://"):
        raise SettingsError("SUUUPRA_BASE_URL must be an https address in prod")
    if settings.faults or settings.limits == "off":
        raise SettingsError("SUUUPRA_FAULTS and SUUUPRA_LIMITS=off do not start in prod")
