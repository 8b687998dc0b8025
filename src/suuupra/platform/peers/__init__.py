"""Other processes of the house: connections to them, and what keeps a sick one from making all sick."""

from suuupra.platform.peers.connection import MESSAGE_MAX_BYTES, Answer, Broken, NotReached
from suuupra.platform.peers.peer import Peer
from suuupra.platform.peers.shield import Breaker

__all__ = ["MESSAGE_MAX_BYTES", "Answer", "Breaker", "Broken", "NotReached", "Peer"]
