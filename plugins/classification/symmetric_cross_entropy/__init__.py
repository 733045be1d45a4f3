"""Symmetric cross-entropy: cross-entropy plus its reverse, for noisy labels."""

from pydantic import Field

from losskit.spec import Above, AtLeast, Below, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    MIXED_ROWS,
    NAN_ROW,
    ONE_CLASS,
)
from losskit.spec.expressions import log, one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    Homogeneous,
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
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

ALPHA, BETA, LOG_CLIP, C = symbol("alpha"), symbol("beta"), symbol("log_clip"), symbol("C")
REVERSE = -BETA * LOG_CLIP  # weight of 1 - p_y
RIGHT = {"logits": one_hot(symbol("target"), C)}
SEVERAL = {"C": AtLeast(2)}
# boxes of parameters with -beta A at most alpha, and above it
MOSTLY_FORWARD = {"alpha": AtLeast(1), "beta": Between(0, 1), "log_clip": Between(-1, 0, "left")}
LIGHTLY_REVERSED = {"alpha": AtLeast(1), "beta": Between(0, 0.1), "log_clip": Between(-10, 0, "left")}
MOSTLY_REVERSE = {"alpha": Between(0, 1), "beta": AtLeast(1), "log_clip": Below(-1)}
NO_FORWARD = {"alpha": 0.0, "beta": Above(0)}
PLAIN = {"class_weights": None, "label_smoothing": 0.0}


class SymmetricCrossEntropyParameters(Parameters):
    """Parameters of symmetric cross-entropy; the paper takes alpha 0.1, beta 1 for ten classes and 6, 0.1 for a hundred."""

    alpha: float = Field(0.1, ge=0, description="weight of cross-entropy")
    beta: float = Field(1.0, ge=0, description="weight of reverse cross-entropy")
    log_clip: float = Field(-9.210340371976182, lt=0, description="A, the value given to log 0; log 1e-4 by default")


