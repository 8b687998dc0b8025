"""What the door states about a visitor to the process behind it: who, and from where. Signed for a minute."""

from pydantic import ValidationError
from starlette.datastructures import Headers

from suuupra.kernel.auth import Identified
from suuupra.kernel.messages import Message
from suuupra.platform.keys import BadSeal, Seals

HEADER = "suuupra-forwarded"
PURPOSE = "forwarded"
DOOR = "gateway"


class Forwarded(Message):
    """A visitor as the door saw them. `csrf` is the token of their session."""

    identified: Identified
    client: str = ""
    scheme: str = "http"
    host: str = ""
    csrf: str = ""


def read_forwarded(seals: Seals, headers: Headers, service: str, door: str = DOOR) -> Forwarded | None:
    """The statement of the door; None where there is none, or it is not to be believed."""
    try:
        seal = seals.read(headers.get(HEADER, ""), service, PURPOSE)
        return Forwarded.from_wire(seal.body) if seal.issuer == door else None
    except (BadSeal, ValidationError):
        return None
