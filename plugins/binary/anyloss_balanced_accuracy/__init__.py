"""AnyLoss for the balanced accuracy: the mean error rate of both classes, made differentiable."""

from pydantic import Field

from losskit.spec import EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import CLOSE, CONFUSION_BY_ARITHMETIC, LABEL_NOT_BINARY, NO_SAMPLE, UNSURE
from losskit.spec.expressions import exp, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    DuplicationInvariant,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
)
from losskit.spec.tensors import binary_target, score

L = symbol("amplification")
LEAST, MOST = 1 / (1 + exp(L / 2)), 1 / (1 + exp(-L / 2))


class AnyLossBalancedAccuracyParameters(Parameters):
    """Parameters of AnyLoss for the balanced accuracy."""

    amplification: float = Field(
        73.0, gt=0, description="slope L of the soft decision at the threshold; 73 in the paper"
    )


SPEC = LossSpec(
    name="anyloss_balanced_accuracy",
    title="AnyLoss, balanced accuracy",
    task="binary",
    summary="One minus the mean of the true positive and the true negative rate, made differentiable at the threshold 1/2. "
    "Take it for imbalanced problems in which both classes matter alike.",
    formula=r"\ell = \frac12 \Big(\frac{FN}{N_1} + \frac{FP}{N_0}\Big),\quad FN = \sum_i t_i (1 - \hat y_i),\ "
    r"FP = \sum_i (1 - t_i) \hat y_i,\ N_1 = \sum_i t_i,\ N_0 = \sum_i (1 - t_i),\ "
    r"\hat y = \sigma\big(L (\sigma(x) - \tfrac12)\big)",
    parameters=AnyLossBalancedAccuracyParameters,
    inputs=(score("B"), binary_target("B")),
    output=(),
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        PermutationInvariant(over="classes").holds(source="both rates trade places"),
        DuplicationInvariant().holds(source="quotients of sums over the batch"),
        ShiftInvariant(on="logits", axis="B").fails(source="B=1, t=1, L=10: 0.98929 at x=-3, 0.90975 at x=-1"),
        NonNegative().holds(source="a mean of shares"),
        Bounded(lower=LEAST, upper=MOST).holds(source="means of soft decisions, each strictly between the two"),
        Convex(on="logits").fails(source="B=1, t=1, L=10: x=-1, -3, -5 gives 0.90975, 0.98929, 0.99285"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="the soft decision rises in x"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="as above"),
        Lipschitz(on="logits", norm="linf", constant=L / 16).holds(
            source="|dl/dx_i| <= L / (32 N_t), attained at x=0: N_t of them a class; L / (16 B) where one is absent"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ReducesTo(
            other="anyloss_accuracy", parameters={"amplification": L}, given={"target": (1.0, 0.0, 0.0, 1.0)}
        ).holds(source="as many positives as negatives"),
        ReducesTo(other="anyloss_accuracy", parameters={"amplification": L}, given={"target": (1.0,)}).holds(
            source="one class alone"
        ),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", reason="a sample weighs by how many of its class the batch holds"),
    ),
    coupling="batch",
    weights="logits",
    references=("han2024anyloss",),
    examples=(
        Example(parameters={"amplification": 10.0}, inputs=UNSURE, expected=0.5894907397),
        Example(inputs=CLOSE, expected=0.3820764672),
    ),
    edge_cases=(
        NO_SAMPLE,
        EdgeCase(
            case="one class absent",
            expected="the error rate of the other",
            examples=(
                Example(
                    parameters={"amplification": 10.0},
                    inputs={"logits": [-3.0], "target": [1.0]},
                    expected=0.9892892757,
                ),
                Example(inputs={"logits": [0.0, 0.0], "target": [0.0, 0.0]}, expected=0.5),
            ),
        ),
        EdgeCase(
            case="scores of 1e4",
            expected="finite, gradient 0",
            examples=(
                Example(
                    parameters={"amplification": 2.0},
                    inputs={"logits": [1e4, 1e4, 1e4], "target": [1.0, 0.0, 0.0]},
                    expected=0.5,
                ),
                Example(inputs={"logits": [1e4, -1e4], "target": [0.0, 1.0]}, expected=1.0),
            ),
        ),
        LABEL_NOT_BINARY,
        EdgeCase(case="nan in the scores", expected="nan"),
    ),
    notes=(
        "One number of the batch: none, sum and mean return the same scalar.",
        "sample_weight multiplies a sample's part of the confusion matrix, as if the sample were repeated.",
        "Of a class that the batch lacks the paper has 0/0; here the mean is over the classes that are present.",
        "With L to infinity this is one minus the balanced accuracy wherever no score is 0.",
    ),
    graph_accepts=CONFUSION_BY_ARITHMETIC,
    module="losskit.plugins.binary.anyloss_balanced_accuracy.loss:AnyLossBalancedAccuracyLoss",
    oracle="losskit.plugins.binary.anyloss_balanced_accuracy.reference:anyloss_balanced_accuracy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of AnyLoss for the balanced accuracy."""
    return SPEC
