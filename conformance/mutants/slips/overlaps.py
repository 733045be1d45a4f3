"""Slips in losses of an overlap of classified items with the labelled ones."""

from losskit.conformance.mutants.model import Edit, Mutant
from losskit.spec import OneOf
from losskit.spec.properties import ClassificationCalibrated, Monotone

EACH = {"aggregation": OneOf(values=("sample",))}
DIVIDED_BY_THE_BATCH = Edit(
    "value = self.each(share, missing, label)",
    "wrong, size = self.parts(share, missing, label)\n            value = wrong / (size.sum(dim=0) + self.smooth)",
    file="overlap",
)

MUTANTS = (
    Mutant(
        name="dice-smoothing-by-column",
        loss="dice",
        caught_by="SpatialInvariant",
        story="The denominator is smoothed once for each column of the image.",
        edits=(
            Edit("/ (size + self.smooth_dr)", "/ (size + self.smooth_dr * self.columns)"),
            Edit("wrong, size = self._sums(", "self.columns = target.size(-1)\n        wrong, size = self._sums("),
        ),
    ),
    Mutant(
        name="binary_dice-smoothing-below-alone",
        loss="binary_dice",
        caught_by="ZeroAt",
        story="The smoothing term is added to the denominator alone.",
        edits=(
            Edit("return (gap * gap).div_(size)", "return (gap * gap + smooth).div_(size)", file="ops.overlap_losses"),
        ),
    ),
    Mutant(
        name="binary_dice-sums-of-the-batch-below",
        loss="binary_dice",
        caught_by="BatchDecomposable",
        story="Each sample's numerator is divided by the sums of the whole batch, as one path of the authors' code does.",
        edits=(DIVIDED_BY_THE_BATCH,),
    ),
    Mutant(
        name="binary_dice-calibrated",
        loss="binary_dice",
        caught_by="ClassificationCalibrated",
        story="Calibration of the plain denominator is claimed of the squared one, whose threshold lies beyond 1/2.",
        claim=ClassificationCalibrated().holds(when=EACH),
    ),
    Mutant(
        name="binary_tversky-weights-exchanged",
        loss="binary_tversky",
        caught_by="WorkedExamples",
        story="alpha multiplies false negatives and beta false positives, as in some libraries.",
        edits=(Edit("label, self.alpha, self.beta, self.smooth)", "label, self.beta, self.alpha, self.smooth)"),),
    ),
    Mutant(
        name="binary_tversky-without-hits-below",
        loss="binary_tversky",
        caught_by="ReducesTo",
        story="True positives are left out of the denominator.",
        edits=(
            Edit(
                "return tversky_losses(share, missing, label, self.alpha, self.beta, self.smooth)",
                "wrong = self.parts(share, missing, label)[0]\n        return wrong / (wrong + self.smooth)",
            ),
        ),
    ),
    Mutant(
        name="binary_tversky-calibrated-by-equal-weights",
        loss="binary_tversky",
        caught_by="ClassificationCalibrated",
        story="Equal weights are taken for calibration, however light they are.",
        claim=ClassificationCalibrated().holds(when={**EACH, "alpha": 0.1, "beta": 0.1}),
    ),
    Mutant(
        name="self_adjusting_dice-weight-detached",
        loss="self_adjusting_dice",
        caught_by="Differentiable",
        story="The weight is taken for a constant whatever was asked for.",
        edits=(Edit("if detached:", "if detached or alpha > 0:", file="ops.overlap"),),
    ),
    Mutant(
        name="self_adjusting_dice-detached-for-nobody",
        loss="self_adjusting_dice",
        caught_by="MatchesReference",
        story="The parameter that detaches the weight is accepted and forgotten, which no value shows.",
        edits=(Edit("if detached:", "if detached and alpha < 0:", file="ops.overlap"),),
    ),
    Mutant(
        name="self_adjusting_dice-power-of-the-probability",
        loss="self_adjusting_dice",
        caught_by="FiniteOn",
        story="The power is taken of 1 - p itself, whose slope is infinite where it has underflowed.",
        edits=(
            Edit("self.alpha == 1 and", "self.alpha < 0 and"),
            Edit(
                "log_weight = alpha * log_missing",
                "log_weight = (log_missing.exp().pow(alpha) + 1e-300).log()",
                file="ops.overlap",
            ),
        ),
    ),
    Mutant(
        name="self_adjusting_dice-monotone",
        loss="self_adjusting_dice",
        caught_by="Monotone",
        story="Positives are taken to gain by every higher score; beyond p = 1 / (1 + alpha) they lose.",
        claim=Monotone(on="logits", part="positives", direction="decreasing").holds(when={"alpha": 1.0}),
    ),
    Mutant(
        name="self_adjusting_dice_multiclass-mean-over-classes",
        loss="self_adjusting_dice_multiclass",
        caught_by="ReducesTo",
        story="The coefficients are averaged over the classes.",
        edits=(Edit("self.reduce(value.sum(), count", "self.reduce(value.mean(), count", file="overlap"),),
    ),
    Mutant(
        name="self_adjusting_dice_multiclass-sums-of-the-batch-below",
        loss="self_adjusting_dice_multiclass",
        caught_by="MatchesReference",
        story="Numerators of each sample are divided by sums over the whole batch, as the authors' code does.",
        edits=(DIVIDED_BY_THE_BATCH,),
    ),
    Mutant(
        name="self_adjusting_dice_multiclass-rest-by-subtraction",
        loss="self_adjusting_dice_multiclass",
        caught_by="FiniteOn",
        story="1 - p is subtracted and the logarithm taken, of nothing where the softmax is sure.",
        edits=(
            Edit("torch.where(largest, rest, others)", "(1 - torch.exp(log_p)).log() + 0 * rest", file="ops.variances"),
        ),
    ),
)
