"""What a message may be, pure: variables, words, the path of a delivery, when to try again."""

import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from suuupra.kernel.problems import FieldError
from suuupra.services.notifications.api import SendMessage, Template, TemplateRefused, Variable, VariableWrong

SIZE_MAX_BYTES = 200_000
TEXT_MAX = 2000
LIFE = timedelta(hours=24)
LANE_URGENT = 0
URGENT_TRIES_MAX = 3
BACK_OFF_BASE_S, BACK_OFF_MAX_S = 5.0, 3600.0
URGENT_EVERY_S = 10.0
UNCERTAIN_WAIT_S = 600.0
ENDS = frozenset({"sent", "failed", "expired", "cancelled"})
NEXT_STATES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"sent", "failed", "expired", "cancelled", "uncertain", "queued"}),
    "uncertain": frozenset({"sent", "failed", "expired", "uncertain", "queued"}),
}
LOOP = re.compile(r"{%-?\s*(for|macro|call|import|from|include|extends)\b")
LINK_LINE = re.compile(r"^\s*(https?://\S+)\s*$")

ENVIRONMENTS = {
    escaped: ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=escaped)
    for escaped in (False, True)
}


def refuse_template(template: Template) -> None:
    """`TemplateRefused` for a template that could run long, reads what nobody gives, or says nothing."""
    parts = (template.subject, template.text, template.html, template.feed_title, template.feed_text)
    if any(LOOP.search(part) for part in (*parts, template.feed_link)):
        raise TemplateRefused(f"{template.key}: loops and imports are not for messages")
    if not (template.text and template.subject) and not template.feed_title:
        raise TemplateRefused(f"{template.key}: neither a mail nor a line for the bell")
    example = {variable.name: _example(variable) for variable in template.variables}
    draw(template, example | {"site": "Example"})


def _example(variable: Variable) -> str | int:
    samples: dict[str, str | int] = {
        "text": "Example",
        "number": 3,
        "link": "https://example.org/x",
        "date": "1 Jan 2026",
    }
    return variable.example or samples.get(variable.kind, "1 Jan 2026, 10:00")


def check_variables(template: Template, given: Mapping[str, Any], own_address: str) -> None:
    """`VariableWrong` names each variable that is missing, unknown or not of its kind."""
    wanted = {variable.name: variable for variable in template.variables}
    errors = [FieldError(f"/variables/{name}", "This is missing.") for name in wanted.keys() - given.keys()]
    errors += [
        FieldError(f"/variables/{name}", "Nobody asked for this.") for name in given.keys() - wanted.keys()
    ]
    errors += [
        FieldError(f"/variables/{name}", f"This is not a {wanted[name].kind}.")
        for name in wanted.keys() & given.keys()
        if not _fits(wanted[name], given[name], own_address)
    ]
    if errors:
        raise VariableWrong(errors[0].detail, errors=sorted(errors, key=lambda error: error.pointer))


def _fits(variable: Variable, value: object, own_address: str) -> bool:
    if variable.kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) or len(value) > TEXT_MAX or "\x00" in value:
        return False
    if variable.kind == "link":
        return value.startswith("/") or urlsplit(value).netloc == urlsplit(own_address).netloc
    return True


def draw(template: Template, variables: Mapping[str, Any]) -> dict[str, str]:
    """Every part with its words filled in. `TemplateRefused` where it cannot be, or grows too large."""
    drawn = {}
    for part in ("subject", "text", "html", "feed_title", "feed_text", "feed_link", "collapse_key"):
        source = getattr(template, part)
        try:
            drawn[part] = ENVIRONMENTS[part == "html"].from_string(source).render(variables)
        except TemplateError as error:
            raise TemplateRefused(f"{template.key}, {part}: {error.message}") from error
        if len(drawn[part].encode()) > SIZE_MAX_BYTES:
            raise TemplateRefused(f"{template.key}, {part}: larger than a message may be")
    drawn["subject"] = " ".join(drawn["subject"].split())
    drawn["html"] = drawn["html"] or paragraphs(drawn["text"])
    return drawn


def paragraphs(text: str) -> str:
    """Plain text as simple HTML: blank lines part paragraphs, a lone address becomes a button."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        link = LINK_LINE.match(block)
        if link:
            address = html.escape(link.group(1), quote=True)
            blocks.append(f'<p><a class="button" href="{address}">{address}</a></p>')
        else:
            blocks.append("<p>" + html.escape(block).replace("\n", "<br>") + "</p>")
    return "\n".join(blocks)


def digest_of(command: SendMessage) -> str:
    """Twins of one dedup key must be equal in all that is said and to whom."""
    said = command.model_copy(update={"not_before": None, "expires_at": None})
    return hashlib.sha256(said.digest()).hexdigest()


def template_digest(template: Template) -> str:
    """Changes with the words."""
    return template.digest().hex()


def best_locale(wanted: str, available: Sequence[str]) -> str:
    """`hi-IN`, then `hi`, then `en`, then whatever there is."""
    for candidate in (wanted, wanted.split("-", maxsplit=1)[0], "en"):
        if candidate in available:
            return candidate
    return min(available)


def may_follow(state: str, following: str) -> bool:
    """A delivery only moves forward."""
    return following in NEXT_STATES.get(state, frozenset())


def next_try(lane: int, attempts: int, chance: float) -> float | None:
    """Seconds until the next try after so many; None: no more. `chance` in [0, 1) spreads them.

    Lane 0 tries three times within half a minute; others with full jitter, 5 s · 2ⁿ up to an hour.
    """
    if lane == LANE_URGENT:
        return URGENT_EVERY_S if attempts < URGENT_TRIES_MAX else None
    ceiling = min(BACK_OFF_MAX_S, BACK_OFF_BASE_S * float(2 ** min(attempts, 20)))
    return max(1.0, chance * ceiling)


def expiry(command: SendMessage, now: datetime) -> datetime:
    """When a message is no longer worth sending."""
    return command.expires_at or (command.not_before or now) + LIFE
