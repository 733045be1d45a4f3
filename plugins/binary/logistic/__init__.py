"""The logistic loss of one score: cross-entropy for a decision between two classes."""

from losskit.spec import EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, NAN_ROW, SIGN_BY_ARITHMETIC, SIGNED, TWO_CLASSES
from losskit.spec.expressions import log, maximum, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    FisherConsistent,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    Smooth,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

T, TARGET = symbol("t"), symbol("target")
RIGHT = {"logits": 2 * TARGET - 1}


class LogisticParameters(Parameters):
    """The logistic loss has no parameters."""


SPEC = LossSpec(
    name="logistic",
    title="Logistic loss (binary cross-entropy on a score)",
    task="binary",
    summary="Log-likelihood of the label under the sigmoid of the score: smooth, convex and strictly proper. "
    "The default for a decision between two classes.",
    formula=r"\ell(x, t) = \log\big(1 + e^{-z}\big),\quad z = (2t - 1)\, x",
    parameters=LogisticParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="z stays where score and label both change sides"),
        MarginBased().holds(source="the definition"),
        NonNegative().holds(source="the logarithm of more than 1"),
        Bounded().fails(source="z=-100 gives 100"),
        Convex(on="logits").holds(source="second derivative s (1 - s) with s = sigmoid(z)"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="dl/dx = -sigmoid(-x)"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="dl/dx = sigmoid(x)"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="tends to 0 as z grows, and never reaches it"),
        ZeroAt(where=RIGHT).fails(source="z=1: log(1 + exp(-1)) = 0.3133"),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(source="decreases in z, and is log 2 at z=0"),
        UpperBounds(target="zero_one").fails(source="z=0: log 2 < 1"),
        Lipschitz(on="logits", constant=1.0).holds(source="|dl/dx| = sigmoid(-z) < 1, approached as z falls"),
        Smooth(on="logits", constant=0.25).holds(source="s (1 - s) <= 1/4, attained at z=0"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(source="x=0 sums to 1.386, x=3 to 3.097"),
        ClassificationCalibrated().holds(source="Bartlett et al. 2006, theorem 2: convex, slope -1/2 at z=0"),
        FisherConsistent(target="auc").holds(
            source="the minimiser is the log-odds, which grow with the likelihood ratio"
        ),
        StrictlyProper().holds(source="the logarithmic score of p = sigmoid(x)"),
        HConsistencyBound(transform=((1 + T) * log(1 + T) + (1 - T) * log(maximum(1 - T, 1e-300))) / 2).holds(
            source="Bartlett et al. 2006: log 2 less the binary entropy of (1 + t) / 2"
        ),
        HConsistencyBound(gamma=sqrt(2 * T)).holds(
            source="the transform is at least t^2 / 2, in the limit t to 0 no more"
        ),
        ReducesTo(other="torch.nn.BCEWithLogitsLoss").holds(source="-t log s(x) - (1 - t) log s(-x) at a hard label"),
        ReducesTo(other="cross_entropy", inputs=TWO_CLASSES).holds(source="softmax of (0, x): log(1 + exp(-z))"),
        ReducesTo(other="comp_sum", parameters={"tau": 1.0}, inputs=TWO_CLASSES).holds(source="as above"),
    ),
    references=("bartlett2006convexity",),
    examples=(
        Example(inputs=SIGNED, expected=1.154660677),
        Example(inputs=SIGNED, reduction="none", expected=[0.4740769842, 1.463282467, 2.126928011, 0.5543552445]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="scores of 1e4",
            expected="0 or 1e4 exactly, no overflow",
            examples=(
                Example(
                    inputs={"logits": [1e4, 1e4, -1e4], "target": [1.0, 0.0, 1.0]},
                    reduction="none",
                    expected=[0.0, 1e4, 1e4],
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        NAN_ROW,
    ),
    notes=("torch.nn.SoftMarginLoss is the same on paper, takes labels of -1 and 1, and overflows to inf.",),
    graph_accepts=SIGN_BY_ARITHMETIC,
    module="losskit.plugins.binary.logistic.loss:LogisticLoss",
    oracle="losskit.plugins.binary.logistic.reference:logistic",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the logistic loss."""
    return SPEC
