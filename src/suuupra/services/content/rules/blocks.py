"""Blocks: the content-addressed pieces that revisions share.

A block is a frozen value; its address is the SHA-256 of its canonical JSON (RFC 8785) with its kind.
The same text typed twice is one block, and an entity tag follows from the address alone.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from suuupra.kernel.messages import Message
from suuupra.kernel.problems import FieldError, Invalid
from suuupra.services.content.api import LANGUAGES, Level

BLOCK_BYTES_MAX = 64 * 1024
LESSONS_MAX = 500
NODES_MAX = 2_000
TAG = re.compile(r"^[a-z0-9][a-z0-9 +#.-]{0,39}$")


def one_line(text: str) -> str:
    """Without control characters, spaces folded, NFC."""
    kept = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def many_lines(text: str) -> str:
    """Line ends made alike, other control characters dropped, NFC."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
    return unicodedata.normalize("NFC", kept).strip("\n")


def _tag(text: str) -> str:
    tag = one_line(text).lower()
    if not TAG.match(tag):
        raise ValueError("a tag has letters, digits, spaces and + # . - only, 40 at most")
    return tag


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError("choose one of the languages of the list")
    return code


def _filled(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))


Line = Annotated[str, AfterValidator(one_line)]
Title = Annotated[str, AfterValidator(one_line), Field(max_length=120)]
Text = Annotated[str, AfterValidator(many_lines)]
Outcome = Annotated[str, AfterValidator(one_line), Field(max_length=200)]
Tag = Annotated[str, AfterValidator(_tag)]


class Block(BaseModel):
    """A frozen value with a kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str] = ""

    def body(self) -> dict[str, Any]:
        """What is stored: without defaults, so that a new field keeps old addresses."""
        return self.model_dump(mode="json", exclude_defaults=True)


class Root(Block):
    """The course itself."""

    kind = "course"
    title: Title = ""
    summary: Annotated[str, AfterValidator(one_line), Field(max_length=600)] = ""
    level: Level = "all"
    language: Annotated[str, AfterValidator(_language)] = "en"
    category: str = ""
    outcomes: Annotated[tuple[Outcome, ...], AfterValidator(_filled), Field(max_length=12)] = ()
    audience: Annotated[str, AfterValidator(one_line), Field(max_length=600)] = ""
    prerequisites: Annotated[str, AfterValidator(one_line), Field(max_length=600)] = ""
    tags: Annotated[tuple[Tag, ...], AfterValidator(_filled), Field(max_length=10)] = ()
    cover_key: str = ""
    cover_motif: str = ""
    cover_palette: int = Field(default=-1, ge=-1, le=63)
    may_mark_done: bool = True


class Section(Block):
    """A module, week or topic: its title says which."""

    kind = "section"
    title: Title = ""


class Article(Block):
    """A lesson to read, in Markdown."""

    kind = "article"
    title: Title = ""
    markdown: Text = ""


class Video(Block):
    """A lesson to watch, with a few words below it in Markdown. The file hangs on the node, not here."""

    kind = "video"
    title: Title = ""
    markdown: Text = ""


Lesson = Article | Video
KINDS: Mapping[str, type[Block]] = {cls.kind: cls for cls in (Root, Section, Article, Video)}


class Addressed(Message):
    """A block with its address and size."""

    hash: bytes
    kind: str
    body: Mapping[str, Any]
    size_bytes: int


def addressed(block: Block) -> Addressed:
    """The address of a block; `Invalid` over 64 KiB."""
    body = block.body()
    canonical = rfc8785.dumps({"kind": block.kind, "body": body})
    if len(canonical) > BLOCK_BYTES_MAX:
        size = f"{len(canonical)} bytes of {BLOCK_BYTES_MAX}"
        raise Invalid.at("/markdown", f"This lesson is too long: {size}. Split it in two.")
    digest = hashlib.sha256(canonical).digest()
    return Addressed(hash=digest, kind=block.kind, body=body, size_bytes=len(canonical))


def restored(kind: str, body: Mapping[str, Any]) -> Block:
    """The block of a stored row."""
    return KINDS[kind].model_validate(body)


B = TypeVar("B", bound=Block)


def changed(block: B, changes: Mapping[str, object]) -> B:
    """The block with some fields changed and checked; `Invalid` names each wrong one."""
    try:
        return type(block).model_validate({**block.model_dump(), **changes})
    except ValidationError as error:
        raise invalid(error) from error


def made(cls: type[B], values: Mapping[str, object]) -> B:
    """A new block, checked."""
    return changed(cls(), values)


def invalid(error: ValidationError) -> Invalid:
    """Pydantic's findings as fields."""
    errors = [
        FieldError("/" + "/".join(map(str, found["loc"])), _sentence(found["msg"]))
        for found in error.errors()
    ]
    return Invalid(errors[0].detail, errors=errors)


def etag(*parts: object) -> str:
    """A short strong entity tag (RFC 9110, 8.8.3) of some values, without its quotes."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
