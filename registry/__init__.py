"""How plugins are found, loaded lazily, built and queried."""

from losskit.registry.building import build, create, from_config, resolve
from losskit.registry.discovery import GROUP, VARIABLE, Provider, forget, providers, selection
from losskit.registry.loading import Failure, failures, get, names, specs, unknown
from losskit.registry.query import Match, find, kind

__all__ = [
    "GROUP",
    "VARIABLE",
    "Failure",
    "Match",
    "Provider",
    "build",
    "create",
    "failures",
    "find",
    "forget",
    "from_config",
    "get",
    "kind",
    "names",
    "providers",
    "resolve",
    "selection",
    "specs",
    "unknown",
]
