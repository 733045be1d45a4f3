"""The graphs of registered losses, written once for all tests of a process that look at them."""

from functools import cache

from losskit.export.census import graphs_of


@cache
def written(name: str) -> tuple[bytes, bytes]:
    """The value graph and the value-and-gradient graph."""
    return graphs_of(name)
