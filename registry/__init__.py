"""How plugins are found, loaded lazily, built and queried."""

from typing import TYPE_CHECKING

from losskit._lazy import lazily
from losskit.registry.discovery import GROUP, VARIABLE, Provider, builtin, forget, providers, selection

if TYPE_CHECKING:
    from losskit.registry.building import build, create, reference, reference_gradient, resolve
    from losskit.registry.catalogue import Listing, listing
    from losskit.registry.composing import compose, recomposed
    from losskit.registry.configuration import from_config
    from losskit.registry.loading import Failure, failures, get, names, specs, survey, unknown
    from losskit.registry.places import is_place, load
    from losskit.registry.query import Match, find, kind
    from losskit.registry.wrapping import wrap

__all__ = [
    "GROUP",
    "VARIABLE",
    "Failure",
    "Listing",
    "Match",
    "Provider",
    "build",
    "builtin",
    "compose",
    "create",
    "failures",
    "find",
    "forget",
    "from_config",
    "get",
    "is_place",
    "kind",
    "listing",
    "load",
    "names",
    "providers",
    "recomposed",
    "reference",
    "reference_gradient",
    "resolve",
    "selection",
    "specs",
    "survey",
    "unknown",
    "wrap",
]
__getattr__ = lazily(
    __name__,
    {
        **dict.fromkeys(("build", "create", "reference", "reference_gradient", "resolve"), "losskit.registry.building"),
        **dict.fromkeys(("compose", "recomposed"), "losskit.registry.composing"),
        "wrap": "losskit.registry.wrapping",
        "from_config": "losskit.registry.configuration",
        **dict.fromkeys(("Listing", "listing"), "losskit.registry.catalogue"),
        **dict.fromkeys(
            ("Failure", "failures", "get", "names", "specs", "survey", "unknown"), "losskit.registry.loading"
        ),
        **dict.fromkeys(("is_place", "load"), "losskit.registry.places"),
        **dict.fromkeys(("Match", "find", "kind"), "losskit.registry.query"),
    },
)
