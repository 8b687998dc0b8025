"""Contracts as files: OpenAPI of each service, the schema of each event. Never built while serving."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from suuupra.app.house import House
from suuupra.kernel.manifest import Manifest
from suuupra.kernel.messages import Event


def openapi_of(house: House, name: str) -> dict[str, Any]:
    """OpenAPI 3.1 of one service's REST; empty paths where it has none."""
    app = FastAPI()
    for route in house.built[name].routes():
        if isinstance(route, APIRouter):
            app.include_router(route)
    manifest = house.manifests[name]
    return get_openapi(
        title=f"Suuupra {name}",
        version="v1",
        description=manifest.summary,
        routes=app.routes,
        servers=[{"url": "/"}],
    )


def event_schemas(manifests: tuple[Manifest, ...]) -> Mapping[str, dict[str, Any]]:
    """JSON Schema of every published event by wire name, with its key and alias."""
    return {event.wire_name: event_schema(event) for manifest in manifests for event in manifest.publishes}


def event_schema(event: type[Event]) -> dict[str, Any]:
    """One of them."""
    facts: dict[str, Any] = {"key": event.key_field, "schema": event.model_json_schema()}
    return facts | ({"alias": event.alias} if event.alias else {})
