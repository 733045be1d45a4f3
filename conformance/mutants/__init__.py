"""The harness measured: wrong losses and wrong specs that it must refute.

``python -m losskit.conformance.mutants`` runs them all. A mutant of the curated set (:mod:`.slips`) is a slip that was
made before, with the kind of property that must catch it; the generic pass (:mod:`.generic`) changes one operator or
constant of a loss's own code at a time.
"""

from losskit.conformance.mutants.attempt import attempt, control
from losskit.conformance.mutants.model import Attempt, Control, Edit, Mutant, Run
from losskit.conformance.mutants.slips import MUTANTS

__all__ = ["MUTANTS", "Attempt", "Control", "Edit", "Mutant", "Run", "attempt", "control"]
