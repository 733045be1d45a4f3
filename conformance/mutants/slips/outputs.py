"""Slips in losses of class ids that read the outputs of a network otherwise than by a softmax."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="one_hot_mse-label-left-out",
        loss="one_hot_mse",
        caught_by="DivergenceAxioms",
        story="The label's own error is masked along with those it was meant to be kept beside.",
        edits=(Edit("row_squares(errors)", "row_squares(errors.scatter(-1, target.unsqueeze(-1), 0.0))"),),
    ),
    Mutant(
        name="one_hot_mse-mean-over-classes",
        loss="one_hot_mse",
        caught_by="ReducesTo",
        story="The squares are averaged over the classes, as the framework's squared error does.",
        edits=(Edit("row_squares(errors)", "row_squares(errors) / errors.size(-1)"),),
    ),
    Mutant(
        name="one_hot_mse-scale-of-the-square",
        loss="one_hot_mse",
        caught_by="ZeroAt",
        story="The label's score is compared with 1 and its error scaled, not its target.",
        edits=(
            Edit("target, self.target_scale)", "target, 1.0)"),
            Edit(
                "row_squares(errors)",
                "row_squares(errors.scatter(-1, target.unsqueeze(-1), "
                "self.target_scale * errors.gather(-1, target.unsqueeze(-1))))",
            ),
        ),
    ),
    Mutant(
        name="spherical_softmax-epsilon-once",
        loss="spherical_softmax",
        caught_by="WorkedExamples",
        story="Epsilon is added to the sum of squares once, not for every class.",
        edits=(
            Edit("+ (scores.size(-1) - 1) * (floor / unit).square()", "+ (floor / unit).square()", file="ops.squares"),
        ),
    ),
    Mutant(
        name="spherical_softmax-squares-overflow",
        loss="spherical_softmax",
        caught_by="WorkedExamples",
        story="Scores are squared as they come, which overflows and vanishes.",
        edits=(Edit("held.div_(unit.unsqueeze(-1))", "unit = torch.ones_like(unit)", file="ops.squares"),),
    ),
    Mutant(
        name="spherical_softmax-gradient-of-the-total",
        loss="spherical_softmax",
        caught_by="ReducesTo",
        story="The wrong classes' share is detached as a normaliser.",
        edits=(Edit("torch.ones_like(rest), rest)", "torch.ones_like(rest), rest).detach()", file="ops.squares"),),
    ),
    Mutant(
        name="taylor_softmax-without-factorials",
        loss="taylor_softmax",
        caught_by="ReducesTo",
        story="The coefficients of the polynomial are those of (1 + x)^n, one node at 1.",
        edits=(
            Edit(
                "nodes, weights = np.polynomial.laguerre.laggauss(self.order // 2 + 1)",
                "nodes, weights = np.ones(1), np.ones(1)",
            ),
        ),
    ),
    Mutant(
        name="taylor_softmax-powers-overflow",
        loss="taylor_softmax",
        caught_by="WorkedExamples",
        story="Powers are taken of the scores as they come and overflow in float32.",
        edits=(Edit("largest = largest.detach()", "largest = torch.ones_like(largest)"),),
    ),
    Mutant(
        name="ordinal_cross_entropy-label-counts-itself",
        loss="ordinal_cross_entropy",
        caught_by="WorkedExamples",
        story="A label is taken for above its own threshold.",
        edits=(Edit("unsqueeze(-1) - 0.5", "unsqueeze(-1) + 0.5", file="ops.signs"),),
    ),
    Mutant(
        name="ordinal_cross_entropy-mean-over-thresholds",
        loss="ordinal_cross_entropy",
        caught_by="ReducesTo",
        story="The mean is taken over the thresholds too, as the framework's binary loss does.",
        edits=(Edit("return terms.sum(dim=-1)", "return terms.mean(dim=-1)"),),
    ),
    Mutant(
        name="ordinal_cross_entropy-weights-normalised",
        loss="ordinal_cross_entropy",
        caught_by="MatchesReference",
        story="The weights of the thresholds are divided by their sum.",
        edits=(
            Edit(
                "importance_weights.to(terms.dtype)",
                "(importance_weights / importance_weights.sum()).to(terms.dtype)",
            ),
        ),
    ),
    Mutant(
        name="ordinal_softmax_nll-difference-of-probabilities",
        loss="ordinal_softmax_nll",
        caught_by="MatchesReference",
        story="Cumulative probabilities are subtracted, clamped and logged, and saturated ones leave no difference.",
        edits=(
            Edit(
                "return softplus(-below) + softplus(above) - self.log_share(fall)",
                "return -(below.sigmoid() - above.sigmoid()).clamp(min=1e-15).log()",
            ),
        ),
    ),
    Mutant(
        name="ordinal_softmax_nll-label-off-by-one",
        loss="ordinal_softmax_nll",
        caught_by="ReducesTo",
        story="The scale is read from its other end, though scores are of being above a threshold.",
        edits=(
            Edit("        ends = torch.unbind(", "        target = last + 1 - target\n        ends = torch.unbind("),
        ),
    ),
    Mutant(
        name="spherical_head-gram-detached",
        loss="spherical_head",
        caught_by="ReducesTo",
        story="The statistics are kept beside the weight, and those formed from it are taken for kept ones.",
        edits=(Edit("full_matmul(matrix.t(), matrix) if", "full_matmul(matrix.t(), matrix).detach() if"),),
    ),
    Mutant(
        name="spherical_head-second-moment-for-variance",
        loss="spherical_head",
        caught_by="MatchesReference",
        story="The mean of the squared scores is not centred, as if the mean score were 0.",
        edits=(Edit("squares / classes - mean.square()", "squares / classes", file="ops.spherical"),),
    ),
    Mutant(
        name="spherical_head-epsilon-once",
        loss="spherical_head",
        caught_by="ReducesTo",
        story="Epsilon is added to the sum of squares once, not for every class.",
        edits=(Edit("rest_squares + (classes - 1.0) * eps", "rest_squares", file="ops.spherical"),),
    ),
    Mutant(
        name="svm_head-regulariser-in-every-sample",
        loss="svm_head",
        caught_by="WorkedExamples",
        story="Half the squared norm is added to every sample, so the sum holds it once a row.",
        edits=(Edit("share = norm / (2 * torch.where(rows == 0, torch.ones_like(rows), rows))", "share = norm / 2"),),
    ),
    Mutant(
        name="svm_head-mean-over-classes",
        loss="svm_head",
        caught_by="ReducesTo",
        story="The hinges of a sample are averaged over the classes.",
        edits=(Edit("hinge.sum(dim=-1)", "hinge.mean(dim=-1)"),),
    ),
)
