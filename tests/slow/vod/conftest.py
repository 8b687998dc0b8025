"""The cinema of `tests.services.vod`."""

from tests.services.vod.conftest import cinema, open_cinema, theatre

__all__ = ["cinema", "open_cinema", "theatre"]
