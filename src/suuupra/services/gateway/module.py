"""The manifest of the gateway."""

from suuupra.kernel.manifest import Built, Manifest, Tools
from suuupra.services.gateway.api import Verifier
from suuupra.services.gateway.service import Gateway
from suuupra.services.gateway.service.visitors import Visitors
from suuupra.services.gateway.settings import GatewaySettings


def build(tools: Tools) -> Built:
    """The door of this process."""
    settings = tools.settings(GatewaySettings)
    visitors = Visitors(tools.keys.derive("session", "visitors"), tools.clock)
    return Built(service=Gateway(tools.site, settings, tools.limits, tools.plugged(Verifier), visitors))


MANIFEST = Manifest(
    name="gateway",
    tier=0,
    summary="The one door: who calls, how often, and whether the part behind it stands.",
    build=build,
    declares=(Verifier,),
    settings=GatewaySettings,
)
