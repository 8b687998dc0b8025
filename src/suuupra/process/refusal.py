"""The one exception of this room: why nothing was started."""


class Refused(Exception):
    """Cause and way out, in a sentence or two for a person at a terminal."""
