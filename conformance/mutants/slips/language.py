"""Slips in losses of token sequences."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="direct_coverage-mean-over-tokens",
        loss="direct_coverage",
        caught_by="WorkedExamples",
        story="The log-probabilities of the tokens are averaged, as cross-entropy does, so long answers look likely.",
        edits=(Edit("log_p.sum(dim=1)", "log_p.mean(dim=1)"),),
    ),
    Mutant(
        name="direct_coverage-ignored-sequences-in-mean",
        loss="direct_coverage",
        caught_by="WorkedExamples",
        story="A sequence whose tokens are all ignored adds nothing to the sum and still counts in the mean.",
        edits=(Edit("kept.any(dim=1), sample_weight", "None, sample_weight"),),
    ),
    Mutant(
        name="direct_coverage-vanishing-probability",
        loss="direct_coverage",
        caught_by="FiniteOn",
        story="The chance of a miss is rounded to 1 where p vanishes, and its logarithm is taken.",
        edits=(Edit("log_p + math.log(samples) < -18.0", "log_p > 0.0", file="ops.coverage"),),
    ),
    Mutant(
        name="direct_coverage_step-mean-over-sequences",
        loss="direct_coverage_step",
        caught_by="WorkedExamples",
        story="The mean divides by the number of sequences, though each step is one example.",
        edits=(Edit(".sum(dim=1), steps, sample_weight", ".sum(dim=1), None, sample_weight"),),
    ),
    Mutant(
        name="direct_coverage_step-neighbours-alone",
        loss="direct_coverage_step",
        caught_by="MatchesReference",
        story="A step ends where the next token has another id, so ids that come back open another step.",
        edits=(
            Edit(
                "ordered, order = ids.sort(dim=1)",
                "ordered, order = ids, torch.ones_like(ids).cumsum(dim=1) - 1",
                file="ops.segments",
            ),
        ),
    ),
)
