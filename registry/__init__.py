"""How plugins are found, loaded lazily, built and queried."""

from typing import TYPE_CHECKING

from losskit._lazy import lazily
from losskit.registry.discovery import (
    GROUP,
    VARIABLE,
    Provider,
    builtin,
    forget,
    providers,
    selection,
    unmatched,
)

if TYPE_CHECKING:
    from losskit.registry.building import build, create, reference, reference_gradient, resolve
    from losskit.registry.catalogue import Listing, listing
    from losskit.registry.composing import compose, recomposed
    from losskit.registry.configuration import from_config
    from losskit.registry.loading import Failure, failures, get, names, specs, survey, tried, unknown
    from losskit.registry.places import is_place, load
    from losskit.registry.query import Match, find, kind
    from losskit.registry.trial import Trial, trials
    from losskit.registry.wrapping import wrap

__all__ = [
    "GROUP",
    "VARIABLE",
    "Failure",
    "Listing",
    "Match",
    "Provider",
    "Trial",
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
    "trials",
    "tried",
    "unknown",
    "unmatched",
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
            ("Failure", "failures", "get", "names", "specs", "survey", "tried", "unknown"), "losskit.registry.loading"
        ),
        **dict.fromkeys(("is_place", "load"), "losskit.registry.places"),
        **dict.fromkeys(("Match", "find", "kind"), "losskit.registry.query"),
        **dict.fromkeys(("Trial", "trials"), "losskit.registry.trial"),
    },
)
