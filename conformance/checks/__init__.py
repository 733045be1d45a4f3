"""Checks of the engineering properties that every loss declares."""

from importlib import import_module

from losskit.conformance.checks import base, ignored, inputs, numerics, reduction, reference, sharding, tooling
from losskit.conformance.checks.base import Check, check_for

__all__ = [
    "Check",
    "check_for",
    "check_of",
    "ignored",
    "inputs",
    "numerics",
    "reduction",
    "reference",
    "sharding",
    "tooling",
]

# These bring the exporter with them: two seconds of imports that a worker spends only on claims about graphs.
_OF_GRAPHS = {"ExportsONNX": "graphs", "GraphKeepsLaws": "graph_laws", "GraphRejectsBadInput": "graph_inputs"}


def check_of(kind: str) -> Check | None:
    """The check of a property kind; None where it is checked by laws."""
    if kind in _OF_GRAPHS:
        import_module(f"{__name__}.{_OF_GRAPHS[kind]}")
    return base.check_of(kind)
