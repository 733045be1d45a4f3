"""Self-adjusting Dice loss of several classes: that of two classes for each class against the rest, added up."""

from typing import Literal

from pydantic import Field

from losskit.spec import (
    Above,
    Accepted,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    LossSpec,
    Narrowing,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import EMPTY_OVERLAP, LABEL_OUT_OF_RANGE, NAN_OVERLAP, NO_SMOOTHING, SCORES_FOR_EVERY_LABEL
from losskit.spec.expressions import minimum, one_hot, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

SMOOTH, C = symbol("smooth"), symbol("C")
EACH, WHOLE = {"aggregation": OneOf(values=("sample",))}, {"aggregation": OneOf(values=("set",))}
PLAIN, SQUARED = {**EACH, "squared_denominator": False}, {**EACH, "squared_denominator": True}
SEVERAL = {"C": AtLeast(2)}
ADJUSTED, PLAIN_DICE = {"alpha": Above(0), **SEVERAL}, {"alpha": 0.0, **SEVERAL}
RIGHT = {"logits": one_hot(symbol("target"), C)}
MISSED = 1 / (1 + SMOOTH)  # of the label, where nothing of its share is left
ALPHA = symbol("alpha")
PEAK = ALPHA**ALPHA / (1 + ALPHA) ** (1 + ALPHA)  # the most that a weighted share can be, at p = 1 / (1 + alpha)
MEAN = minimum(PEAK, 1 / (C - 1))
EVEN = (C - 2) / (C - 1) ** 2  # weighted share of each other class where they have all and alpha is 1
ROWS = {"logits": [[1.0, 0.0, -1.0], [0.2, 0.1, 0.0]], "target": [0, 2]}
FAR_ROWS = {"logits": [[1e4, 0.0, -1e4], [1e4, 0.0, -1e4]], "target": [0, 2]}
SINGLE = {"logits": [[3.0]], "target": [0]}


class SelfAdjustingDiceMulticlassParameters(Parameters):
    """Parameters of the self-adjusting Dice loss of several classes."""

    alpha: float = Field(1.0, ge=0, description="exponent of 1 - p; 1 in the paper's formula, 0.01 in its scripts")
    smooth: float = Field(1.0, gt=0, description="added to the numerator and to the denominator")
    squared_denominator: bool = Field(False, description="square the weighted probabilities in the denominator")
    aggregation: Literal["sample", "set"] = Field(
        "sample", description="coefficients for each sample (paper), or for the whole batch"
    )
    detach_weight: bool = Field(False, description="no gradient through (1 - p)^alpha; the value is the same")


SPEC = LossSpec(
    name="self_adjusting_dice_multiclass",
    title="Self-adjusting Dice loss, multi-class",
    task="classification",
    summary="The self-adjusting Dice loss of each class against the rest on softmax probabilities, summed over the classes; "
    "for tagging (parts of speech, named entities) where most tokens are of one class. Keep alpha small, or detach the "
    "weight: with alpha = 1 a label's probability beyond 1/2 costs more, not less.",
    formula=r"\ell(z, y) = \sum_c \Big(1 - \frac{2 q_c [c = y] + s}{D(q_c) + [c = y] + s}\Big),\quad "
    r"q_c = (1 - p_c)^\alpha p_c,\ p = \mathrm{softmax}(z),\ D(q) = q\ \text{or}\ q^2;\quad "
    r"\text{set: sums over the batch above and below}",
    parameters=SelfAdjustingDiceMulticlassParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    gradient="surrogate",
    detached="with detach_weight=True the weights (1 - p_c)^alpha: the gradient is that of the value with the weights held "
    "fixed; with detach_weight=False nothing is detached",
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        PermutationInvariant(over="classes").holds(source="a sum over classes"),
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        NonNegative().holds(source="each term is: 2 q T <= q^2 + T^2 <= q + T"),
        Bounded(lower=0.0, upper=MISSED + (C - 1) / (1 + (C - 1) * SMOOTH)).holds(
            when={**PLAIN, **PLAIN_DICE}, source="0 at p_y=1; at p_y=0 the others are concave in p, most where equal"
        ),
        Bounded(lower=MISSED, upper=MISSED + (C - 1) * EVEN / (EVEN + SMOOTH)).holds(
            when={**PLAIN, "alpha": 1.0, "C": AtLeast(3)},
            source="the others' q add up to at least q_y, which gives 1 / (1 + s) at p_y=1; they are most at 1 / (C - 1) each",
        ),
        Bounded(lower=MISSED, upper=0.75 / (1.25 + SMOOTH) + 0.25 / (0.25 + SMOOTH)).holds(
            when={**PLAIN, "alpha": 1.0, "C": 2, "smooth": AtLeast(0.25)},
            source="both q are p (1 - p) in [0, 1/4], where the value grows with q; s=1: [.5, .53333]",
        ),
        Bounded(lower=0.0, upper=2 * MISSED).holds(
            when={**SQUARED, "alpha": 0.0, "C": 2}, source="both terms grow with p of the wrong class"
        ),
        Bounded(upper=MISSED + 2 / (1 + 16 * SMOOTH)).holds(
            when={**SQUARED, "alpha": 1.0, "C": 3},
            source="q^2 / (q^2 + s) at q=1/4, the most, for both wrong classes at p=1/2",
        ),
        Bounded(lower=0.0, upper=C).holds(
            when={**WHOLE, **PLAIN_DICE, "smooth": Between(0, 1e-3, "right")},
            source="C terms in [0, 1), each near 1 where every sample is wrong and s is small",
        ),
        Bounded(
            lower=(1 - PEAK) / (1 + PEAK + SMOOTH), upper=MISSED + (C - 1) * MEAN / (MEAN + SMOOTH), tight=False
        ).holds(
            when={**PLAIN, **ADJUSTED},
            source="the label's term falls in q; of C - 1 shares of mean m the others make at most (C - 1) m / (m + s)",
        ),
        Bounded(
            lower=(1 - PEAK) ** 2 / (PEAK**2 + 1 + SMOOTH),
            upper=MISSED + (C - 1) * PEAK**2 / (PEAK**2 + SMOOTH),
            tight=False,
        ).holds(when=SQUARED, source="as above, and each other term is at most that of the largest q"),
        Bounded(lower=0.0, upper=C, tight=False).holds(when=WHOLE, source="C terms in [0, 1)"),
        Monotone(on="logits", part="label", direction="decreasing").fails(
            when=ADJUSTED,
            source="alpha=1, s=1, plain, term of the label: .33333 at p=.5, .43541 at p=.9, .49261 at p=.99",
        ),
        Monotone(on="logits", part="others", direction="increasing").fails(
            when=ADJUSTED,
            source="alpha=1, s=1, plain, term of another class: .2 at p=.5, .08257 at p=.9, .00980 at p=.99",
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(when=PLAIN_DICE, source="p_y tends to 1"),
        ZeroAt(where=RIGHT, reach="approached").fails(when=ADJUSTED, source="the label's term tends to 1 / (1 + s)"),
        Convex(on="logits").fails(when=SEVERAL, source="bounded and not constant"),
        Differentiable(on="logits", order=0).holds(
            when={"detach_weight": False}, source="quotients of smooth maps with positive denominators"
        ),
        ReducesTo(
            other="dice",
            parameters={
                "smooth_nr": SMOOTH,
                "smooth_dr": SMOOTH,
                "squared": symbol("squared_denominator"),
                "batch": True,
            },
            relation="affine",
            scale=C,
        ).holds(when={**WHOLE, **PLAIN_DICE}, source="the weights are 1; summed over the classes, not averaged"),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", when=WHOLE, reason="quotients are taken of sums over the whole batch"),
    ),
    references=("li2020dice",),
    examples=(
        Example(inputs=ROWS, expected=0.6544339032),
        Example(
            inputs=ROWS,
            parameters={"alpha": 0.5, "squared_denominator": True},
            reduction="none",
            expected=[0.2267279649, 0.4188705134],
        ),
    ),
    edge_cases=(
        EMPTY_OVERLAP,
        NO_SMOOTHING,
        EdgeCase(
            case="a class absent from the batch, aggregation='set'",
            expected="it contributes 1 - s / (sum D(q) + s)",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 0.0], [0.0, 0.0]], "target": [0, 0]},
                    parameters={"alpha": 0.0, "aggregation": "set"},
                    expected=0.75,
                    note="1/4 for class 0 and 1/2 for class 1",
                ),
            ),
        ),
        EdgeCase(
            case="scores of 1e4",
            expected="finite, gradient 0; every q is 0 with alpha > 0",
            examples=(
                Example(inputs=FAR_ROWS, reduction="none", expected=[0.5, 0.5]),
                Example(inputs=FAR_ROWS, parameters={"alpha": 0.0}, reduction="none", expected=[0.0, 1.0]),
            ),
        ),
        EdgeCase(
            case="C = 1",
            expected="p = 1: 1 / (1 + s) with alpha > 0, 0 with alpha = 0, zero gradient",
            examples=(
                Example(inputs=SINGLE, expected=0.5),
                Example(inputs=SINGLE, parameters={"alpha": 0.0}, expected=0.0),
                Example(
                    inputs={"logits": [[float("nan")]], "target": [0]}, expected=float("nan"), note="a score of nan"
                ),
            ),
        ),
        EdgeCase(
            case="a class that is as good as sure",
            expected="the slope keeps its digits, those of what is left to the others",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 40.0]], "target": [1]},
                    expected=0.5,
                    gradients={"logits": [[1.0620885638228972e-18, -1.0620885638228972e-18]]},
                    note="exp(-40) / 4",
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_OVERLAP,
    ),
    notes=(
        "Summed over the classes, not averaged: the value grows with C.",
        "With two classes the value is that of self_adjusting_dice at the gap of the scores, plus that of the opposite gap "
        "and label.",
        "With aggregation='set' the value is a scalar whatever the reduction, and sample_weight multiplies each sample's terms "
        "in the sums, as if the sample were repeated.",
        "With the plain denominator the authors' code divides a numerator of each sample by sums over the whole batch; here "
        "both are of the sample, or both of the batch.",
        "What is claimed of the value holds whatever detach_weight; second derivatives are claimed for detach_weight=False only.",
    ),
    graph_accepts=(
        *(
            Accepted(
                input="target", wrong=wrong, meaning="no class is the label: every class counts as predicted wrongly"
            )
            for wrong in CLASS_IDS
        ),
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every row"),
        SCORES_FOR_EVERY_LABEL,
    ),
    module="losskit.plugins.classification.self_adjusting_dice_multiclass.loss:SelfAdjustingDiceMulticlassLoss",
    oracle="losskit.plugins.classification.self_adjusting_dice_multiclass.reference:self_adjusting_dice_multiclass",
    oracle_gradient="losskit.plugins.classification.self_adjusting_dice_multiclass.reference:"
    "self_adjusting_dice_multiclass_gradient",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the self-adjusting Dice loss of several classes."""
    return SPEC
