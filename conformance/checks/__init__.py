"""Checks of the engineering properties that every loss declares.

Which check stands for which property is said in :mod:`losskit.conformance.extension`. Those of graphs bring the exporter
with them, two seconds of imports that a worker spends only on claims about graphs.
"""

from losskit.conformance.checks.base import Comparison, declared, first_of_each_setting

__all__ = ["Comparison", "declared", "first_of_each_setting"]
