"""Generalised cross-entropy: the Box-Cox family from cross-entropy to mean absolute error, truncated if wanted."""

from pydantic import Field

from losskit.spec import AtLeast, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import log, maximum, one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    QuasiConvex,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

Q, K, C = symbol("q"), symbol("truncation"), symbol("C")
T = symbol("t")  # excess of this loss, or of the 0-1 loss
STEEPEST = maximum(K, Q / (1 + Q))  # the probability at which the gradient is longest
WHOLE = {"truncation": 0.0}
MAE = {"q": 1.0, "truncation": 0.0}
RIGHT = {"logits": one_hot(symbol("target"), C)}


class GeneralizedCrossEntropyParameters(Parameters):
    """Parameters of generalised cross-entropy."""

    q: float = Field(0.7, ge=0, le=1, description="Box-Cox exponent: 0 cross-entropy, 1 mean absolute error")
    truncation: float = Field(
        0.0, ge=0, lt=1, description="probability of the label up to which the value is constant; 0 switches it off"
    )


SPEC = LossSpec(
    name="generalized_cross_entropy",
    title="Generalised cross-entropy (Lq loss), optionally truncated",
    task="classification",
    summary="Box-Cox family between cross-entropy (q=0) and mean absolute error (q=1): the usual compromise between "
    "fast fitting and tolerance of label noise. With a truncation, rows of a hopeless label take no part in training.",
    formula=r"\ell(z, y) = \min\Big(\frac{1 - p_y^q}{q},\ \frac{1 - k^q}{q}\Big),\quad p = \mathrm{softmax}(z);\quad "
    r"k = 0:\ \frac{1 - p_y^q}{q};\quad q = 0:\ -\log p_y",
    parameters=GeneralizedCrossEntropyParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="p_y <= 1"),
        Bounded(lower=0.0, upper=(1 - K**Q) / Q).holds(
            when={"q": Between(0, 1, "right"), "C": AtLeast(2)}, source="(1 - p^q) / q between p = 1 and p = truncation"
        ),
        Bounded(lower=0.0, upper=-log(K)).holds(
            when={"q": 0.0, "truncation": Between(0, 1, "neither"), "C": AtLeast(2)}, source="-log truncation"
        ),
        Bounded().fails(when={"q": 0.0, "truncation": 0.0, "C": AtLeast(2)}, source="cross-entropy"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="decreases with p_y"),
        Convex(on="logits").holds(when={"q": 0.0, "truncation": 0.0}, source="cross-entropy"),
        Convex(on="logits").fails(
            when={"q": Between(0, 1, "right"), "C": AtLeast(2)},
            source="q=0.7, y=0: the midpoint of (-7.5, 7.2, -0.1) and (2.7, -1.5, -2.4) exceeds the average by 0.668",
        ),
        Convex(on="logits").fails(
            when={"q": 0.0, "truncation": Between(0, 1, "neither"), "C": AtLeast(2)},
            source="bounded and not constant, on a space without ends",
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").holds(source="-log p_y is convex, and the value never decreases with it"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_y tends to 1"),
        Lipschitz(on="logits", constant=sqrt(2) * STEEPEST**Q * (1 - STEEPEST)).holds(
            when={"C": AtLeast(2)},
            source="sqrt(2) p^q (1 - p) is largest at q / (1 + q) and falls from there; no slope up to the truncation",
        ),
        Differentiable(on="logits", order=0).holds(when=WHOLE, source="composition of smooth maps"),
        Differentiable(on="logits").fails(
            when={"truncation": OneOf(values=(0.5,)), "C": 2},
            source="equal scores have p_y = 1/2: no slope where the label's falls, sqrt(2) / 2^(q+1) where it rises",
            note="so for every truncation above 0, on the set p_y = truncation",
        ),
        LabelSymmetric().holds(when=MAE, source="probabilities sum to 1"),
        LabelSymmetric().fails(
            when={"q": Between(0, 1, "left"), "C": AtLeast(2)},
            source="between (C - C^(1-q)) / q and (C - 1) / q; C=4, q=0.3: from 4.537 to 7.545 on random scores",
        ),
        LabelSymmetric().fails(
            when={"q": 1.0, "truncation": Between(0, 1, "neither"), "C": AtLeast(2)},
            source="C=3, k=0.5: the sum of min(1 - p_y, 1 - k) is 1.5 at equal scores, tends to 1 as one score grows",
        ),
        ClassificationCalibrated().holds(
            when=WHOLE, source="the minimiser is proportional to q_y^(1/(1-q)), for q=1 the vertex of the top class"
        ),
        ClassificationCalibrated().holds(
            when={"truncation": Between(0, 1, "neither")},
            source="exchanging a leading wrong class with the best one gains, unless all are truncated: then the vertex does",
        ),
        TopKCalibrated(k=2).holds(
            when={"q": Between(0, 0.5), "truncation": 0.0, "C": AtLeast(3)},
            source="the minimiser is proportional to q_y^(1/(1-q)): the order of all classes is kept",
            note="true below 1, where the exponent grows until the order sinks below what float64 resolves",
        ),
        TopKCalibrated(k=2).fails(when={**MAE, "C": AtLeast(3)}, source="linear: the order below the top is free"),
        TopKCalibrated(k=2).fails(
            when={"truncation": Between(0, 1, "neither"), "C": AtLeast(3)},
            source="q=0.7, k=0.5, (0.5, 0.3, 0.2): scores (60, -2, -1) reach the infimum",
        ),
        StrictlyProper().holds(when={"q": 0.0, "truncation": 0.0}, source="the logarithmic score"),
        Proper().fails(
            when={"q": Between(0, 1, "right"), "C": AtLeast(2)},
            source="q=0.5: under (0.7, 0.3) the minimiser states (0.845, 0.155)",
        ),
        NoiseTolerant(rate=1 - 1 / C).holds(when={**MAE, "C": AtLeast(2)}, source="a label-symmetric loss"),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={"q": Between(0, 0.9), "truncation": 0.0, "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
            note="true below 1, near which the rows whose order turns grow rare",
        ),
        HConsistencyBound(gamma=sqrt(2 * C**Q * T), tight=False).holds(
            when={"q": Between(0, 1, "left"), "truncation": 0.0, "C": AtLeast(2)},
            source="Mao et al. 2023, comp-sum losses with tau = 1 + q",
        ),
        HConsistencyBound(transform=T / C).holds(
            when={**MAE, "C": AtLeast(2)}, source="Mao et al. 2023, attained for t <= 1 / (C - 1) at equal scores"
        ),
        ReducesTo(other="cross_entropy", parameters={"class_weights": None, "label_smoothing": 0.0}).holds(
            when={"q": 0.0, "truncation": 0.0}, source="the limit of (1 - p^q) / q"
        ),
        ReducesTo(other="mae_classification", parameters={"scale": 1.0}).holds(when=MAE),
        ReducesTo(other="comp_sum", parameters={"tau": 1 + Q}).holds(when=WHOLE, source="Mao et al. 2023"),
    ),
    references=("zhang2018generalized", "mao2023cross"),
    examples=(
        Example(inputs=ROWS, expected=0.862842572),
        Example(
            parameters={"q": 0.5, "truncation": 0.4},
            reduction="none",
            inputs=ROWS,
            expected=[0.4748881434, 0.7350889359],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="q within 1e-6 of 0",
            expected="continuous: no cancellation",
            examples=(Example(parameters={"q": 1e-9}, inputs=ROWS, expected=1.861971667, note="cross-entropy"),),
        ),
        EdgeCase(
            case="p_y underflows to 0",
            expected="1/q with zero gradient",
            examples=(
                Example(parameters={"q": 0.5}, inputs={"logits": [[1e4, -1e4]], "target": [1]}, expected=2.0),
                Example(parameters={"q": 0.5}, inputs={"logits": [[1e4, -1e4]], "target": [0]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="every row truncated",
            expected="(1 - k^q) / q, exactly zero gradient",
            examples=(
                Example(
                    parameters={"q": 0.5, "truncation": 0.25},
                    reduction="none",
                    inputs={"logits": [[1e4, 0.0], [0.0, 2.0]], "target": [1, 0]},
                    expected=[1.0, 1.0],
                ),
                Example(
                    parameters={"q": 0.0, "truncation": 0.5},
                    inputs={"logits": [[0.0, 2.0]], "target": [0]},
                    expected=0.6931471805599453,
                    note="-log k at q = 0",
                ),
            ),
        ),
        ONE_CLASS,
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "Where the label's probability is the truncation or less the gradient is exactly zero, at the kink too.",
        "The authors train the truncated loss by alternating over a 0/1 weight of each sample and subtract the constant "
        "from the samples they keep; the minimum here is the value at the best weights, with the same gradient.",
        "Ports clamp p_y at 1e-7, which takes the gradient from rows of a hopeless label; nothing is clamped here.",
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.generalized_cross_entropy.loss:GeneralizedCrossEntropyLoss",
    oracle="losskit.plugins.classification.generalized_cross_entropy.reference:generalized_cross_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of generalised cross-entropy."""
    return SPEC
