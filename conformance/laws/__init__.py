"""Laws: pure functions from a loss and data to the two sides of an equation or inequality."""

from losskit.conformance.laws import (
    analytic,
    bound,
    curved,
    derivative,
    distance,
    duplication,
    elicited,
    gradient,
    growth,
    invariance,
    margin,
    place,
    relation,
    signs,
)
from losskit.conformance.laws.base import Law, Sides, law_for, laws_of

__all__ = [
    "Law",
    "Sides",
    "analytic",
    "bound",
    "curved",
    "derivative",
    "distance",
    "duplication",
    "elicited",
    "gradient",
    "growth",
    "invariance",
    "law_for",
    "laws_of",
    "margin",
    "place",
    "relation",
    "signs",
]
