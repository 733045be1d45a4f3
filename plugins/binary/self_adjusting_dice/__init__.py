"""Self-adjusting Dice loss: the Dice loss of classified items, each weighted by a power of what is missing to certainty."""

from typing import Literal

from pydantic import Field

from losskit.spec import Above, Between, EdgeCase, Example, LossSpec, Narrowing, OneOf, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_OVERLAP,
    FAR_ITEMS,
    ITEMS,
    LABEL_NOT_BINARY,
    MORE_POSITIVES,
    NAN_OVERLAP,
    NO_SMOOTHING,
    ONE_IS_POSITIVE,
)
from losskit.spec.expressions import log, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

ALPHA, SMOOTH, TARGET, B = symbol("alpha"), symbol("smooth"), symbol("target"), symbol("B")
EACH, WHOLE = {"aggregation": OneOf(values=("sample",))}, {"aggregation": OneOf(values=("set",))}
ADJUSTED, PLAIN_DICE = {"alpha": Above(0)}, {"alpha": 0.0}
RIGHT = {"logits": TARGET - 0.5}
PEAK = {"logits": -TARGET * log(ALPHA) - 1e3 * (1 - TARGET)}  # p = 1 / (1 + alpha) for positives, 0 for negatives
REJECTED, MISTAKEN = {"target": 0.0, "logits": -1.0}, {"target": 0.0, "logits": 1.0}


class SelfAdjustingDiceParameters(Parameters):
    """Parameters of the self-adjusting Dice loss."""

    alpha: float = Field(1.0, ge=0, description="exponent of 1 - p; 1 in the paper's formula, 0.01 in its scripts")
    smooth: float = Field(1.0, gt=0, description="added to the numerator and to the denominator")
    squared_denominator: bool = Field(False, description="square the weighted probabilities in the denominator")
    aggregation: Literal["sample", "set"] = Field(
        "sample", description="a coefficient for each sample (paper), or one for the whole batch (its code)"
    )
    detach_weight: bool = Field(False, description="no gradient through (1 - p)^alpha; the value is the same")


