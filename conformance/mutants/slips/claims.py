"""False claims: a wrong regime, a loose or too tight bound, a property that another loss has."""

from collections.abc import Iterator

from losskit.conformance.mutants.model import Mutant
from losskit.spec import Above, AtLeast, Below, Between, Claim
from losskit.spec.expressions import log, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DivergenceAxioms,
    DuplicationInvariant,
    Elicits,
    FisherConsistent,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    SpatialInvariant,
    TriangleInequality,
    UpperBounds,
)

SEVERAL = {"C": AtLeast(2)}
POLICY = ("policy_chosen_logps", "policy_rejected_logps")

FALSE: dict[str, tuple[tuple[str, Claim, str], ...]] = {
    "comp_sum": (
        (
            "regime-too-wide",
            Convex(on="logits").holds(when={"tau": Between(0, 1.5), **SEVERAL}),
            "Convexity ends at 1, not at 1.5.",
        ),
        (
            "symmetric-off-the-end",
            LabelSymmetric().holds(when={"tau": Between(1.5, 2)}),
            "Only the end tau = 2 is symmetric.",
        ),
        ("negative", NonNegative().fails(), "A true property is claimed to fail."),
        ("loose-bound", Bounded(lower=0.0, upper=2.0).holds(when={"tau": 2}), "The bound is twice what is reached."),
        (
            "tight-bound",
            Bounded(lower=0.0, upper=0.75).holds(when={"tau": 2, **SEVERAL}),
            "The value passes the bound.",
        ),
        (
            "tight-constant",
            Lipschitz(on="logits", constant=1.4).holds(when={"tau": 1, **SEVERAL}),
            "The square root of 2 is rounded down.",
        ),
        (
            "loose-constant",
            Lipschitz(on="logits", constant=2.0).holds(when={"tau": 1, **SEVERAL}),
            "The constant of another norm.",
        ),
        (
            "not-lipschitz",
            Lipschitz(on="logits").fails(when={"tau": 1}),
            "Cross-entropy's slope is taken for unbounded.",
        ),
        ("increasing", Monotone(on="tau", direction="increasing").holds(), "The order of the family is reversed."),
        ("scale-invariant", ScaleInvariant(on="logits", axis="C").holds(), "Shifts are taken for factors."),
        (
            "shift-along-batch",
            ShiftInvariant(on="logits", axis="B").holds(),
            "The invariance is claimed of the wrong axis.",
        ),
        ("not-calibrated", ClassificationCalibrated().fails(when={"tau": 1}), "The logistic member is calibrated."),
    ),
    "crammer_singer": (
        (
            "calibrated",
            ClassificationCalibrated().holds(when={"margin": Above(0), "C": AtLeast(3)}),
            "The binary result is carried over to many classes.",
        ),
        (
            "constant-of-one-class",
            Lipschitz(on="logits", constant=sqrt(2) / 2).holds(when=SEVERAL),
            "The slope of one score is taken for that of the row.",
        ),
        ("smooth", Differentiable(on="logits").holds(when=SEVERAL), "The kinks of the hinge are forgotten."),
        (
            "degree-two",
            Homogeneous(on=("logits", "margin"), degree=2.0).holds(when=SEVERAL),
            "The degree of the squared hinge.",
        ),
    ),
    "cross_entropy": (
        (
            "curvature-of-binary-case",
            Smooth(on="logits", constant=0.25).holds(when={"class_weights": None, **SEVERAL}),
            "The logistic loss's 1/4 is carried over to the softmax.",
        ),
        (
            "constant-without-smoothing",
            Lipschitz(on="logits", constant=sqrt(2)).holds(
                when={"class_weights": None, "label_smoothing": 0.2, "C": 3}
            ),
            "With label smoothing the constant is smaller.",
        ),
        ("relabelling-with-weights", PermutationInvariant(over="classes").holds(), "Class weights do not move along."),
        (
            "calibrated-when-all-smoothed",
            ClassificationCalibrated().holds(when={"class_weights": None, "label_smoothing": {1.0}, **SEVERAL}),
            "With all mass smoothed the label no longer matters.",
        ),
        (
            "scale-invariant",
            ScaleInvariant(on="logits", axis="C").holds(when=SEVERAL),
            "Only differences enter, not quotients.",
        ),
    ),
    "mae_classification": (
        (
            "convex",
            Convex(on="logits").holds(when=SEVERAL),
            "Linear in the probabilities is taken for convex in the scores.",
        ),
        (
            "loose-bound",
            Bounded(lower=0.0, upper=2 * symbol("scale")).holds(when={"C": 3}),
            "The bound of the L1 distance, which is twice as large.",
        ),
        ("equal-to-comp-sum", ReducesTo(other="comp_sum", parameters={"tau": 2.0}).holds(), "The scale is forgotten."),
    ),
    "ldr_kl": (
        ("non-negative", NonNegative().holds(), "The 1/C inside the logarithm makes values negative."),
        (
            "curvature",
            Smooth(on="logits", constant=1 / symbol("lam")).holds(when={"lam": 2.0, "margin": 0.0, "C": 3}),
            "The constant of the l1 norm, twice too large here.",
        ),
        (
            "calibrated-at-zero",
            ClassificationCalibrated().holds(when={"lam": {0.0}, "margin": {1.0}, "C": AtLeast(3)}),
            "The regime includes its end, the hinge.",
        ),
    ),
    "z_loss": (
        (
            "calibrated",
            ClassificationCalibrated().holds(when={"eps": 0, "a": 1, "b": 1}),
            "Equal scores beat every other row where no class stands out.",
        ),
        (
            "scale-invariant-with-floor",
            ScaleInvariant(on="logits", axis="C").holds(when={"eps": 0.5}),
            "The floor of the variance has a scale.",
        ),
    ),
    "dpo": (
        (
            "constant-without-smoothing",
            Lipschitz(on=POLICY, constant=symbol("beta") * sqrt(2)).holds(),
            "Smoothing flattens the slope.",
        ),
        (
            "constant-of-one-input",
            Lipschitz(on=POLICY, constant=symbol("beta")).holds(when={"label_smoothing": 0.0}),
            "Both inputs move the margin.",
        ),
        (
            "monotone-with-smoothing",
            Monotone(on=POLICY[0], direction="decreasing").holds(),
            "With smoothing the loss turns up again.",
        ),
    ),
    "mann_whitney": (
        (
            "shift-of-rows",
            ShiftInvariant(on="logits", axis="last").holds(),
            "True of a loss for each query, not of one over all.",
        ),
        (
            "constant-of-one-end",
            Lipschitz(on="logits", norm="linf", constant=1 / symbol("temperature")).holds(when={"normalize": "pairs"}),
            "A pair pulls two scores.",
        ),
        ("copies", DuplicationInvariant().holds(), "The sum over negatives is taken for a mean."),
    ),
    "multi_similarity": (
        ("scale-invariant-always", ScaleInvariant(on="embeddings", axis="D").holds(), "True with normalisation only."),
    ),
    "mse": (
        (
            "distance",
            TriangleInequality(a="input", b="target").holds(),
            "The square of a distance is taken for a distance.",
        ),
        (
            "median",
            Elicits(functional="quantile", on="input", of="target").holds(),
            "The mean is taken for the median.",
        ),
    ),
    "mae": (
        ("mean", Elicits(functional="mean", on="input", of="target").holds(), "The median is taken for the mean."),
        (
            "another-quantile",
            Elicits(functional="quantile", on="input", of="target", level=0.45).holds(),
            "The quantile is off by a twentieth.",
        ),
    ),
    "hinge": (
        (
            "divergence",
            DivergenceAxioms(of="logits", origin=symbol("margin") * (2 * symbol("target") - 1)).holds(),
            "The hinge is zero beyond the margin, not at it alone.",
        ),
        (
            "auc-consistent",
            FisherConsistent(target="auc").holds(when={"margin": 1.0}),
            "Calibration is taken for consistency with the AUC, which asks for the order of all points.",
        ),
    ),
    "logit_adjusted": (
        (
            "balanced-whatever-the-strength",
            FisherConsistent(target="weighted", costs=1 / symbol("class_prior")).holds(
                when={"class_prior": Above(0), "tau": Between(0.25, 0.75), **SEVERAL}
            ),
            "The balanced error is asked for at tau = 1 alone.",
        ),
    ),
    "direct_coverage": (
        (
            "above-cross-entropy",
            UpperBounds(
                target="direct_coverage", parameters={"n_samples": 1.0}, offset=log(symbol("n_samples")) / 2
            ).holds(when={"n_samples": AtLeast(2), "ignore_index": Below(0), "V": AtLeast(2)}),
            "Half of the union bound is forgotten.",
        ),
    ),
    "hl_gauss": (
        (
            "loose-constant",
            Lipschitz(on="logits", norm="linf", constant=2.0).holds(when={"clamp_target": True, "K": 2}),
            "No clamped target puts all its mass on one bin.",
        ),
    ),
    "dice": (
        (
            "convex",
            Convex(on="logits").holds(when={"class_weights": None}),
            "The relaxed overlap is not convex in the scores.",
        ),
        (
            "bounded-with-any-smoothing",
            Bounded(lower=0.0, upper=1.0).holds(when={"class_weights": None}),
            "True only where both smoothing terms agree.",
        ),
        ("non-negative-always", NonNegative().holds(), "A smoothed numerator can exceed the denominator."),
    ),
    "linear_cross_entropy": (
        (
            "jointly-convex",
            Convex(on=("hidden", "weight")).holds(when={"V": AtLeast(2)}),
            "Convex in each factor is taken for convex in both.",
        ),
        (
            "backwards",
            SpatialInvariant().holds(when={"shift": AtLeast(1), "V": AtLeast(2)}),
            "What counts tokens one by one is carried over to the loss of the next token.",
        ),
        (
            "shift-with-cap",
            ShiftInvariant(on="weight", axis="V").holds(when={"softcap": Between(0.5, 2), "V": AtLeast(2)}),
            "The soft cap feels a shift.",
        ),
    ),
}


def _mutants() -> Iterator[Mutant]:
    for loss, claims in FALSE.items():
        for slip, claim, story in claims:
            yield Mutant(f"claim-{loss}-{slip}", loss, claim.property.kind, story, claim=claim)


MUTANTS = tuple(_mutants())
