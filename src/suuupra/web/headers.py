"""Security headers of an answer, as plain pairs: the gateway sets them, nothing here does."""

from typing import Literal

Kind = Literal["page", "asset", "api", "media"]
Pairs = tuple[tuple[str, str], ...]

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "frame-src": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "default",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_OWN = (
    "autoplay",
    "fullscreen",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
)
_OFF = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
_PERMISSIONS = ", ".join([*(f"{one}=(self)" for one in _OWN), *(f"{one}=()" for one in _OFF)])


def headers(kind: Kind, form_origins: tuple[str, ...] = ()) -> Pairs:
    """The headers of one kind of answer. `form_origins`: foreign sites that a form of this page may end at.

    Sources: CSP level 3, Fetch (CORP), HTML (COOP), Permissions Policy.
    """
    common: Pairs = (
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("X-Content-Type-Options", "nosniff"),
    )
    if kind == "page":
        return (
            ("Content-Security-Policy", page_policy(form_origins)),
            ("Permissions-Policy", _PERMISSIONS),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
            *common,
        )
    return (("Content-Security-Policy", _NOTHING), *common)


def page_policy(form_origins: tuple[str, ...] = ()) -> str:
    """The Content-Security-Policy of a page: no inline script or style anywhere, no foreign source."""
    rules = {**_POLICY, "form-action": " ".join(["'self'", *form_origins])}
    return "; ".join(f"{name} {value}" for name, value in rules.items())
