"""Logs: dotted facts with values as keys, one canonical line a request, job and handler.

A deny-list drops personal data and secrets by key before anything is written; its test plants a canary
in each. JSON where nobody looks, short lines in a terminal.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

DENIED = frozenset(
    [
        *("password", "secret", "token", "cookie", "authorization", "code", "otp", "pin", "card", "key"),
        *("email", "address", "phone", "name", "picture", "birth", "link", "url", "query", "headers", "body"),
    ]
)
MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
STARS = "***"


def redact(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values of denied keys, and anything that looks like a mail address."""
    for key, value in fields.items():
        if key == "event":
            continue
        if set(key.lower().split("_")) & DENIED:
            fields[key] = STARS
        elif isinstance(value, str) and "@" in value:
            fields[key] = MAIL.sub(STARS, value)
    return fields


def configure(*, level: str = "info", as_json: bool | None = None) -> None:
    """Set up structlog and the standard library's logging alike."""
    json_lines = not sys.stderr.isatty() if as_json is None else as_json
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(
            colors=True,
            exception_formatter=structlog.dev.plain_traceback,  # the pretty one prints local variables
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer]
        if json_lines
        else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger bound to its service."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(service=name)
    return bound
