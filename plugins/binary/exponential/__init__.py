"""The exponential loss of one score: the loss of AdaBoost."""

from losskit.spec import EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, NAN_ROW, SIGN_BY_ARITHMETIC, SIGNED, TWO_CLASSES
from losskit.spec.expressions import maximum, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

T, TARGET = symbol("t"), symbol("target")
RIGHT = {"logits": 2 * TARGET - 1}


class ExponentialParameters(Parameters):
    """The exponential loss has no parameters."""


SPEC = LossSpec(
    name="exponential",
    title="Exponential loss",
    task="binary",
    summary="The loss that AdaBoost minimises; a wrong score costs exponentially, so outliers rule the sum. Mostly for boosting "
    "and theory; clip the norm of gradients (at 10, say) when training a network with it.",
    formula=r"\ell(x, t) = e^{-z},\quad z = (2t - 1)\, x",
    parameters=ExponentialParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="z stays where score and label both change sides"),
        MarginBased().holds(source="the definition"),
        NonNegative().holds(source="an exponential"),
        Bounded().fails(source="z=-100 gives 2.7e43"),
        Convex(on="logits").holds(source="second derivative exp(-z)"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="slope -exp(-z) in z"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="slope -exp(-z) in z"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="tends to 0 as z grows, and never reaches it"),
        ZeroAt(where=RIGHT).fails(source="z=1: exp(-1) = 0.3679"),
        UpperBounds(target="zero_one").holds(source="at least 1 where z <= 0, attained at z=0"),
        UpperBounds(target="hinge", parameters={"margin": 1.0}).holds(source="exp(-z) >= 1 - z, attained at z=0"),
        Lipschitz(on="logits").fails(source="the slope exp(-z) grows without end"),
        Differentiable(on="logits", order=0).holds(source="the exponential"),
        LabelSymmetric().fails(source="x=0 sums to 2, x=3 to 20.14"),
        ClassificationCalibrated().holds(source="Bartlett et al. 2006, theorem 2: convex, slope -1 at z=0"),
        StrictlyProper(scale=2.0).holds(source="the minimiser is half the log-odds, p = sigmoid(2x)"),
        Proper().fails(source="the minimiser under p=0.9 is 1.099, and sigmoid(1.099) = 0.75"),
        HConsistencyBound(transform=1 - sqrt(maximum(1 - T**2, 0.0))).holds(
            source="Bartlett et al. 2006: 1 - 2 sqrt(q (1 - q)), attained at every t"
        ),
        ReducesTo(
            other="comp_sum",
            parameters={"tau": 0.0},
            inputs=TWO_CLASSES,
        ).holds(source="one wrong class: the sum of exponentials of differences is exp(-z)"),
    ),
    narrowed=(
        Narrowing(
            property="FiniteOn",
            reason="the value is exp(-z) and overflows to inf for z < -709 (-88 in float32)",
        ),
    ),
    references=("bartlett2006convexity",),
    examples=(
        Example(inputs=SIGNED, expected=3.014130476),
        Example(inputs=SIGNED, reduction="none", expected=[0.6065306597, 3.320116923, 7.389056099, 0.7408182207]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="scores of 1e4",
            expected="0, or inf where the label is missed, never clamped",
            examples=(
                Example(
                    inputs={"logits": [1e4, 1e4], "target": [1.0, 0.0]}, reduction="none", expected=[0.0, float("inf")]
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        NAN_ROW,
    ),
    graph_accepts=SIGN_BY_ARITHMETIC,
    module="losskit.plugins.binary.exponential.loss:ExponentialLoss",
    oracle="losskit.plugins.binary.exponential.reference:exponential",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the exponential loss."""
    return SPEC
