"""The demo academy: a client that speaks HTTP alone, so that nothing it makes bypasses a door."""

from suuupra.app.seeding.run import seed

__all__ = ["seed"]
