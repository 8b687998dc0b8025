"""Keys of the house: sealed fields, signatures, and short-lived statements between its processes."""

from suuupra.platform.keys.files import FileKeys
from suuupra.platform.keys.seals import SEAL_TTL_S, BadSeal, Seal, Seals

__all__ = ["SEAL_TTL_S", "BadSeal", "FileKeys", "Seal", "Seals"]
