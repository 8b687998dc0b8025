"""What the door states about a visitor to the process behind it: who, and from where. Signed for a minute."""

from starlette.datastructures import Headers

from suuupra.kernel.auth import Identified
from suuupra.kernel.messages import Message
from suuupra.platform.keys import BadSeal, Seals

HEADER = "suuupra-forwarded"
PURPOSE = "forwarded"


class Forwarded(Message):
    """A visitor as the door saw them. `csrf` is the token of their session."""

    identified: Identified
    client: str = ""
    scheme: str = "http"
    host: str = ""
    csrf: str = ""


def read_forwarded(seals: Seals, headers: Headers, service: str) -> Forwarded | None:
    """The statement of a forwarder of ours; None where there is none, or it is not to be believed."""
    token = headers.get(HEADER)
    if token is None:
        return None
    try:
        seal = seals.read(token, service, PURPOSE)
    except BadSeal:
        return None
    return Forwarded.from_wire(seal.body)
