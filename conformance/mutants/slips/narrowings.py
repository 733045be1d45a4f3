"""Specs that forget where an engineering property ends."""

from losskit.conformance.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="narrowing-comp_sum-overflow",
        loss="comp_sum",
        caught_by="FiniteOn",
        story="Below tau = 1 the value grows exponentially and overflows.",
        unnarrowed="FiniteOn",
    ),
    Mutant(
        name="narrowing-cross_entropy-weighted-mean",
        loss="cross_entropy",
        caught_by="BatchDecomposable",
        story="A mean over summed class weights is no mean of means.",
        unnarrowed="BatchDecomposable",
    ),
    Mutant(
        name="narrowing-dice-batch",
        loss="dice",
        caught_by="BatchDecomposable",
        story="A quotient of the batch's sums is no mean of its samples' quotients.",
        unnarrowed="BatchDecomposable",
    ),
    Mutant(
        name="narrowing-direct_coverage_step-mean-over-steps",
        loss="direct_coverage_step",
        caught_by="BatchDecomposable",
        story="A mean over steps is no mean of the sequences' means.",
        unnarrowed="BatchDecomposable",
    ),
    Mutant(
        name="narrowing-multi_similarity-weights",
        loss="multi_similarity",
        caught_by="Weighted",
        story="A repeated row is a new partner, a weighted one is not.",
        unnarrowed="Weighted",
    ),
)
