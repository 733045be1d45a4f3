"""Slips in the shape of a loss: an invariance that the guard of a division ends, a convexity that two classes have alone."""

from losskit.conformance.mutants.model import Edit, Mutant
from losskit.spec import AtLeast, Between
from losskit.spec.properties import (
    AffineInvariant,
    ArgumentSymmetric,
    Concave,
    QuasiConvex,
    StrictlyConvex,
    TranslationInvariant,
)

SUPPORT = ("reward", "min_value", "max_value")

MUTANTS = (
    Mutant(
        name="z_loss-epsilon-always",
        loss="z_loss",
        caught_by="AffineInvariant",
        story="An epsilon guards the division even where none is asked for, as it does in normalisation layers.",
        edits=(Edit("floor = self.eps**0.5", "floor = max(self.eps, 1e-5) ** 0.5"),),
    ),
    Mutant(
        name="cross_entropy-affine",
        loss="cross_entropy",
        caught_by="AffineInvariant",
        story="A loss that a shift leaves alone is taken for one that a factor leaves alone, too.",
        claim=AffineInvariant(on="logits", axis="C").holds(when={"C": AtLeast(2)}),
    ),
    Mutant(
        name="mae-relative",
        loss="mae",
        caught_by="ArgumentSymmetric",
        story="The error is divided by the size of the target, the percentage error of forecasts.",
        edits=(
            Edit(
                "return (widen(input) - widen(target)).abs()",
                "return (widen(input) - widen(target)).abs() / (1 + widen(target).abs())",
            ),
        ),
    ),
    Mutant(
        name="dpo-symmetric-with-any-smoothing",
        loss="dpo",
        caught_by="ArgumentSymmetric",
        story="Only labels that are flipped half of the time make both completions alike.",
        claim=ArgumentSymmetric(a="policy_chosen_logps", b="policy_rejected_logps").holds(
            when={"label_smoothing": Between(0.1, 0.4), "reference_free": True}
        ),
    ),
    Mutant(
        name="activation_entropy-sign",
        loss="activation_entropy",
        caught_by="Concave",
        story="The minus of the entropy is lost, so that a search for the largest finds the smallest.",
        edits=(Edit("return -(widen(quadrature)", "return (widen(quadrature)"),),
    ),
    Mutant(
        name="h_consistency_transform-taken-for-its-inverse",
        loss="h_consistency_transform",
        caught_by="Concave",
        story="The transform is convex; its inverse, the bound, is concave.",
        claim=Concave(on="value").holds(when={"direction": "T", "tau": Between(0, 1.9), "num_classes": Between(2, 10)}),
    ),
    Mutant(
        name="focal-focus-on-the-easy",
        loss="focal",
        caught_by="QuasiConvex",
        story="The power is taken of p instead of 1 - p, and hopeless rows cost nothing.",
        edits=(Edit("missed.clamp(min=1e-37)", "(1 - missed).clamp(min=1e-37)"),),
    ),
    Mutant(
        name="comp_sum_rho_margin-clipped-and-quasi-convex",
        loss="comp_sum_rho_margin",
        caught_by="QuasiConvex",
        story="A clipped margin is quasi-convex; a sum of several is not.",
        claim=QuasiConvex(on="logits").holds(when={"C": AtLeast(3)}),
    ),
    Mutant(
        name="mse-linear-tails",
        loss="mse",
        caught_by="StrictlyConvex",
        story="One factor of the square is clipped so that no outlier dominates a step, which leaves linear tails.",
        edits=(
            Edit(
                "return squared_residual(widen(input), widen(target))",
                "residual = widen(input) - widen(target)\n        return residual * residual.clamp(-1.0, 1.0)",
            ),
        ),
    ),
    Mutant(
        name="huber-strictly-convex",
        loss="huber",
        caught_by="StrictlyConvex",
        story="What is true within delta is claimed of the linear tails, too.",
        claim=StrictlyConvex(on="input").holds(),
    ),
    Mutant(
        name="squared_hinge-strictly-convex",
        loss="squared_hinge",
        caught_by="StrictlyConvex",
        story="The square is taken for strictly convex, though it is 0 wherever the margin is kept.",
        claim=StrictlyConvex(on="logits").holds(),
    ),
    Mutant(
        name="hl_gauss-support-from-zero",
        loss="hl_gauss",
        caught_by="TranslationInvariant",
        story="A target is placed as if the support began at 0.",
        edits=(Edit("(target - self.min_value) / (self.max_value", "target / (self.max_value"),),
    ),
    Mutant(
        name="categorical_projection-discount-forgotten",
        loss="categorical_projection",
        caught_by="TranslationInvariant",
        story="Rewards and support move together, but the values that the support stands for are discounted.",
        claim=TranslationInvariant(on=SUPPORT).holds(),
    ),
)
