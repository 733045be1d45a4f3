"""The squared hinge loss of one score: the smooth hinge of L2 support vector machines."""

from pydantic import Field

from losskit.spec import AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, NAN_ROW, SIGN_BY_ARITHMETIC, SIGNED
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DivergenceAxioms,
    HConsistencyBound,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    Smooth,
    StrictlyConvex,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

MARGIN = symbol("margin")
RIGHT = {"logits": MARGIN * (2 * symbol("target") - 1)}


class SquaredHingeParameters(Parameters):
    """Parameters of the squared hinge loss."""

    margin: float = Field(1.0, gt=0, description="score on the label's side that costs nothing")


SPEC = LossSpec(
    name="squared_hinge",
    title="Squared hinge loss (binary)",
    task="binary",
    summary="Square of the hinge: differentiable, and large violations cost quadratically. The loss of L2 support vector "
    "machines; its scores state probabilities, (1 + x / margin) / 2, which those of the hinge do not.",
    formula=r"\ell(x, t) = \max(0,\ m - z)^2,\quad z = (2t - 1)\, x",
    parameters=SquaredHingeParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="z stays where score and label both change sides"),
        MarginBased().holds(source="the definition"),
        NonNegative().holds(source="a square"),
        Bounded().fails(source="margin=1: z=-10 gives 121"),
        Homogeneous(on=("logits", "margin"), degree=2.0).holds(source="square of a homogeneous function"),
        Convex(on="logits").holds(source="square of a convex function that is not negative"),
        StrictlyConvex(on="logits").fails(when={"margin": Between(0, 1, "right")}, source="0 beyond the margin"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(
            source="slope -2 max(0, margin - z) in z"
        ),
        Monotone(on="logits", part="negatives", direction="increasing").holds(
            source="slope -2 max(0, margin - z) in z"
        ),
        Monotone(on="margin", direction="increasing").holds(source="slope 2 max(0, margin - z)"),
        DivergenceAxioms(of="logits", origin=RIGHT["logits"]).fails(source="zero beyond the margin, too"),
        ZeroAt(where=RIGHT).holds(source="z = margin, and beyond"),
        UpperBounds(target="zero_one", factor=1 / MARGIN**2).holds(
            source="at least margin^2 where z <= 0, attained at 0"
        ),
        Lipschitz(on="logits").fails(source="the slope 2 (margin - z) grows without end"),
        Smooth(on="logits", constant=2.0).holds(source="second derivative 2 below the margin, 0 beyond"),
        Differentiable(on="logits").holds(source="the slope 2 max(0, margin - z) is continuous"),
        LabelSymmetric().fails(source="margin=1: x=0 sums to 2, x=3 to 16"),
        ClassificationCalibrated().holds(source="Bartlett et al. 2006, theorem 2: convex, slope -2 margin at z=0"),
        StrictlyProper(link="linear", scale=1 / MARGIN).holds(
            source="q (m-x)^2 + (1-q) (m+x)^2 is least at x = m (2q - 1), strictly"
        ),
        Proper().fails(source="margin=1: the minimiser under q=0.9 is 0.8, and sigmoid(0.8) = 0.69"),
        HConsistencyBound(transform=(MARGIN * symbol("t")) ** 2).holds(
            when={"margin": AtLeast(0.5)},
            source="Bartlett et al. 2006: margin^2 (1 - 4 q (1 - q)), attained at every t",
            note="true above 0; risks of the order margin^2 sink below what the search resolves",
        ),
    ),
    references=("bartlett2006convexity",),
    examples=(
        Example(inputs=SIGNED, expected=3.645),
        Example(parameters={"margin": 0.5}, inputs=SIGNED, reduction="none", expected=[0.0, 2.89, 6.25, 0.04]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="z at the margin or beyond",
            expected="0 with zero gradient",
            examples=(Example(inputs={"logits": [1.0, -2.0], "target": [1.0, 0.0]}, expected=0.0),),
        ),
        EdgeCase(
            case="scores of 1e4 on the wrong side",
            expected="about 1e8; computed in float32 where the scores are float16, which ends at 65504",
            examples=(Example(inputs={"logits": [-1e4], "target": [1.0]}, expected=100020001.0),),
        ),
        LABEL_NOT_BINARY,
        NAN_ROW,
    ),
    graph_accepts=SIGN_BY_ARITHMETIC,
    module="losskit.plugins.binary.squared_hinge.loss:SquaredHingeLoss",
    oracle="losskit.plugins.binary.squared_hinge.reference:squared_hinge",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the squared hinge loss."""
    return SPEC
