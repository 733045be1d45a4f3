"""Checks of the engineering properties that every loss declares."""

from losskit.conformance.checks import graphs, inputs, numerics, reduction, reference, tooling
from losskit.conformance.checks.base import Check, check_for, check_of

__all__ = ["Check", "check_for", "check_of", "graphs", "inputs", "numerics", "reduction", "reference", "tooling"]
