"""What others rely on changes only on purpose: REST, events, messages, paths. `make contracts` rewrites."""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.routing import Route

from suuupra.app import registry
from suuupra.app.contracts import event_schemas, openapi_of
from suuupra.app.mapping import MAP, draw
from suuupra.app.paths import PathTable
from suuupra.kernel.audit import Audited
from suuupra.kernel.messages import Event, Message
from suuupra.kernel.ports import operations
from suuupra.kernel.settings import Settings
from tests.covers import covers
from tests.house import StartHouse

ROOT = Path(__file__).parents[2]
APIS = ROOT / "docs" / "apis"
EVENTS = ROOT / "docs" / "contracts" / "events"
REWRITE = os.environ.get("SUUUPRA_REWRITE_CONTRACTS") == "1"
PERSONAL = {"email", "address", "phone", "name", "ip", "birth_date"}


def written(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def compare(path: Path, value: Any) -> None:
    if REWRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(value), encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: make contracts"
    assert path.read_text(encoding="utf-8") == written(value), f"{path.name} changed: make contracts"


@covers("PLT-15", "OPS-50")
async def test_the_openapi_files_are_those_of_the_routes(start_house: StartHouse) -> None:
    async with start_house() as house:
        for name, estate in house.estates.items():
            if any(isinstance(route, APIRouter) for route in estate.house.built[name].routes()):
                compare(APIS / f"{name}.json", openapi_of(estate.house, name))


@covers("PLT-15")
def test_events_are_those_of_their_snapshots() -> None:
    found = dict(event_schemas(registry.manifests()))
    for name, schema in found.items():
        compare(EVENTS / f"{name}.json", schema)
    assert {path.stem for path in EVENTS.glob("*.json")} == set(found), "a snapshot without its event"


@covers("PLT-14", "PLT-2")
def test_no_event_carries_personal_data() -> None:
    for manifest in registry.manifests():
        for event in manifest.publishes:
            wrong = PERSONAL & set(event.model_fields)
            assert not wrong, f"{event.wire_name} carries {wrong}"


def messages() -> Iterator[type[Message]]:
    for manifest in registry.manifests():
        yield from manifest.publishes
        yield from manifest.jobs
        for port in (*manifest.provides, *manifest.declares):
            for operation in operations(port).values():
                yield operation.request
                yield from models_in(operation.reply._type)
    yield Audited


def models_in(found: Any) -> Iterator[type[Message]]:
    if isinstance(found, type) and issubclass(found, Message):
        yield found
        for field in found.model_fields.values():
            yield from models_in(field.annotation)
    for inner in get_args(found):
        yield from models_in(inner)


@covers("PLT-4", "PLT-15")
def test_messages_hold_frozen_values_and_aware_times_only() -> None:
    for message in set(messages()):
        for name, field in message.model_fields.items():
            kinds = {get_origin(found) or found for found in flat(field.annotation)}
            assert not kinds & {list, set}, f"{message.__name__}.{name} can be changed"
            bare = datetime in kinds and not field.metadata
            assert not bare, f"{message.__name__}.{name} takes naive times: use Moment"
        assert message.model_config.get("frozen"), message
        assert message.model_config.get("extra") == "forbid", message


def flat(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from flat(inner)


@covers("PLT-15")
def test_a_union_of_messages_has_a_tag_without_default() -> None:
    for message in set(messages()):
        for name, field in message.model_fields.items():
            members = [
                one
                for one in get_args(field.annotation)
                if isinstance(one, type) and issubclass(one, BaseModel)
            ]
            if len(members) > 1:
                assert field.discriminator, f"{message.__name__}.{name} is a union without a tag"


@covers("GW-2", "PLT-1")
async def test_every_route_lies_on_a_path_of_its_own_manifest(start_house: StartHouse) -> None:
    table = PathTable(registry.manifests())
    wrong: list[str] = []
    async with start_house() as house:
        for name, estate in house.estates.items():
            routes = estate.house.built[name].routes()
            found = {route.path for route in routes if isinstance(route, Route)}
            if any(isinstance(route, APIRouter) for route in routes):
                found |= set(openapi_of(estate.house, name)["paths"])
            assert found or not routes, name
            wrong += [
                f"{name}: {path} belongs to {table.service_of(path)}"
                for path in sorted(found)
                if table.service_of(path) != name
            ]
        assert not wrong, "\n".join(wrong)


@covers("OPS-3", "OPS-50")
def test_the_map_is_true() -> None:
    drawn = draw(registry.manifests())
    if REWRITE:
        (ROOT / MAP).write_text(drawn, encoding="utf-8")
    assert (ROOT / MAP).read_text(encoding="utf-8") == drawn, "docs/map.md is out of date: make map"


@covers("PLT-1")
def test_what_a_service_needs_stands_lower() -> None:
    tiers = {manifest.name: manifest.tier for manifest in registry.manifests()}
    for manifest in registry.manifests():
        for port in (*manifest.needs, *manifest.wants):
            owner = port.__module__.split(".")[2]
            assert tiers.get(owner, -1) < manifest.tier, f"{manifest.name} asks {owner}"


@covers("PLT-2")
def test_wire_names_are_unique_and_their_owners() -> None:
    names: list[str] = []
    for manifest in registry.manifests():
        for event in manifest.publishes:
            assert issubclass(event, Event)
            if event is Audited:
                continue
            assert event.wire_name.startswith(f"{manifest.name}."), event.wire_name
            names.append(event.wire_name)
    assert len(names) == len(set(names))


@covers("PLT-9", "ID-14")
def test_permissions_are_named_after_their_service_and_granted_to_known_roles() -> None:
    known = {"student", "teacher", "moderator", "admin", "owner", "finance", "support", "privacy", "operator"}
    known |= {"editor", "auditor"}
    for manifest in registry.manifests():
        for name, sentence in manifest.permissions.items():
            assert name.startswith(f"{manifest.name}."), name
            assert name.count(".") == 2, name
            assert sentence, name
        for role, names in manifest.role_permissions.items():
            assert role in known, role
            assert set(names) <= set(manifest.permissions), (manifest.name, role)


@covers("OPS-2")
def test_the_example_of_settings_holds_every_setting() -> None:
    from suuupra.app.commands import described_settings
    from suuupra.app.settings import PlatformSettings

    classes: list[type[Settings]] = [
        PlatformSettings,
        *(item.settings for item in registry.manifests() if item.settings),
    ]
    rows = [row for cls in classes for row in described_settings(cls)]
    text = "# Every setting with its default. Copy to .env and change what you need.\n\n"
    text += "\n".join(
        f"# {meaning or 'No further words.'}\n# {name}={default}\n" for name, meaning, default in rows
    )
    path = ROOT / ".env.example"
    if REWRITE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "make contracts"
    undescribed = [name for name, meaning, _ in rows if not meaning]
    assert not undescribed, undescribed


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
