"""The profile of whoever asks: name, headline, picture; versioned, so that two tabs do not overwrite."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command, Message
from suuupra.kernel.stores import ObjectStore
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import UserChanged, UserNotFound
from suuupra.services.identity.rules import profiles
from suuupra.services.identity.service.findings import Findings
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.security import open_address
from suuupra.services.identity.service.steps import require_version, target, tell_contact
from suuupra.services.identity.store import accounts, roles

PICTURE_TYPE = "image/webp"


class Pictures(Protocol):
    """Makes a small square picture of whatever raster somebody sends."""

    async def small(self, body: bytes) -> bytes:
        """WebP of 256 pixels without metadata. `PictureTooLarge`, `PictureWrongType`."""
        ...


class Profile(Message):
    """Own profile; `version` goes back with a change."""

    id: UUID
    name: str
    headline: str = ""
    bio: str = ""
    picture_url: str | None = None
    locale: str = "en"
    time_zone: str = "Asia/Kolkata"
    address: str = ""
    is_verified: bool = False
    roles: frozenset[str] = frozenset()
    version: int = 1


class ChangeProfile(Command):
    """None leaves a field as it is; `version` None overwrites whatever stands there."""

    name: str | None = None
    headline: str | None = None
    bio: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Picture:
    """A stored picture, streamed."""

    body: AsyncIterator[bytes]
    size_bytes: int
    etag: str


class Profiles:
    """Own profiles, and everybody's picture."""

    def __init__(self, ground: Ground, objects: ObjectStore, pictures: Pictures) -> None:
        self._ground = ground
        self._objects = objects
        self._pictures = pictures

    async def mine(self) -> Profile:
        account_id = principal().person()
        async with self._ground.work.read() as session:
            account = await accounts.by_id(session, account_id)
            box = await accounts.mailbox_of(session, account_id)
            held = await roles.roles_of(session, account_id)
        if account is None:
            raise UserNotFound
        return Profile(
            id=account.id,
            name=account.name,
            headline=account.headline,
            bio=account.bio,
            picture_url=picture_url(account),
            locale=account.locale,
            time_zone=account.time_zone,
            address=open_address(self._ground, box),
            is_verified=box is not None and box.is_verified,
            roles=held,
            version=account.version,
        )

    async def change(self, command: ChangeProfile) -> Profile:
        """`Invalid` by field, `ProfileStale`."""
        account_id = principal().person()
        wanted = _checked(command)
        async with self._ground.work.begin() as unit:
            account = await require_version(unit, account_id, command.version)
            changed = tuple(name for name, value in wanted.items() if getattr(account, name) != value)
            for name in changed:
                setattr(account, name, wanted[name])
            _publish(unit, account, changed)
        return await self.mine()

    async def put_picture(self, body: bytes) -> Profile:
        """Re-encoded before it is kept. `PictureTooLarge`, `PictureWrongType`."""
        account_id = principal().person()
        await self.store_picture(account_id, body)
        return await self.mine()

    async def store_picture(self, account_id: UUID, body: bytes) -> None:
        """The same for somebody whose picture another site gave."""
        small = await self._pictures.small(body)
        key = f"identity/pictures/{account_id}/{hashlib.sha256(small).hexdigest()[:16]}.webp"
        await self._objects.put(key, small, PICTURE_TYPE)
        await self._point_at(account_id, key)

    async def drop_picture(self) -> Profile:
        """Initials again."""
        await self._point_at(principal().person(), None)
        return await self.mine()

    async def _point_at(self, account_id: UUID, key: str | None) -> None:
        async with self._ground.work.begin() as unit:
            account = await require_version(unit, account_id, None)
            old, account.picture_key = account.picture_key, key
            if old != key:
                _publish(unit, account, ("picture",))
        if old is not None and old != key:
            await self._objects.delete(old)

    async def picture(self, account_id: UUID, name: str) -> Picture:
        """By its content's name, so that it may be cached for ever. `UserNotFound`."""
        key = f"identity/pictures/{account_id}/{name}.webp"
        stored = await self._objects.head(key) if name.isalnum() else None
        if stored is None:
            raise UserNotFound
        return Picture(self._objects.get(key), stored.size_bytes, stored.etag)


def picture_url(account: accounts.Account) -> str | None:
    """Where the picture is shown; None: draw initials."""
    return picture_address(account.id, account.picture_key)


def picture_address(account_id: UUID, key: str | None) -> str | None:
    """The same of the two facts it depends on."""
    return None if key is None else f"/people/{account_id}/picture/{key.rpartition('/')[2]}"


def _publish(unit: Unit, account: accounts.Account, changed: tuple[str, ...]) -> None:
    if not changed:
        return
    account.version += 1
    account.changed_at = unit.now
    unit.publish(UserChanged(user_id=account.id, fields=changed))
    unit.publish(audited("identity.profile.changed", target(account.id), after={"fields": list(changed)}))
    tell_contact(unit, account.id)


def _checked(command: ChangeProfile) -> dict[str, str]:
    """The fields that are to change, cleaned."""
    findings, wanted = Findings(), {}
    if command.name is not None:
        with findings.collecting():
            wanted["name"] = profiles.clean_name(command.name)
    if command.headline is not None:
        with findings.collecting():
            line = profiles.clean_line(command.headline)
            wanted["headline"] = profiles.check_length(line, profiles.HEADLINE_LENGTH_MAX, "/headline")
    if command.bio is not None:
        with findings.collecting():
            text = profiles.clean_text(command.bio)
            wanted["bio"] = profiles.check_length(text, profiles.BIO_LENGTH_MAX, "/bio")
    if command.locale is not None:
        with findings.collecting():
            wanted["locale"] = profiles.check_locale(command.locale)
    if command.time_zone is not None:
        with findings.collecting():
            wanted["time_zone"] = profiles.check_zone(command.time_zone)
    findings.settle()
    return wanted
