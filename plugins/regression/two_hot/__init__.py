"""Two-hot: regression by classification against a target split between two neighbouring locations."""

import math

from losskit.spec import Below, EdgeCase, Example, Input, LossSpec, hookimpl
from losskit.spec.cases import EMPTY_BATCH, NAN_ROW
from losskit.spec.expressions import column, exp, log, maximum, minimum, one_hot, positions, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    TranslationInvariant,
    ZeroAt,
)
from losskit.spec.support import SupportParameters
from losskit.spec.tensors import Real, logits

LOW, HIGH, COUNT = symbol("min_value"), symbol("max_value"), symbol("K")
SCORES, TARGET = symbol("logits"), symbol("target")
PLACE = (minimum(maximum(TARGET, LOW), HIGH) - LOW) / (HIGH - LOW) * (COUNT - 1)  # in spacings from the first location
BACKWARDS = one_hot(COUNT - 1 - positions(SCORES), COUNT)  # the matrix that reverses the locations
LOG_SUM = log((exp(COUNT) - 1) / (math.e - 1))  # of the scores 0, 1, 2 and so on
OFFSET = positions(SCORES) - column(PLACE)
SHARES = maximum(1 - maximum(OFFSET, -OFFSET), 0.0)
SPLIT = {"logits": log(maximum(SHARES, 1e-300))}
FIRST = {"target": LOW, "logits": -positions(SCORES)}  # a target on the first location, and all mass there
FOUR = {"logits": [[0.1, 0.2, 0.3, 0.4]], "target": [0.25]}
THREE_ROWS = {"logits": [[0.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.0, 0.5, 1.0]], "target": [5.0, 9.5, 99.0]}
UNIT, TEN = {"min_value": -1.0, "max_value": 1.0}, {"min_value": 0.0, "max_value": 10.0}


class TwoHotParameters(SupportParameters):
    """Parameters of the two-hot loss."""


SPEC = LossSpec(
    name="two_hot",
    title="Two-hot categorical regression",
    task="regression",
    summary="Regression by classification: the scalar target is split linearly between its two neighbouring locations, and "
    "trained with cross-entropy. The decoded mean of the split is the target itself; hl_gauss spreads it over more bins.",
    formula=r"\ell = -\sum_{k=1}^{K} q_k(y) \log \mathrm{softmax}(s)_k,\quad "
    r"q_k(y) = \max\Big(0, 1 - \frac{|y - z_k|}{w}\Big),\quad z_k = a + (k-1)\, w,\quad w = \frac{b - a}{K - 1}",
    parameters=TwoHotParameters,
    inputs=(
        logits("B", "K", meaning="scores of the K locations"),
        Input(
            name="target",
            shape=("B",),
            domain=Real(span=("min_value", "max_value")),
            role="target",
            differentiable=False,
            meaning="regression targets, for instance bootstrapped values; constants",
        ),
    ),
    output=("B",),
    least={"K": 2},
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        ShiftInvariant(on="logits", axis="K").holds(source="softmax"),
        Convex(on="logits").holds(source="cross-entropy with a fixed target distribution"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        MinimisedAt(where=SPLIT).holds(source="Gibbs inequality: least, the entropy of q, where softmax(s) = q"),
        ZeroAt(where=SPLIT).fails(source="between two locations the entropy of q is positive"),
        ZeroAt(where=FIRST, reach="approached").holds(
            when={"min_value": Below(0)},
            source="the entropy of q is 0 on a location",
            note="of every location; below the support the target is the first one",
        ),
        ZeroAt(where={"logits": -positions(SCORES)}, reach="approached").fails(
            source="the target need not be the location that has all mass"
        ),
        NonNegative().holds(source="cross-entropy of a discrete distribution"),
        Bounded().fails(source="the logit of a location with a share tends to -infinity"),
        Lipschitz(on="logits", norm="linf", constant=2.0).holds(
            source="gradient softmax(s) - q, reached with q on one location and the softmax on another"
        ),
        TranslationInvariant(on=("target", "min_value", "max_value")).holds(source="only differences enter"),
        TranslationInvariant(on="target").fails(source="the locations stay where they were"),
        Homogeneous(on=("target", "min_value", "max_value"), degree=0.0).holds(source="the spacing scales too"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        Differentiable(on="target").fails(
            when={"min_value": -10.0, "max_value": 10.0},
            source="q is piecewise linear, with a kink at every location",
            note="true for every support; here 0 and the ends are locations that a search tries. No gradient flows there",
        ),
        ReducesTo(
            other="two_hot",
            parameters={"min_value": -HIGH, "max_value": -LOW},
            inputs={"logits": SCORES @ BACKWARDS, "target": -TARGET},
        ).holds(source="mirrored: target and support change their signs, the locations their order"),
        ReducesTo(
            other="torch.nn.Identity",
            inputs={"input": PLACE},
            where={"logits": 0.0 * SCORES + positions(SCORES)},
            relation="affine",
            scale=-1.0,
            offset=LOG_SUM,
        ).holds(source="the scores 0, 1, .. cost minus the mean of q: q keeps the mean, the target"),
        ReducesTo(other="torch.nn.CrossEntropyLoss", inputs={"input": SCORES, "target": SHARES}).holds(
            source="the definition; with the target on location k, q is the label k"
        ),
    ),
    references=("farebrother2024stop",),
    examples=(
        Example(inputs=FOUR, parameters=UNIT, expected=1.355035529),
        Example(
            inputs=THREE_ROWS,
            parameters=TEN,
            reduction="none",
            expected=[0.5514447139, 2.307605964, 0.6802696706],
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="target outside the support",
            expected="moved to the location at that end, infinite targets too",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 0.5, 1.0]], "target": [float("inf")]},
                    parameters=TEN,
                    expected=0.6802696706,
                    note="as 99.0 above",
                ),
            ),
        ),
        EdgeCase(
            case="target on a location",
            expected="the cross-entropy of that location's label; nothing is divided by the gap of its neighbours",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 1.0, 0.0]], "target": [0.0]}, parameters=UNIT, expected=0.5514447139320511
                ),
            ),
        ),
        EMPTY_BATCH,
        EdgeCase(
            case="K = 1",
            expected="refused: one location has no spacing",
            examples=(Example(inputs={"logits": [[3.0]], "target": [0.5]}, refused="logits"),),
        ),
        EdgeCase(
            case="max_value <= min_value",
            expected="refused when the loss is created, with a sentence that names the parameters",
            examples=(Example(inputs=FOUR, parameters={"min_value": 1.0, "max_value": 1.0}, refused="min_value"),),
        ),
        NAN_ROW,
        EdgeCase(case="target is nan", expected="nan in that row only"),
    ),
    notes=(
        "K locations, the ends of the support included, K - 1 spacings; hl_gauss has K bins between K + 1 edges.",
        "The prediction is sum_k softmax(logits)_k z_k.",
        "Negating target and support and reversing the locations changes nothing.",
    ),
    module="losskit.plugins.regression.two_hot.loss:TwoHotLoss",
    oracle="losskit.plugins.regression.two_hot.reference:two_hot",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the two-hot loss."""
    return SPEC
