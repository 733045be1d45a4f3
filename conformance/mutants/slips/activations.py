"""Slips in activations and in the entropy that they are searched by."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="crrelu-gaussian-without-half",
        loss="crrelu",
        caught_by="MinimisedAt",
        story="The bump is x exp(-x^2), whose minimum lies nearer to 0.",
        edits=(Edit("gaussian_bump(points)", "gaussian_bump(2**0.5 * points) / 2**0.5"),),
    ),
    Mutant(
        name="crrelu-infinity-times-zero",
        loss="crrelu",
        caught_by="WorkedExamples",
        story="The bump is computed as it is written, and an infinite input makes it infinity times 0.",
        edits=(Edit("gaussian_bump(points)", "points * torch.exp(-0.5 * points * points)"),),
    ),
    Mutant(
        name="crrelu-learned-epsilon-ignored",
        loss="crrelu",
        caught_by="MatchesReference",
        story="The coefficient that is passed in counts for nothing beside the parameter of its name.",
        edits=(Edit("epsilon.to(points.dtype) * bump", "self.epsilon * bump + 0 * epsilon"),),
    ),
    Mutant(
        name="wafbc-without-half",
        loss="wafbc",
        caught_by="MatchesReference",
        story="The share is the complementary error function without its factor 1/2, and the step twice as high.",
        edits=(
            Edit("share.mul_(0.5 * far)", "share.mul_(far)", file="ops.normal"),
            Edit("share.mul_(0.5)", "share.mul_(1.0)", file="ops.normal"),
        ),
    ),
    Mutant(
        name="wafbc-no-slope-at-the-mean",
        loss="wafbc",
        caught_by="Differentiable",
        story="The tail is taken of the absolute value, whose derivative at 0 is 0.",
        edits=(
            Edit("slope = (density * of_value)", "slope = (density * of_value * (scaled != 0))", file="ops.normal"),
        ),
    ),
    Mutant(
        name="wafbc-divides-by-the-variance",
        loss="wafbc",
        caught_by="Homogeneous",
        story="The inputs are divided by the variance.",
        edits=(Edit("self.mean, self.std)", "self.mean, self.std**2)"),),
    ),
    Mutant(
        name="activation_entropy-logarithm-of-the-input-density",
        loss="activation_entropy",
        caught_by="ZeroAt",
        story="The slope of the inverse is left out under the logarithm.",
        edits=(
            Edit(
                "certainty = times_exp(log_density)",
                "certainty = (log_density - torch.log(widen(dy))) * torch.exp(log_density)",
            ),
        ),
    ),
    Mutant(
        name="activation_entropy-mean-over-nodes",
        loss="activation_entropy",
        caught_by="ReducesTo",
        story="The nodes are averaged, where their weights make the sum an integral.",
        edits=(Edit("(widen(quadrature) * certainty).sum()", "(widen(quadrature) * certainty).mean()"),),
    ),
    Mutant(
        name="activation_entropy-zero-times-log-zero",
        loss="activation_entropy",
        caught_by="WorkedExamples",
        story="The logarithm is taken of the density itself, which underflows to 0 in the tails.",
        edits=(
            Edit("log_gaussian(standard)", "-0.5 * standard * standard"),
            Edit("times_exp(log_density)", "log_density.exp() * log_density.exp().log()"),
        ),
    ),
    Mutant(
        name="activation_entropy-density-held",
        loss="activation_entropy",
        caught_by="FirstVariation",
        story="The density is taken for a constant, and a step along the gradient forgets that y moves on it.",
        edits=(Edit("log_gaussian(standard)", "log_gaussian(standard.detach())"),),
    ),
    Mutant(
        name="eafo_correction-sign-of-the-score",
        loss="eafo_correction",
        caught_by="ZeroAt",
        story="The derivative of the density has lost its sign.",
        edits=(Edit("slope - widen(d2y) / slope", "slope + widen(d2y) / slope"),),
    ),
    Mutant(
        name="eafo_correction-derivative-per-deviation",
        loss="eafo_correction",
        caught_by="Homogeneous",
        story="The standardised y is divided once by the deviation, which makes it the derivative by the standardised y.",
        edits=(Edit("over_deviation(standard, self.std)", "standard"),),
    ),
    Mutant(
        name="eafo_correction-second-derivative-times-slope",
        loss="eafo_correction",
        caught_by="MatchesReference",
        story="The second derivative is multiplied with the first instead of divided by it.",
        edits=(Edit("widen(d2y) / slope", "widen(d2y) * slope"),),
    ),
)
