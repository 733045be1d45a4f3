"""Tversky loss of classified items: the Dice loss with a weight each for false positives and false negatives."""

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
from losskit.spec.expressions import maximum, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    StrictlyProper,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

SMOOTH, B, LARGER = symbol("smooth"), symbol("B"), maximum(symbol("alpha"), symbol("beta"))
EACH, WHOLE = {"aggregation": OneOf(values=("sample",))}, {"aggregation": OneOf(values=("set",))}
RIGHT = {"logits": symbol("target") - 0.5}
ALARMS, MISSES, NOTHING = {"alpha": Above(0)}, {"alpha": 0.0, "beta": Above(0)}, {"alpha": 0.0, "beta": 0.0}
EVEN, JACCARD = {"alpha": 0.5, "beta": 0.5}, {"alpha": 1.0, "beta": 1.0}
LAST_EVEN = {"alpha": 2**0.5 - 1, "beta": 2**0.5 - 1, "smooth": 1.0}
CURVE = {"alpha": 0.1, "beta": 0.1096352785194164, "smooth": 1.0}
MORE_MISSES = {"alpha": Between(0.25, 0.4), "beta": Between(0.8, 1), "smooth": AtLeast(0.5)}
MORE_ALARMS = {"alpha": Between(0.8, 1), "beta": Between(0.25, 0.4), "smooth": AtLeast(0.5)}
LIGHT_ALARMS = {"alpha": Between(0.05, 0.1), "beta": Between(0.2, 0.3), "smooth": 1.0}
LIGHT_MISSES = {"alpha": Between(0.2, 0.3), "beta": Between(0.05, 0.1), "smooth": 1.0}
LIGHT = {"alpha": 0.1, "beta": 0.1, "smooth": 1.0}
ENDS = "the better end of p, q beta / (beta + s) or (1 - q) alpha / (alpha + s), "


class BinaryTverskyParameters(Parameters):
    """Parameters of the Tversky loss of classified items."""

    alpha: float = Field(0.5, ge=0, description="weight of false positives")
    beta: float = Field(0.5, ge=0, description="weight of false negatives")
    smooth: float = Field(1.0, gt=0, description="added to the numerator and to the denominator")
    aggregation: Literal["sample", "set"] = Field(
        "sample", description="a coefficient for each sample (paper), or one for the whole batch"
    )


