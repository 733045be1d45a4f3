"""Dice loss of classified items: one minus the smoothed F1 score of each item, or of the batch."""

from typing import Literal

from pydantic import Field

from losskit.spec import Between, EdgeCase, Example, LossSpec, Narrowing, OneOf, Parameters, hookimpl
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
from losskit.spec.expressions import column, ids, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

SMOOTH, SQUARED, B = symbol("smooth"), symbol("squared_denominator"), symbol("B")
EACH, WHOLE = {"aggregation": OneOf(values=("sample",))}, {"aggregation": OneOf(values=("set",))}
SQUARES, PLAIN = {**EACH, "squared_denominator": True}, {**EACH, "squared_denominator": False}
RIGHT = {"logits": symbol("target") - 0.5}
CHANNEL = {"logits": column(symbol("logits")), "target": ids(symbol("target"))}  # one channel, no pixels
STEEPEST = "largest 2 s p^2 (1 - p) / (p^2 + s)^2, of t=0"


class BinaryDiceParameters(Parameters):
    """Parameters of the Dice loss of classified items."""

    smooth: float = Field(1.0, gt=0, description="added to the numerator and to the denominator")
    squared_denominator: bool = Field(True, description="square probabilities in the denominator (the paper's DL)")
    aggregation: Literal["sample", "set"] = Field(
        "sample", description="a coefficient for each sample (paper), or one for the whole batch (its code)"
    )


