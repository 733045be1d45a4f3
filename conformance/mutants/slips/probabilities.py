"""Slips in losses of the softmax probabilities and class ids."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="label_smoothing_cross_entropy-over-wrong-classes",
        loss="label_smoothing_cross_entropy",
        caught_by="MinimisedAt",
        story="The smoothed mass is shared among the C - 1 wrong classes, as sequence models do.",
        edits=(
            Edit(
                "label, self.label_smoothing)",
                "label, self.label_smoothing * scores.size(-1) / max(1, scores.size(-1) - 1))",
            ),
        ),
    ),
    Mutant(
        name="label_smoothing_cross_entropy-ignored-rows-in-mean",
        loss="label_smoothing_cross_entropy",
        caught_by="IgnoresIndex",
        story="Ignored rows add nothing to the sum and still count in the mean.",
        edits=(Edit("kept.to(value.dtype)", "torch.ones_like(value)"),),
    ),
)
