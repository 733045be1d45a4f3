"""Slips in measures of what training did to features and heads, and in objectives made of them."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="neural_collapse_ufm-feature-decay-averaged",
        loss="neural_collapse_ufm",
        caught_by="WorkedExamples",
        story="The penalty on the features is averaged over the samples like the fit, where the paper sums it.",
        edits=(Edit("self.feature_decay * counts.sum() * row", "self.feature_decay * row"),),
    ),
    Mutant(
        name="neural_collapse_ufm-layers-backwards",
        loss="neural_collapse_ufm",
        caught_by="MatchesReference",
        story="The last of the hidden layers is applied first.",
        edits=(Edit("in layers.unbind(0):", "in layers.flip(0).unbind(0):"),),
    ),
    Mutant(
        name="nc2_frame-rows-centred",
        loss="nc2_frame",
        caught_by="ShiftInvariant",
        story="The vectors are centred by their mean, as class means are and classifier rows are not.",
        edits=(Edit("unit_norm(widen(weight))", "unit_norm(widen(weight) - widen(weight).mean(dim=0))"),),
    ),
    Mutant(
        name="nc2_frame-frame-not-centred",
        loss="nc2_frame",
        caught_by="WorkedExamples",
        story="The equiangular tight frame loses its mean in scaling: its Gram matrix is the identity.",
        edits=(
            Edit("identity = identity - 1 / classes", "identity = identity * (1 - 1 / classes)", file="ops.frames"),
        ),
    ),
    Mutant(
        name="nc3_self_duality-mean-of-means",
        loss="nc3_self_duality",
        caught_by="MatchesReference",
        story="Class means are centred by their own mean, where the paper takes the mean of all rows.",
        edits=(
            Edit(
                "        if not torch.jit.is_scripting():\n            self._refuse_zeros",
                "        means = means - means.mean(dim=0) if self.frame == 'etf' else means\n"
                "        if not torch.jit.is_scripting():\n            self._refuse_zeros",
            ),
        ),
    ),
    Mutant(
        name="nc3_self_duality-always-centred",
        loss="nc3_self_duality",
        caught_by="ShiftInvariant",
        story="The means are centred whatever the frame.",
        edits=(Edit('self.frame == "etf")', 'self.frame != "")'),),
    ),
    Mutant(
        name="nc1_variability-squares-of-the-matrix",
        loss="nc1_variability",
        caught_by="MatchesReference",
        story="rcond, which is for eigenvalues, is set against singular values of the means.",
        edits=(
            Edit(
                "sizes.square() > rcond * sizes[:1].square()", "sizes > rcond * sizes[:1]", file="ops.truncated_inverse"
            ),
        ),
    ),
    Mutant(
        name="nc1_variability-means-detached",
        loss="nc1_variability",
        caught_by="ScaleInvariant",
        story="The class means are constants, as in the numbers that the paper's code prints.",
        edits=(
            Edit(
                "measured(deviations, means, spread)",
                "measured(deviations, means.detach(), spread)",
            ),
        ),
    ),
    Mutant(
        name="nc1_variability-classes-by-size",
        loss="nc1_variability",
        caught_by="WorkedExamples",
        story="S_B weighs each class by its share of the rows.",
        edits=(
            Edit(
                ".index_select(0, place), torch.ones_like(means[:, 0])",
                ".index_select(0, place), place.bincount().to(x.dtype)",
            ),
        ),
    ),
)
