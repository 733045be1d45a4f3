"""The slips: wrong losses and wrong specs, each one made before in some library or paper."""

from losskit.conformance.mutants.model import Mutant
from losskit.conformance.mutants.slips import (
    activations,
    batches,
    binary,
    claims,
    decisions,
    devices,
    geometry,
    graphs,
    language,
    likelihood,
    margins,
    narrowings,
    outputs,
    overlaps,
    probabilities,
    regression,
    scores,
    shapes,
    shared,
    slopes,
)

MUTANTS: tuple[Mutant, ...] = (
    *likelihood.MUTANTS,
    *margins.MUTANTS,
    *binary.MUTANTS,
    *probabilities.MUTANTS,
    *outputs.MUTANTS,
    *overlaps.MUTANTS,
    *scores.MUTANTS,
    *batches.MUTANTS,
    *regression.MUTANTS,
    *language.MUTANTS,
    *activations.MUTANTS,
    *geometry.MUTANTS,
    *slopes.MUTANTS,
    *shapes.MUTANTS,
    *decisions.MUTANTS,
    *graphs.MUTANTS,
    *shared.MUTANTS,
    *devices.MUTANTS,
    *claims.MUTANTS,
    *narrowings.MUTANTS,
)

__all__ = ["MUTANTS"]