SPEC = LossSpec(
    name="symmetric_cross_entropy",
    title="Symmetric cross-entropy",
    task="classification",
    summary="Cross-entropy plus reverse cross-entropy, which is a multiple of one minus the label's probability. For noisy "
    "labels: the reverse part tolerates noise, the forward part keeps hard samples learning.",
    formula=r"\ell(z, y) = -\alpha \log p_y - \beta A\,(1 - p_y),\quad p = \mathrm{softmax}(z)",
    parameters=SymmetricCrossEntropyParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        Homogeneous(on=("alpha", "beta")).holds(source="linear in the two weights"),
        NonNegative().holds(source="both terms are at least 0, for A < 0"),
        Bounded(lower=0.0, upper=REVERSE).holds(when={**NO_FORWARD, "C": AtLeast(2)}, source="0 < p_y < 1"),
        Bounded().fails(when={"alpha": Above(0), "C": AtLeast(2)}, source="-log p_y as p_y tends to 0"),
        Monotone(on="alpha", direction="increasing").holds(source="-log p_y is not negative"),
        Monotone(on="beta", direction="increasing").holds(source="-A (1 - p_y) is not negative"),
        Monotone(on="log_clip", direction="decreasing").holds(source="-beta (1 - p_y) is not positive"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="both terms fall as p_y grows"),
        Convex(on="logits").holds(
            when=MOSTLY_FORWARD, source="alpha times PolyLoss with epsilon = -beta A / alpha, convex up to epsilon = 1"
        ),
        Convex(on="logits").holds(when=LIGHTLY_REVERSED, source="the same"),
        Convex(on="logits").fails(
            when={**MOSTLY_REVERSE, "C": AtLeast(2)},
            source="defaults, y=0: (-8, 0), (-4, 0), (0, 0) give 10.00729, 9.44650, 4.67448",
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").holds(source="-log p_y is convex, and the value increases with it"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_y tends to 1"),
        UpperBounds(target="zero_one", factor=1 / (ALPHA * log(2) + REVERSE / 2)).holds(
            when={"alpha": Above(0)}, source="with a class that leads or ties p_y is at most 1/2"
        ),
        UpperBounds(target="zero_one", factor=2 / REVERSE).holds(
            when=NO_FORWARD, source="with a class that leads or ties p_y is at most 1/2"
        ),
        UpperBounds(target="cross_entropy", parameters=PLAIN, factor=1 / ALPHA, tight=False).holds(
            when={"alpha": Above(0)}, source="the reverse term is not negative"
        ),
        Lipschitz(on="logits", constant=sqrt(2) * ALPHA).holds(
            when={**MOSTLY_FORWARD, "C": AtLeast(2)},
            source="the gradient (alpha + b p_y) (p - e_y) with b = -beta A, longest as p_y tends to 0",
        ),
        Lipschitz(on="logits", constant=sqrt(2) * (ALPHA + REVERSE) ** 2 / (4 * REVERSE)).holds(
            when={**MOSTLY_REVERSE, "C": AtLeast(2)}, source="the same, longest at p_y = (1 - alpha / b) / 2"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().holds(when={"alpha": 0.0}, source="probabilities sum to 1, so the values to -beta A (C - 1)"),
        LabelSymmetric().fails(
            when={"alpha": Above(0), "C": AtLeast(2)},
            source="defaults, C=3: (0, 0, 1) sums to 18.78611, (5, 0, 1) to 19.32810",
        ),
        ClassificationCalibrated().holds(
            when={"alpha": Above(0)},
            source="the minimiser p_k = alpha q_k / (lambda + beta A q_k) keeps the order of q",
        ),
        ClassificationCalibrated().holds(
            when=NO_FORWARD, source="the risk -beta A (1 - sum_k q_k p_k) is least at the vertex of the top class alone"
        ),
        ClassificationCalibrated().fails(
            when={"alpha": 0.0, "beta": 0.0, "C": AtLeast(2)}, source="the value is 0 everywhere"
        ),
        TopKCalibrated(k=2).holds(
            when={**MOSTLY_FORWARD, "C": AtLeast(3)}, source="the minimiser keeps the order of all classes"
        ),
        TopKCalibrated(k=2).fails(
            when={**NO_FORWARD, "C": AtLeast(3)},
            source="q=(0.5, 0.3, 0.2): all mass goes to the top class, the order of the others is free",
        ),
        StrictlyProper().holds(when={"alpha": Above(0), "beta": 0.0}, source="the logarithmic score"),
        Proper().fails(
            when={"beta": Above(0), "C": AtLeast(2)},
            source="over-confident: defaults, q=(0.6, 0.3, 0.1) gives (0.98723, 0.01062, 0.00214)",
        ),
        NoiseTolerant(rate=1 - 1 / C).holds(
            when={"alpha": 0.0, "C": AtLeast(2)}, source="Ghosh et al. 2017: a label-symmetric loss"
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={"alpha": AtLeast(0.1), "beta": Between(0, 1), "log_clip": Between(-10, 0, "left"), "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
            note="true for every alpha > 0; where the reverse term outweighs it the rows whose order turns grow rare",
        ),
        ReducesTo(other="cross_entropy", parameters=PLAIN, relation="affine", scale=ALPHA).holds(
            when={"beta": 0.0}, source="nothing is added; alpha=1 is cross-entropy itself"
        ),
        ReducesTo(other="mae_classification", parameters={"scale": REVERSE}).holds(
            when=NO_FORWARD, source="1 - p_y for beta=1, A=-1; the L1 distance to one-hot for A=-2"
        ),
        ReducesTo(other="poly_loss", parameters={"epsilon": REVERSE / ALPHA}, relation="affine", scale=ALPHA).holds(
            when={"alpha": Above(0)}, source="-log p_y and 1 - p_y with other weights"
        ),
    ),
    references=("wang2019symmetric", "ghosh2017robust"),
    examples=(
        Example(inputs=MIXED_ROWS, expected=4.129742402),
        Example(
            parameters={"alpha": 0.0, "beta": 1.0, "log_clip": -4.0},
            reduction="none",
            inputs=MIXED_ROWS,
            expected=[0.8576118616, 2.671100026],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="huge scores",
            expected="finite; p_y underflows and the reverse term is exactly -beta A",
            examples=(
                Example(
                    reduction="none",
                    inputs={"logits": [[1e4, -1e4], [1e4, -1e4]], "target": [0, 1]},
                    expected=[0.0, 2009.2103403719762],
                ),
            ),
        ),
        EdgeCase(
            case="score -inf on the label",
            expected="inf; -beta A where alpha = 0",
            examples=(
                Example(
                    parameters={"alpha": 0.0, "log_clip": -4.0},
                    inputs={"logits": [[-float("inf"), 0.0]], "target": [0]},
                    expected=4.0,
                ),
            ),
        ),
        EdgeCase(
            case="equal scores",
            expected="alpha log C - beta A (1 - 1/C)",
            examples=(
                Example(
                    parameters={"alpha": 1.0, "log_clip": -2.0},
                    inputs={"logits": [[0.5, 0.5]], "target": [1]},
                    expected=1.6931471805599453,
                ),
            ),
        ),
        EdgeCase(case="log_clip >= 0", expected="refused as a parameter"),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The authors' code clips probabilities at 1e-7 inside the reverse term, which adds up to about 1e-7 C |A|; here "
        "nothing is clipped.",
        "log_clip is the logarithm itself: a label clipped at 1e-4 is log_clip = log 1e-4. The paper also tries -4.",
        "Unless alpha = 0 only the reverse term, not the sum, is symmetric in the labels.",
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.symmetric_cross_entropy.loss:SymmetricCrossEntropyLoss",
    oracle="losskit.plugins.classification.symmetric_cross_entropy.reference:symmetric_cross_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of symmetric cross-entropy."""
    return SPEC