SPEC = LossSpec(
    name="binary_dice",
    title="Dice loss for binary examples (DL)",
    task="binary",
    summary="One minus a smoothed F1 score of classified items such as tokens or sentences, each on its own or the batch as one "
    "set. For data with few positives; a sample's score weighs positives and negatives unlike, and the squared form moves "
    "the threshold a little beyond 1/2.",
    formula=r"\ell(x, t) = 1 - \frac{2 p t + s}{D(p) + t + s},\quad p = \sigma(x),\ D(p) = p^2\ \text{or}\ p;\quad "
    r"\text{set: } 1 - \frac{2 \sum_i p_i t_i + s}{\sum_i D(p_i) + \sum_i t_i + s}",
    parameters=BinaryDiceParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        NonNegative().holds(source="2 p t <= p^2 + t^2 <= p + t"),
        Bounded(lower=0.0, upper=1 / (1 + SMOOTH)).holds(
            when=EACH, source="monotone in p; 1 / (1 + s) at p=0 for t=1 and at p=1 for t=0"
        ),
        Bounded(lower=0.0, upper=B / (B + SMOOTH)).holds(
            when=WHOLE, source="W / (W + 2 TP + s) with W <= B, reached where every sample is wrong; below 1"
        ),
        Monotone(on="logits", part="positives", direction="decreasing").holds(
            source="slope -2 (1 - p) (1 + p + s) / (..)^2 in p; set: n positives besides give at least (n + 1) (1 - p^2)"
        ),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="only the denominator grows"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p tends to t"),
        Convex(on="logits").fails(
            source="t=1, s=1, squared: x=-8, -4, 0 gives .499665, .482098, .111111; any bounded loss"
        ),
        ShiftInvariant(on="logits").fails(source="t=1, s=1, squared: x=0 gives .111111, x=-4 gives .482098"),
        LabelSymmetric().fails(when=EACH, source="s=1, squared: both labels sum to .3168 at p=.301, .4058 at p=.801"),
        Proper().fails(
            when=EACH, source="s=1: q=.3 has the minimiser p=.196 where squared; else p jumps from 0 to 1 at q=.5"
        ),
        ClassificationCalibrated().fails(
            when={**SQUARES, "smooth": Between(0, 3, "right")},
            source="s=1, q=.55: the minimiser is p=.47976, below 1/2",
            note="true of every s > 0; the share of q for which it shows shrinks like 1/s",
        ),
        ClassificationCalibrated().holds(
            when=PLAIN, source="the risk rises, then falls in p: its ends q / (1 + s) and (1 - q) / (1 + s) decide"
        ),
        Lipschitz(on="logits", constant=0.16093499881858145).holds(when={**SQUARES, "smooth": 1.0}, source=STEEPEST),
        Lipschitz(on="logits", constant=0.3562645951518631).holds(when={**SQUARES, "smooth": 0.1}, source=STEEPEST),
        Lipschitz(on="logits", constant=0.45131221192454).holds(when={**SQUARES, "smooth": 0.01}, source=STEEPEST),
        Lipschitz(on="logits", constant=0.4950125624205).holds(when={**SQUARES, "smooth": 1e-4}, source=STEEPEST),
        Lipschitz(on="logits", constant=0.5, tight=False).holds(
            when=SQUARES, source="(p^2 + s)^2 >= 4 s p^2 for t=0, and less for t=1; reached as s tends to 0"
        ),
        Lipschitz(on="logits", constant=1 / (4 * (1 + SMOOTH))).holds(
            when=PLAIN, source="p (1 - p) / (p + c)^2 <= 1 / (4 c (c + 1)), c = s for t=0 and 1 + s for t=1"
        ),
        Differentiable(on="logits", order=0).holds(source="quotient of smooth maps with a positive denominator"),
        ReducesTo(
            other="dice",
            parameters={"smooth_nr": SMOOTH, "smooth_dr": SMOOTH, "squared": SQUARED, "batch": True},
            inputs=CHANNEL,
        ).holds(when=WHOLE, source="one channel summed over the batch, each sample a pixel"),
        ReducesTo(
            other="dice",
            parameters={"smooth_nr": SMOOTH, "smooth_dr": SMOOTH, "squared": SQUARED},
            inputs=CHANNEL,
        ).holds(when=EACH, source="as above, each sample an image of one pixel"),
        ReducesTo(
            other="self_adjusting_dice",
            parameters={
                "alpha": 0.0,
                "smooth": SMOOTH,
                "squared_denominator": SQUARED,
                "aggregation": symbol("aggregation"),
            },
        ).holds(source="the weight (1 - p)^0 is 1"),
        ReducesTo(
            other="binary_tversky",
            parameters={"smooth": SMOOTH / 2, "aggregation": symbol("aggregation")},
        ).holds(when={"squared_denominator": False}, source="numerator and denominator halved"),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable", when=WHOLE, reason="the quotient is taken of sums over the whole batch"
        ),
    ),
    references=("li2020dice", "milletari2016vnet"),
    examples=(
        Example(inputs=ITEMS, expected=0.188009296),
        Example(
            inputs=MORE_POSITIVES,
            parameters={"aggregation": "set", "squared_denominator": False},
            expected=0.1604470392,
        ),
        Example(
            inputs={"logits": [0.0, 0.0], "target": [1.0, 0.0]},
            parameters={"squared_denominator": False},
            reduction="none",
            expected=[0.2, 1 / 3],
        ),
    ),
    edge_cases=(
        EMPTY_OVERLAP,
        EdgeCase(
            case="no positive in the batch, aggregation='set'",
            expected="1 - s / (sum D(p) + s): finite, and it pushes every score down",
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
            expected="0 or 1 / (1 + s), gradient 0",
            examples=(Example(inputs=FAR_ITEMS, reduction="none", expected=[0.0, 0.5, 0.5, 0.0]),),
        ),
        LABEL_NOT_BINARY,
        NAN_OVERLAP,
    ),
    notes=(
        "With aggregation='set' the value is a scalar whatever the reduction, and sample_weight multiplies each sample's terms "
        "in both sums, as if the sample were repeated.",
        "The authors' code has smooth=1e-4 as the default of its class and 1 in its scripts, and its binary path is the set "
        "form.",
        "The numerator of 1 - (2 TP + s) / (D + s) is summed as |p - t| (or its square): nothing cancels near an exact "
        "prediction.",
    ),
    graph_accepts=ONE_IS_POSITIVE,
    module="losskit.plugins.binary.binary_dice.loss:BinaryDiceLoss",
    oracle="losskit.plugins.binary.binary_dice.reference:binary_dice",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Dice loss of classified items."""
    return SPEC
