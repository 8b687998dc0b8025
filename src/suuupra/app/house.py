"""The house: which services stand here, which stand elsewhere, and how each finds the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from suuupra.app.tools import ServiceTools, Shared
from suuupra.kernel.jobs import Job
from suuupra.kernel.manifest import Built, Manifest, Subscription
from suuupra.kernel.oversight import Deliveries, Health
from suuupra.kernel.ports import local
from suuupra.kernel.problems import home_of
from suuupra.kernel.work import Work

KERNEL_ANSWERS: tuple[type, ...] = (Deliveries, Health)
"""Kernel Protocols that the platform answers for every service."""

RemoteBinder = Callable[[type, str, str, str], Any]
"""(port, owner in the path, service whose address it is, caller) -> the remote binding."""


class HouseError(Exception):
    """The services that were asked for do not make a house."""


@dataclass(frozen=True)
class Placement:
    """Which services are built here; every other one is reached at its address, or is not installed."""

    here: frozenset[str]
    addresses: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def everything(cls, manifests: Sequence[Manifest]) -> "Placement":
        """All services in this process."""
        return cls(frozenset(manifest.name for manifest in manifests))


@dataclass(frozen=True)
class Ground:
    """What the platform gives the house.

    `stand_ins` maps a declared Protocol to the port of another service that satisfies it.
    """

    shared: Shared
    work_of: Callable[[str], Work]
    kernel_answer: Callable[[type, str], object]
    remote: RemoteBinder | None = None
    through_json: bool = False
    stand_ins: Mapping[type, type] = field(default_factory=dict)


class House:
    """Builds the services of a process and answers their questions for ports."""

    def __init__(
        self,
        manifests: Sequence[Manifest],
        placement: Placement,
        ground: "Ground",
    ) -> None:
        self.manifests = {manifest.name: manifest for manifest in manifests}
        self.placement = placement
        self.ground = ground
        self.works: dict[str, Work] = {}
        self.built: dict[str, Built] = {}
        for manifest in sorted(manifests, key=lambda item: item.tier):
            if manifest.name in placement.here:
                self.works[manifest.name] = ground.work_of(manifest.name)
                self.built[manifest.name] = self._build(manifest)

    def _build(self, manifest: Manifest) -> Built:
        def find(how: str, port: type) -> Any:
            return getattr(self, how)(port, manifest.name)

        built = manifest.build(ServiceTools(self.ground.shared, self.works[manifest.name], find))
        for kind, promised, given in (
            ("provides", manifest.provides, built.ports),
            ("plugs", manifest.plugs, built.plugs),
            ("answers", manifest.answers, built.kernel_ports),
            ("jobs", manifest.jobs, built.jobs),
        ):
            if set(promised) != set(given):
                raise HouseError(f"{manifest.name} {kind} {sorted(map(str, set(promised) ^ set(given)))}")
        return built

    def is_installed(self, service: str) -> bool:
        """Built here or reachable."""
        return service in self.built or service in self.placement.here or service in self.placement.addresses

    def bind(self, port: type, caller: str) -> Any:
        """A needed port; `HouseError` where its owner is nowhere."""
        owner = home_of(port)
        if not self.is_installed(owner):
            raise HouseError(f"{owner} is needed for {port.__name__} and is neither here nor at an address")
        if owner in self.placement.here:
            return self._local(port, lambda: self.built[owner].ports[port])
        return self._distant(port, owner, owner, caller)

    def optional(self, port: type, caller: str) -> Any | None:
        """A port whose owner may be absent."""
        return self.bind(port, caller) if self.is_installed(home_of(port)) else None

    def plugged(self, port: type, caller: str) -> Any | None:
        """The answer of the higher service that plugs this Protocol."""
        if port in self.ground.stand_ins:
            return self.optional(self.ground.stand_ins[port], caller)
        for name, manifest in self.manifests.items():
            if port in manifest.plugs and self.is_installed(name):
                if name in self.placement.here:
                    return self._local(port, self._plug_resolver(port, name))
                return self._distant(port, home_of(port), name, caller)
        return None

    def _plug_resolver(self, port: type, name: str) -> Callable[[], object]:
        return lambda: self.built[name].plugs[port]

    def collect(self, port: type, caller: str) -> dict[str, Any]:
        """A kernel Protocol of every service that answers it."""
        found = {}
        for name, manifest in self.manifests.items():
            if port not in (*manifest.answers, *KERNEL_ANSWERS) or not self.is_installed(name):
                continue
            if name in self.placement.here:
                found[name] = self._local(port, self._kernel_resolver(port, name))
            else:
                found[name] = self._distant(port, name, name, caller)
        return found

    def _kernel_resolver(self, port: type, name: str) -> Callable[[], object]:
        def resolve() -> object:
            own = self.built[name].kernel_ports
            return own[port] if port in own else self.ground.kernel_answer(port, name)

        return resolve

    def _local(self, port: type, resolve: Callable[[], object]) -> Any:
        return local(port, resolve, through_json=self.ground.through_json)

    def _distant(self, port: type, owner: str, place: str, caller: str) -> Any:
        if self.ground.remote is None:
            raise HouseError(f"{place} stands elsewhere and no remote binding was given")
        return self.ground.remote(port, owner, place, caller)

    def callers(self, port: type) -> frozenset[str]:
        """The services whose manifest says that they ask this port: nobody else is let in."""
        wanted = {port, *(asked for asked, given in self.ground.stand_ins.items() if given is port)}
        return frozenset(
            name
            for name, manifest in self.manifests.items()
            if wanted & {*manifest.needs, *manifest.wants, *manifest.declares, *manifest.collects}
        )

    def served_ports(self) -> list[tuple[type, str, Callable[[], object]]]:
        """(port, owner in its path, implementation) of everything that others may call here."""
        found: list[tuple[type, str, Callable[[], object]]] = []
        for name, built in self.built.items():
            found += [(port, name, partial(built.ports.__getitem__, port)) for port in built.ports]
            found += [(port, home_of(port), partial(built.plugs.__getitem__, port)) for port in built.plugs]
            answers = {*self.manifests[name].answers, *KERNEL_ANSWERS}
            found += [(port, name, self._kernel_resolver(port, name)) for port in answers]
        return found

    def subscriptions(self) -> dict[str, tuple[Subscription, ...]]:
        """Handlers of the services that stand here."""
        found = {name: self.manifests[name].subscribes for name in self.built}
        return {name: subscriptions for name, subscriptions in found.items() if subscriptions}

    def jobs(self) -> dict[str, Mapping[type[Job], Any]]:
        """Job tables of the services that stand here."""
        return {name: built.jobs for name, built in self.built.items() if built.jobs}
