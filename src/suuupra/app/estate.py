"""A house on its premises: the services of one process, with their listeners and loops, ready to be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from suuupra.app import registry
from suuupra.app.house import Ground, House, HouseError, Placement
from suuupra.app.premises import Premises
from suuupra.app.web import Surroundings, make_app, make_inner_app
from suuupra.kernel.manifest import Manifest
from suuupra.kernel.oversight import Deliveries, Health, Part
from suuupra.platform import mail
from suuupra.platform.deliveries import TableDeliveries, TableHealth
from suuupra.platform.http import serve_port
from suuupra.platform.mail import mail_pages
from suuupra.platform.objects import object_routes
from suuupra.platform.observe import Readiness, health_routes, metrics_route, version_route


@dataclass(frozen=True)
class Estate:
    """What a process needs to serve or to work."""

    premises: Premises
    house: House
    readiness: Readiness

    def public_app(self) -> ASGIApp:
        """Everything that visitors reach."""
        return make_app(self.house, self._surroundings())

    def internal_app(self) -> ASGIApp:
        """Ports, metrics, health, and forwarded visitors: for the other processes of the house alone."""
        routes: list[BaseRoute] = [*self.port_routes(), metrics_route(), *self._health_routes()]
        return make_inner_app(self.house, self._surroundings(), routes)

    def _surroundings(self) -> Surroundings:
        premises = self.premises
        return Surroundings(
            own_routes=self._own_routes(),
            templates=self._templates(),
            saw=premises.database.errors.saw,
            seals=premises.seals,
            forwarder=premises.forwarder,
        )

    def port_routes(self) -> list[BaseRoute]:
        """`/ports/…` of every service that stands here."""
        return [
            route
            for port, owner, resolve in self.house.served_ports()
            for route in serve_port(port, resolve, owner, self.premises.seals, self.house.callers(port))
        ]

    def _own_routes(self) -> list[BaseRoute]:
        premises = self.premises
        routes: list[BaseRoute] = [
            *premises.hub.routes(),
            *object_routes(premises.objects),
            *self._health_routes(),
            version_route(version("suuupra"), "", {}),
        ]
        if premises.spool is not None and premises.settings.env == "dev":
            routes += mail_pages(premises.spool, premises.shared.clock)
        return routes

    def _health_routes(self) -> list[BaseRoute]:
        return [*health_routes(self.readiness, lambda: dict.fromkeys(self.house.built, True))]

    def _templates(self) -> dict[str, Path]:
        return {"mail": mail.TEMPLATES} | registry.templates()


def build_estate(
    premises: Premises, manifests: Sequence[Manifest], placement: Placement, *, through_json: bool = False
) -> Estate:
    """Build the services that stand here."""
    shared = premises.shared
    with_tables = {item.name for item in manifests if item.tables is not None}

    def health(name: str) -> TableHealth:
        return TableHealth(premises.database, name, has_schema=name in with_tables)

    answers: Mapping[type, Any] = {
        Deliveries: partial(TableDeliveries, premises.database),
        Health: health,
    }

    def remote(port: type, owner: str, place: str, caller: str) -> Any:
        if place not in placement.addresses:
            raise HouseError(f"{place} stands elsewhere: set SUUUPRA_ADDRESS_{place.upper()}")
        return premises.remote.bind(port, owner, placement.addresses[place], caller)

    work_of = partial(
        premises.database.work,
        clock=shared.clock,
        ids=shared.ids,
        hub=premises.hub,
        wake=premises.bell.ring,
    )
    ground = Ground(
        shared=shared,
        work_of=work_of,
        kernel_answer=lambda port, name: answers[port](name),
        remote=remote,
        through_json=through_json,
        stand_ins=registry.stand_ins(),
    )
    readiness = Readiness({"postgres": partial(_database_part, premises)}, shared.clock)
    return Estate(premises, House(manifests, placement, ground), readiness)


async def _database_part(premises: Premises) -> Part:
    return await premises.database.part(())
