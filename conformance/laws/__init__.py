"""Laws: pure functions from a loss and data to the two sides of an equation or inequality.

Which law stands for which property is said in :mod:`losskit.conformance.extension`.
"""

from losskit.conformance.laws.base import Law, Sides, beside, normal, positions, uniform

__all__ = ["Law", "Sides", "beside", "normal", "positions", "uniform"]
