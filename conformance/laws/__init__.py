"""Laws: pure functions from a loss and data to the two sides of an equation or inequality."""

from losskit.conformance.laws import analytic, derivative, growth, invariance, relation
from losskit.conformance.laws.base import Law, Sides, law_for, laws_of

__all__ = ["Law", "Sides", "analytic", "derivative", "growth", "invariance", "law_for", "laws_of", "relation"]
