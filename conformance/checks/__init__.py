"""Checks of the engineering properties that every loss declares."""

from losskit.conformance.checks import (
    graph_inputs,
    graph_laws,
    graphs,
    ignored,
    inputs,
    numerics,
    reduction,
    reference,
    sharding,
    tooling,
)
from losskit.conformance.checks.base import Check, check_for, check_of

__all__ = [
    "Check",
    "check_for",
    "check_of",
    "graph_inputs",
    "graph_laws",
    "graphs",
    "ignored",
    "inputs",
    "numerics",
    "reduction",
    "reference",
    "sharding",
    "tooling",
]
