"""Slips in what all losses share: reduction, weights, checks, configuration; each shown on one loss."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="reduction-sum-divided",
        loss="comp_sum",
        caught_by="Reduces",
        story="The sum is divided by the batch like the mean.",
        edits=(
            Edit("            return total\n", "            return total / counts.sum().clamp(min=1)\n", file="base"),
            Edit(' if self.reduction == "mean" else value.sum()', "", file="base"),
        ),
    ),
    Mutant(
        name="reduction-mean-ignores-weights",
        loss="dpo",
        caught_by="Weighted",
        story="The weighted mean divides by the number of samples.",
        edits=(Edit("counts = counts * weight", "counts = counts * 1.0", file="base"),),
    ),
    Mutant(
        name="reduction-none-ignores-weights",
        loss="mae_classification",
        caught_by="Weighted",
        story="Unreduced values come back without their weights.",
        edits=(
            Edit(
                "if sample_weight is not None:\n            shape",
                'if sample_weight is not None and self.reduction != "none":\n            shape',
                file="base",
            ),
        ),
    ),
    Mutant(
        name="reduction-weight-zero-times-nan",
        loss="cross_entropy",
        caught_by="Weighted",
        story="A sample of weight 0 is multiplied rather than left out, so its NaN stays.",
        edits=(
            Edit(
                "value = torch.where(weight == 0, torch.zeros_like(value), value * weight)",
                "value = value * weight",
                file="base",
            ),
        ),
    ),
    Mutant(
        name="reduction-empty-mean-is-nan",
        loss="hl_gauss",
        caught_by="Reduces",
        story="The mean of an empty batch is 0/0, which poisons the other workers of a distributed run.",
        edits=(
            Edit(
                "total / torch.where(divisor == 0, torch.ones_like(divisor), divisor)", "total / divisor", file="base"
            ),
            Edit("max(value.numel(), 1)", "value.numel()", file="base"),
        ),
    ),
    Mutant(
        name="reduction-mean-of-squares",
        loss="z_loss",
        caught_by="BatchDecomposable",
        story="The mean divides by one less than the batch, the divisor of a variance.",
        edits=(
            Edit("divisor = counts.sum()", "divisor = (counts.sum() - 1).clamp(min=1)", file="base"),
            Edit("max(value.numel(), 1)", "max(value.numel() - 1, 1)", file="base"),
        ),
    ),
    Mutant(
        name="configuration-without-lists",
        loss="cross_entropy",
        caught_by="RoundTrips",
        story="Parameters that became buffers are left out of the configuration.",
        edits=(
            Edit(
                "for k, v in self._values.items()}\n        return",
                "for k, v in self._values.items() if not isinstance(v, tuple)}\n        return",
                file="base",
            ),
        ),
    ),
    Mutant(
        name="configuration-without-reduction",
        loss="dice",
        caught_by="RoundTrips",
        story="The configuration always names the default reduction.",
        edits=(Edit('"reduction": self.reduction}', '"reduction": "mean"}', file="base"),),
    ),
    Mutant(
        name="parameters-in-single-precision",
        loss="cross_entropy",
        caught_by="MatchesReference",
        story="Lists of numbers are stored in float32, seven digits of them, and used in float64.",
        edits=(
            Edit("torch.tensor(value, dtype=torch.float64)", "torch.tensor(value, dtype=torch.float32)", file="base"),
        ),
    ),
    Mutant(
        name="checks-negative-label-accepted",
        loss="crammer_singer",
        caught_by="RejectsBadInput",
        story="Labels are checked from above only, so -1 wraps around to the last class.",
        edits=(Edit("bad = (tensor < 0) | (tensor >= count)", "bad = tensor >= count", file="checks"),),
    ),
    Mutant(
        name="checks-label-off-by-one",
        loss="mae_classification",
        caught_by="RejectsBadInput",
        story="The label C passes the check on labels up to C - 1.",
        edits=(Edit("bad = (tensor < 0) | (tensor >= count)", "bad = (tensor < 0) | (tensor > count)", file="checks"),),
    ),
    Mutant(
        name="checks-labels-clamped",
        loss="comp_sum",
        caught_by="RejectsBadInput",
        story="Labels out of range are clamped into it without a word.",
        edits=(
            Edit(
                "self.check(logits, target, sample_weight=sample_weight)\n        return",
                "target = target.clamp(0, logits.size(1) - 1)\n"
                "            self.check(logits, target, sample_weight=sample_weight)\n"
                "        return",
                file="base",
            ),
        ),
    ),
    Mutant(
        name="checks-sizes-not-compared",
        loss="dpo",
        caught_by="RejectsBadInput",
        story="Inputs of different batches are broadcast against each other instead of refused.",
        edits=(Edit("if known != size:", "if known != size and False:", file="checks"),),
    ),
    Mutant(
        name="checks-fractions-accepted",
        loss="mann_whitney",
        caught_by="RejectsBadInput",
        story="Binary targets are checked for their range alone, so one half passes.",
        edits=(Edit("(tensor != 0) & (tensor != 1)", "(tensor < 0) | (tensor > 1)", file="checks"),),
    ),
)
