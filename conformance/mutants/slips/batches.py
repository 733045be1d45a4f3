"""Slips in losses of images, token sequences and embeddings."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="dice-smoothing-forgotten",
        loss="dice",
        caught_by="MatchesReference",
        story="The smoothing term is added to the denominator alone.",
        edits=(Edit("(self.smooth_dr - self.smooth_nr)", "self.smooth_dr"),),
    ),
    Mutant(
        name="dice-always-over-batch",
        loss="dice",
        caught_by="BatchDecomposable",
        story="Sums run over the whole batch before the division, whatever was asked for.",
        edits=(Edit("if self.batch:", "if self.batch or labels.size(0) > 0:"),),
    ),
    Mutant(
        name="dice-half-squared",
        loss="dice",
        caught_by="Bounded",
        story="The squared denominator goes with a numerator that is not squared.",
        edits=(Edit("gap, size = gap * gap, size * size", "gap, size = gap, size * size", file="ops.overlap"),),
    ),
    Mutant(
        name="dice-ignored-pixels-counted",
        loss="dice",
        caught_by="IgnoresIndex",
        story="Ignored pixels are left out of the denominator alone.",
        edits=(Edit("return self._mask(gap, kept).sum(dim=2)", "return gap.sum(dim=2)"),),
    ),
    Mutant(
        name="dice-background-kept",
        loss="dice",
        caught_by="WorkedExamples",
        story="The first kept class is off by one, so the background stays.",
        edits=(
            Edit(
                "0 if self.include_background or classes == 1 else 1",
                "0 if self.include_background or classes == 1 else 0",
            ),
        ),
    ),
    Mutant(
        name="dice-sigmoid-for-softmax",
        loss="dice",
        caught_by="ShiftInvariant",
        story="Each class takes a sigmoid of its own although classes exclude each other.",
        edits=(Edit("torch.softmax(scores, dim=1)", "torch.sigmoid(scores)"),),
    ),
    Mutant(
        name="dice-softmax-over-pixels",
        loss="dice",
        caught_by="MatchesReference",
        story="The softmax runs over the pixels, the last axis, where the classes are axis 1.",
        edits=(Edit("torch.softmax(scores, dim=1)", "torch.softmax(scores, dim=2)"),),
    ),
    Mutant(
        name="dice-unjudged-samples-counted",
        loss="dice",
        caught_by="Reduces",
        story="A sample whose every pixel is ignored counts in the mean as a perfect one.",
        edits=(Edit("counted = judged & (", "counted = torch.ones_like(judged) & ("),),
    ),
    Mutant(
        name="dice-mean-over-samples-alone",
        loss="dice",
        caught_by="MatchesReference",
        story="The mean divides by the batch and leaves the classes summed.",
        edits=(Edit("divisor = counts.sum()", "divisor = counts.sum() / max(1, counts.size(-1))", file="base"),),
    ),
    Mutant(
        name="linear_cross_entropy-targets-not-shifted",
        loss="linear_cross_entropy",
        caught_by="WorkedExamples",
        story="The last hidden state is cut off and the targets are cut at the same end.",
        edits=(Edit("target = target[..., self.shift :]", "target = target[..., : target.size(-1) - self.shift]"),),
    ),
    Mutant(
        name="linear_cross_entropy-cap-without-derivative",
        loss="linear_cross_entropy",
        caught_by="Differentiable",
        story="The hand-written gradient leaves out the derivative of the soft cap.",
        edits=(Edit("z *= inside", "z *= 1.0", file="ops.linear_log_loss"),),
    ),
    Mutant(
        name="linear_cross_entropy-smoothing-gradient",
        loss="linear_cross_entropy",
        caught_by="MatchesReference",
        story="The gradient subtracts the whole smoothed mass from every class.",
        edits=(Edit("z -= smooth / classes", "z -= smooth", file="ops.linear_log_loss"),),
    ),
    Mutant(
        name="linear_cross_entropy-ignored-tokens-in-mean",
        loss="linear_cross_entropy",
        caught_by="IgnoresIndex",
        story="The fast path divides by all tokens, padding included.",
        edits=(Edit("counts = kept.to(hidden.dtype)", "counts = torch.ones_like(kept).to(hidden.dtype)"),),
    ),
    Mutant(
        name="linear_cross_entropy-gradient-n-times-too-big",
        loss="linear_cross_entropy",
        caught_by="Reduces",
        story="The gradient made in the forward pass is not scaled by the incoming one, so the mean's is N times too big.",
        edits=(
            Edit(
                "times(gradient, cotangent) for gradient in made", "gradient for gradient in made", file="ops.blocked"
            ),
        ),
    ),
    Mutant(
        name="linear_cross_entropy-transposed-rotation",
        loss="linear_cross_entropy",
        caught_by="RotationInvariant",
        story="Hidden states are normalised entry by entry before the product, which singles out the axes.",
        edits=(Edit("block = hidden[own]", "block = hidden[own].tanh()", file="ops.linear_log_loss"),),
    ),
    Mutant(
        name="multi_similarity-threshold-of-the-paper",
        loss="multi_similarity",
        caught_by="WorkedExamples",
        story="The threshold's default is the paper's 1, not the 0.5 its results were obtained with.",
        edits=(Edit("lam: float = Field(0.5,", "lam: float = Field(1.0,", file="spec"),),
    ),
    Mutant(
        name="multi_similarity-self-pair-kept",
        loss="multi_similarity",
        caught_by="MatchesReference",
        story="Each anchor is its own positive.",
        edits=(
            Edit("torch.logical_and(same, torch.logical_not(own)), torch", "same, torch"),
            Edit("positive[:, own].fill_diagonal_(False)", "positive[:, own]", file="ops.pairs"),
        ),
    ),
    Mutant(
        name="multi_similarity-slack-reversed",
        loss="multi_similarity",
        caught_by="MatchesReference",
        story="The mining slack has the wrong sign and drops pairs that it should keep.",
        edits=(
            Edit("nearest + self.epsilon, farthest - self.epsilon", "nearest - self.epsilon, farthest + self.epsilon"),
        ),
    ),
    Mutant(
        name="multi_similarity-not-divided-by-sharpness",
        loss="multi_similarity",
        caught_by="WorkedExamples",
        story="The positive term is not divided by alpha.",
        edits=(Edit("(pull_top + pull_sum.log()) / self.alpha", "(pull_top + pull_sum.log())"),),
    ),
    Mutant(
        name="multi_similarity-one-end-of-each-pair",
        loss="multi_similarity",
        caught_by="Differentiable",
        story="The gradient of a similarity reaches the anchor and not its partner.",
        edits=(Edit("gradient.addmm_(slope.T, block)", "pass", file="ops.pairs"),),
    ),
    Mutant(
        name="multi_similarity-zero-vector",
        loss="multi_similarity",
        caught_by="FiniteOn",
        story="Vectors are divided by their length without a floor: 0/0 for a zero vector.",
        edits=(Edit("above = square > 1e-24", "above = square >= 0", file="ops.vectors"),),
    ),
    Mutant(
        name="multi_similarity-graph-drifted",
        loss="multi_similarity",
        caught_by="ExportsONNX",
        story="The form that graphs take keeps the self pairs that eager mode drops.",
        edits=(Edit("torch.logical_and(same, torch.logical_not(own)), torch", "same, torch"),),
    ),
    Mutant(
        name="multi_similarity-not-normalised",
        loss="multi_similarity",
        caught_by="ScaleInvariant",
        story="The embeddings are taken as they come although normalisation was asked for.",
        edits=(Edit("x = unit_rows(x)", "x = x"),),
    ),
    Mutant(
        name="profit_aware_bce-divided-by-pairs",
        loss="profit_aware_bce",
        caught_by="ReducesTo",
        story="The divisor of a list is the number of its pairs instead of its items.",
        edits=(Edit("/ max(scores.size(1), 1)", "/ max(scores.size(1) * (scores.size(1) - 1) // 2, 1)"),),
    ),
    Mutant(
        name="profit_aware_bce-lists-without-a-gap-counted",
        loss="profit_aware_bce",
        caught_by="BatchDecomposable",
        story="The mean divides by all lists, those without a weighted pair included.",
        edits=(
            Edit(
                "(weight > 0).to(value.dtype) if self.skip_empty else torch.ones_like(value)", "torch.ones_like(value)"
            ),
        ),
    ),
    Mutant(
        name="profit_aware_bce-profits-not-detached",
        loss="profit_aware_bce",
        caught_by="MatchesReference",
        story="The weights have a gradient, so that profits are moved to fit the scores.",
        edits=(Edit("pnl.detach()", "pnl"),),
    ),
)