SPEC = LossSpec(
    name="self_adjusting_dice",
    title="Self-adjusting Dice loss (DSC)",
    task="binary",
    summary="The Dice loss of classified items with every probability p weighted by (1 - p)^alpha, so that easy items stop "
    "dominating; made for tagging and span tasks with few positives. Keep alpha small, or detach the weight: positives are "
    "best at p = 1 / (1 + alpha), and the gradient pushes negatives beyond it towards 1.",
    formula=r"\ell(x, t) = 1 - \frac{2 q t + s}{D(q) + t + s},\quad q = (1 - p)^\alpha p,\ p = \sigma(x),\ "
    r"D(q) = q\ \text{or}\ q^2;\quad \text{set: } 1 - \frac{2 \sum_i q_i t_i + s}{\sum_i D(q_i) + \sum_i t_i + s}",
    parameters=SelfAdjustingDiceParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    gradient="surrogate",
    detached="with detach_weight=True the weight (1 - p)^alpha: the gradient is that of the value with the weight held fixed; "
    "with detach_weight=False nothing is detached",
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        NonNegative().holds(source="2 q t <= q^2 + t^2 <= q + t"),
        Bounded(lower=0.0, upper=1 / (1 + SMOOTH)).holds(
            when=EACH, source="monotone in q; 1 / (1 + s) at q=0 for t=1, and q / (q + s) with q < 1 for t=0"
        ),
        Bounded(lower=0.0, upper=B / (B + SMOOTH), tight=False).holds(
            when=WHOLE, source="W / (W + 2 TP + s) with W <= B, reached where all are positives with q=0; below 1"
        ),
        Monotone(on="logits", part="positives", direction="decreasing").fails(
            when=ADJUSTED, source="alpha=1, s=1, plain: .33333 at p=.5, .43541 at p=.9, .49261 at p=.99"
        ),
        Monotone(on="logits", part="negatives", direction="increasing").fails(
            when=ADJUSTED, source="alpha=1, s=1, plain: .2 at p=.5, .08257 at p=.9, .00980 at p=.99"
        ),
        Monotone(on="logits", part="positives", direction="decreasing").holds(when=PLAIN_DICE, source="binary_dice"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(when=PLAIN_DICE, source="binary_dice"),
        MinimisedAt(where=PEAK).holds(
            when=ADJUSTED, source="q is largest at p = 1 / (1 + alpha); positives want it large, negatives 0"
        ),
        ZeroAt(where=REJECTED, reach="approached").holds(source="q tends to 0"),
        ZeroAt(where=MISTAKEN, reach="approached").holds(
            when=ADJUSTED, source="q tends to 0 here, too: the wrong answer"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(when=PLAIN_DICE, source="p tends to t"),
        ZeroAt(where=RIGHT, reach="approached").fails(when=ADJUSTED, source="1 / (1 + s) for t=1, p=1"),
        Convex(on="logits").fails(
            source="alpha=1, s=1, plain, t=1: .33333 at p=.5, less than elsewhere, and 1/2 at both ends; any bounded loss"
        ),
        ShiftInvariant(on="logits").fails(source="alpha=1, s=1, plain, t=1: x=0 gives .33333, x=3 gives .46687"),
        LabelSymmetric().fails(
            when=EACH, source="alpha=1, s=1, plain: both labels sum to .53333 at p=.5, .50241 at p=.99"
        ),
        Proper().fails(when=EACH, source="alpha=1, s=1, plain: q=.8 has the minimiser p=.5"),
        ClassificationCalibrated().fails(
            when={**EACH, **ADJUSTED},
            source="the weighted share is 0 at p=0 and at p=1: alpha=.01, s=1, plain, q=.3 has the infimum .15 at both",
        ),
        ClassificationCalibrated().holds(
            when={**EACH, **PLAIN_DICE, "squared_denominator": False}, source="binary_dice with the plain denominator"
        ),
        ClassificationCalibrated().fails(
            when={**EACH, **PLAIN_DICE, "squared_denominator": True, "smooth": Between(0, 3, "right")},
            source="binary_dice with the squared denominator: s=1, q=.55 has the minimiser p=.47976",
        ),
        Differentiable(on="logits", order=0).holds(
            when={"detach_weight": False}, source="quotient of smooth maps with a positive denominator"
        ),
        ReducesTo(
            other="binary_dice",
            parameters={
                "smooth": SMOOTH,
                "squared_denominator": symbol("squared_denominator"),
                "aggregation": symbol("aggregation"),
            },
        ).holds(when=PLAIN_DICE, source="the weight is 1"),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable", when=WHOLE, reason="the quotient is taken of sums over the whole batch"
        ),
    ),
    references=("li2020dice",),
    examples=(
        Example(inputs=ITEMS, expected=0.2005347338),
        Example(inputs=MORE_POSITIVES, parameters={"alpha": 2.0, "aggregation": "set"}, expected=0.6294336841),
        Example(inputs={"logits": [0.0, 3.0], "target": [1.0, 1.0]}, reduction="none", expected=[1 / 3, 0.4668659481]),
    ),
    edge_cases=(
        EMPTY_OVERLAP,
        EdgeCase(
            case="no positive in the batch, aggregation='set'",
            expected="1 - s / (sum D(q) + s): finite, and it pushes scores below p = 1 / (1 + alpha) down",
            examples=(
                Example(
                    inputs={"logits": [0.0, 0.0], "target": [0.0, 0.0]},
                    parameters={"aggregation": "set"},
                    expected=1 / 3,
                ),
            ),
        ),
        NO_SMOOTHING,
        EdgeCase(
            case="scores of 1e4",
            expected="q = 0 at both ends: 1 / (1 + s) for positives, 0 for negatives, gradient 0",
            examples=(Example(inputs=FAR_ITEMS, reduction="none", expected=[0.5, 0.0, 0.5, 0.0]),),
        ),
        EdgeCase(
            case="alpha = 0 and p = 1",
            expected="the weight is 0^0 = 1",
            examples=(
                Example(inputs=FAR_ITEMS, parameters={"alpha": 0.0}, reduction="none", expected=[0.0, 0.5, 0.5, 0.0]),
            ),
        ),
        EdgeCase(
            case="negative with p > 1 / (1 + alpha), detach_weight=False",
            expected="the gradient raises p towards 1, as the paper's formula has it; with detach_weight=True it lowers p",
        ),
        LABEL_NOT_BINARY,
        NAN_OVERLAP,
    ),
    notes=(
        "With aggregation='set' the value is a scalar whatever the reduction, and sample_weight multiplies each sample's terms "
        "in both sums, as if the sample were repeated.",
        "The authors' code has alpha=0 and smooth=1e-4 as the defaults of its class, alpha=0.01, smooth=1 and the squared "
        "denominator in its scripts; its binary path is the set form, and nothing is detached.",
        "What is claimed of the value holds whatever detach_weight; second derivatives are claimed for detach_weight=False only.",
    ),
    graph_accepts=ONE_IS_POSITIVE,
    module="losskit.plugins.binary.self_adjusting_dice.loss:SelfAdjustingDiceLoss",
    oracle="losskit.plugins.binary.self_adjusting_dice.reference:self_adjusting_dice",
    oracle_gradient="losskit.plugins.binary.self_adjusting_dice.reference:self_adjusting_dice_gradient",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the self-adjusting Dice loss."""
    return SPEC