SPEC = LossSpec(
    name="binary_tversky",
    title="Tversky loss for binary examples (TL)",
    task="binary",
    summary="The Dice loss of classified items with a weight each for false positives and false negatives. For data with few "
    "positives where a miss and a false alarm cost differently; unequal weights move the threshold, as they are meant to.",
    formula=r"\ell(x, t) = 1 - \frac{TP + s}{TP + \alpha\, FP + \beta\, FN + s},\quad "
    r"TP = p t,\ FP = p (1 - t),\ FN = (1 - p) t,\ p = \sigma(x);\quad \text{set: the same of sums over the batch}",
    parameters=BinaryTverskyParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        NonNegative().holds(source="the denominator is at least the numerator"),
        Bounded(lower=0.0, upper=LARGER / (LARGER + SMOOTH)).holds(
            when=EACH, source="monotone in p; beta / (beta + s) at p=0 for t=1, alpha / (alpha + s) at p=1 for t=0"
        ),
        Bounded(lower=0.0, upper=B * LARGER / (B * LARGER + SMOOTH)).holds(
            when=WHOLE, source="W / (TP + W + s) with W <= B max(alpha, beta), reached where every sample is wrong"
        ),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="TP grows, FN falls"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="FP grows"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="no false positive and no false negative"),
        Convex(on="logits").fails(when=ALARMS, source="bounded and not constant"),
        Convex(on="logits").fails(when=MISSES, source="as above"),
        ShiftInvariant(on="logits").fails(
            when=ALARMS, source="alpha=beta=.5, s=1, t=1: x=0 gives 1/7, x=-20 gives 1/3"
        ),
        ShiftInvariant(on="logits").fails(when=MISSES, source="as above"),
        Proper().fails(when={**EACH, **ALARMS}, source="alpha=.3, beta=.7, s=1: q=.4 has the minimiser p=1"),
        Proper().fails(when={**EACH, **MISSES}, source="p=1 costs nothing whatever q"),
        StrictlyProper().fails(when={**EACH, **NOTHING}, source="the loss is 0"),
        ClassificationCalibrated().holds(
            when={**EACH, **EVEN},
            source=ENDS + "changes at q=1/2; no inner minimum, since k = s (1 - alpha - beta) - alpha beta <= 0",
            note="true of alpha = beta >= sqrt(s^2 + s) - s, which is below 1/2 for every s",
        ),
        ClassificationCalibrated().holds(when={**EACH, **JACCARD}, source="as above"),
        ClassificationCalibrated().holds(when={**EACH, **LAST_EVEN}, source="as above, with k = 0"),
        ClassificationCalibrated().holds(
            when={**EACH, **CURVE},
            source="k > 0 and alpha s (1 + beta + 2 s)^2 = beta (1 + s) (alpha + 2 s)^2: the inner minimum, which moves up "
            "with q, is at p=1/2 for q=1/2",
        ),
        ClassificationCalibrated().fails(
            when={**EACH, **MORE_MISSES}, source=ENDS + "changes at q < 1/2: alpha=.3, beta=.7, s=1: q=.4 has p=1"
        ),
        ClassificationCalibrated().fails(when={**EACH, **MORE_ALARMS}, source=ENDS + "changes at q > 1/2"),
        ClassificationCalibrated().fails(
            when={**EACH, **LIGHT_ALARMS}, source="k > 0: the inner minimum passes p=1/2 at q < 1/2"
        ),
        ClassificationCalibrated().fails(
            when={**EACH, **LIGHT_MISSES}, source="k > 0: the inner minimum passes p=1/2 at q > 1/2"
        ),
        ClassificationCalibrated().fails(
            when={**EACH, **LIGHT}, source="k > 0: alpha=beta=.1, s=1, q=.507 has the minimiser x=-.2344"
        ),
        ClassificationCalibrated().fails(when={**EACH, **MISSES}, source="p=1 costs nothing whatever q"),
        ClassificationCalibrated().fails(when={**EACH, **ALARMS, "beta": 0.0}, source="p=0 costs nothing whatever q"),
        ClassificationCalibrated().fails(when={**EACH, **NOTHING}, source="the loss is 0"),
        Lipschitz(on="logits", constant=LARGER / (4 * (LARGER + SMOOTH))).holds(
            when={**EACH, **ALARMS},
            source="alpha / (4 (alpha + s)) for t=0, beta / (4 (beta + s)) for t=1; 1/12 by default",
        ),
        Lipschitz(on="logits", constant=LARGER / (4 * (LARGER + SMOOTH))).holds(
            when={**EACH, **MISSES}, source="as above"
        ),
        Differentiable(on="logits", order=0).holds(source="quotient of smooth maps with a positive denominator"),
        ReducesTo(
            other="binary_dice",
            parameters={
                "smooth": 2 * SMOOTH,
                "squared_denominator": False,
                "aggregation": symbol("aggregation"),
            },
        ).holds(when=EVEN, source="numerator and denominator doubled"),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable", when=WHOLE, reason="the quotient is taken of sums over the whole batch"
        ),
    ),
    references=("li2020dice",),
    examples=(
        Example(inputs=ITEMS, parameters={"alpha": 0.3, "beta": 0.7}, expected=0.1412469399),
        Example(inputs=MORE_POSITIVES, parameters={"aggregation": "set"}, expected=0.1326505145),
    ),
    edge_cases=(
        EMPTY_OVERLAP,
        EdgeCase(
            case="no positive in the batch, aggregation='set'",
            expected="alpha P / (alpha P + s) for the sum P of probabilities: finite, and it pushes every score down",
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
            expected="0, alpha / (alpha + s) or beta / (beta + s), gradient 0",
            examples=(
                Example(
                    inputs=FAR_ITEMS,
                    parameters={"alpha": 1.0, "beta": 3.0},
                    reduction="none",
                    expected=[0.0, 0.5, 0.75, 0.0],
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        NAN_OVERLAP,
    ),
    notes=(
        "With aggregation='set' the value is a scalar whatever the reduction, and sample_weight multiplies each sample's terms "
        "in the sums, as if the sample were repeated.",
        "alpha multiplies false positives and beta false negatives, as in the paper and in MONAI; others have them the other "
        "way round.",
        "Beside a Dice loss: alpha = beta = 1/2 is the plain denominator with a smoothing term twice as large.",
    ),
    graph_accepts=(
        *ONE_IS_POSITIVE,
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every score", when=WHOLE),
    ),
    module="losskit.plugins.binary.binary_tversky.loss:BinaryTverskyLoss",
    oracle="losskit.plugins.binary.binary_tversky.reference:binary_tversky",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Tversky loss of classified items."""
    return SPEC
