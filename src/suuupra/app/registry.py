"""Every service of the house, lowest tier first."""

from suuupra.kernel.manifest import Manifest


def manifests() -> tuple[Manifest, ...]:
    """All manifests in order of tier; imported here, so that a process pays only once and only if it asks."""
    found: list[Manifest] = []
    return tuple(sorted(found, key=lambda manifest: manifest.tier))
