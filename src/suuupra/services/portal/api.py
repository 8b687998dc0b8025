"""The door of portal: no Protocol for others; how its own pages refuse."""

from suuupra.kernel.problems import NotFound


class PageUnknown(NotFound):
    """No page at this address."""

    title = "There is no page at this address"
