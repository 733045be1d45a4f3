"""AnyLoss for the accuracy: the share of samples on the wrong side of the threshold, made differentiable."""

from pydantic import Field

from losskit.spec import Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, SIGN_BY_ARITHMETIC, TWO_CLASSES
from losskit.spec.expressions import exp, pair, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DuplicationInvariant,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

L, X, TARGET = symbol("amplification"), symbol("logits"), symbol("target")
DECISION = L * (1 / (1 + exp(-X)) - 0.5)
LEAST, MOST = 1 / (1 + exp(L / 2)), 1 / (1 + exp(-L / 2))


class AnyLossAccuracyParameters(Parameters):
    """Parameters of AnyLoss for the accuracy."""

    amplification: float = Field(
        73.0, gt=0, description="slope L of the soft decision at the threshold; 73 in the paper"
    )


SPEC = LossSpec(
    name="anyloss_accuracy",
    title="AnyLoss, accuracy",
    task="binary",
    summary="One minus a differentiable accuracy at the threshold 1/2. Take it when plain accuracy is the goal; bounded and "
    "symmetric in the labels, hence tolerant of uniform label noise. Far from the threshold it hardly has a gradient.",
    formula=r"\ell(x, t) = t (1 - \hat y) + (1 - t) \hat y,\quad \hat y = \sigma\big(L (\sigma(x) - \tfrac12)\big)",
    parameters=AnyLossAccuracyParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="z stays where score and label both change sides"),
        DuplicationInvariant().holds(source="mean over samples"),
        ShiftInvariant(on="logits").fails(source="t=1, L=10: 0.98929 at x=-3, 0.90975 at x=-1"),
        MarginBased().holds(source="l = sigmoid(-L (sigmoid(z) - 1/2)) with z = (2t - 1) x"),
        LabelSymmetric().holds(source="both labels sum to 1"),
        NonNegative().holds(source="a share"),
        Bounded(lower=LEAST, upper=MOST).holds(source="0 < sigmoid(z) < 1: approached as z grows, and as it falls"),
        ZeroAt(where={"logits": 2 * TARGET - 1}, reach="approached").fails(
            when={"amplification": Between(0, 15, "right")},
            source="sigmoid(-L/2) remains: 0.00669 for L=10",
            note="true of every L; beyond 18 what remains is less than the 1e-4 that the search tells from 0",
        ),
        Convex(on="logits").fails(source="t=1, L=10: x=-1, -3, -5 gives 0.90975, 0.98929, 0.99285"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="dl/dx = -L l (1 - l) p (1 - p)"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="as above, with the other sign"),
        UpperBounds(target="zero_one", factor=2.0).holds(source="decreases in z, and is 1/2 at z=0"),
        UpperBounds(target="zero_one").fails(source="t=1, L=10, x=-3: 0.98929 < 1"),
        Lipschitz(on="logits", constant=L / 16).holds(source="|dl/dx| = L l (1 - l) p (1 - p), attained at x=0"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ClassificationCalibrated().holds(source="the risk q + y (1 - 2 q) is linear in the soft decision y"),
        Proper().fails(source="q=0.7, L=10: the risk falls in x throughout, so p=1 beats p=0.7"),
        StrictlyProper().fails(source="as above"),
        NoiseTolerant(rate=0.5).holds(source="Ghosh et al. 2017, theorem 1: a label-symmetric loss"),
        NoiseTolerant(rate=0.5, rows="free").holds(source="as above"),
        ReducesTo(other="torch.nn.L1Loss", inputs={"input": 1 / (1 + exp(-DECISION)), "target": TARGET}).holds(
            source="|t - y| of the soft decision y at a hard label"
        ),
        ReducesTo(
            other="mae_classification", inputs={"logits": pair(0.0, DECISION), "target": TWO_CLASSES["target"]}
        ).holds(source="softmax of (0, L (p - 1/2)) is the soft decision"),
    ),
    references=("han2024anyloss", "ghosh2017robust"),
    examples=(
        Example(
            parameters={"amplification": 10.0},
            inputs={"logits": [0.5, -0.2, 1.0], "target": [1.0, 0.0, 0.0]},
            expected=0.5049366489,
        ),
        Example(
            inputs={"logits": [0.03, -0.01], "target": [1.0, 1.0]},
            reduction="none",
            expected=[0.3664541547, 0.5454984102],
        ),
        Example(inputs={"logits": [0.1, -0.1, 0.2, -0.3], "target": [0.0, 1.0, 1.0, 0.0]}, expected=0.4379863662),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="one class absent",
            expected="the mean as ever",
            examples=(
                Example(
                    parameters={"amplification": 10.0},
                    inputs={"logits": [-3.0], "target": [1.0]},
                    expected=0.9892892757,
                ),
            ),
        ),
        EdgeCase(
            case="scores of 0",
            expected="1/2",
            examples=(
                Example(inputs={"logits": [0.0, 0.0], "target": [1.0, 0.0]}, reduction="none", expected=[0.5, 0.5]),
            ),
        ),
        EdgeCase(
            case="scores of 1e4",
            expected="sigmoid(-L/2) or sigmoid(L/2), gradient exactly 0",
            examples=(
                Example(
                    parameters={"amplification": 2.0},
                    inputs={"logits": [1e4, 1e4, -1e4], "target": [1.0, 0.0, 1.0]},
                    reduction="none",
                    expected=[0.2689414214, 0.7310585786, 0.7310585786],
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        EdgeCase(case="nan in the scores", expected="nan in that row only"),
    ),
    notes=(
        "The authors' code divides by the size of the training set whatever the batch; with the whole set as one batch that "
        "is the paper.",
        "With L to infinity this is the 0-1 error wherever no score is 0.",
    ),
    graph_accepts=SIGN_BY_ARITHMETIC[:2],  # a single score for many labels is refused
    module="losskit.plugins.binary.anyloss_accuracy.loss:AnyLossAccuracyLoss",
    oracle="losskit.plugins.binary.anyloss_accuracy.reference:anyloss_accuracy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of AnyLoss for the accuracy."""
    return SPEC
