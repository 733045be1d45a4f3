"""AnyLoss for the geometric mean of the rates at which both classes are right, made differentiable."""

from pydantic import Field

from losskit.spec import EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import CLOSE, CONFUSION_BY_ARITHMETIC, LABEL_NOT_BINARY, NO_SAMPLE, RIGHT_BY_FAR, UNSURE
from losskit.spec.expressions import exp, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    DuplicationInvariant,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    UpperBounds,
)
from losskit.spec.tensors import binary_target, score

L = symbol("amplification")
LEAST, MOST = 1 / (1 + exp(L / 2)), 1 / (1 + exp(-L / 2))


class AnyLossGMeanParameters(Parameters):
    """Parameters of AnyLoss for the geometric mean."""

    amplification: float = Field(
        73.0, gt=0, description="slope L of the soft decision at the threshold; 73 in the paper"
    )


SPEC = LossSpec(
    name="anyloss_gmean",
    title="AnyLoss, geometric mean",
    task="binary",
    summary="One minus the geometric mean of the true positive and the true negative rate, made differentiable at the "
    "threshold 1/2. Take it for imbalanced problems in which neither class may be neglected: one bad rate spoils the mean.",
    formula=r"\ell = 1 - \sqrt{\frac{TP}{N_1} \frac{TN}{N_0}},\quad TP = \sum_i t_i \hat y_i,\ "
    r"TN = \sum_i (1 - t_i) (1 - \hat y_i),\ N_1 = \sum_i t_i,\ N_0 = \sum_i (1 - t_i),\ "
    r"\hat y = \sigma\big(L (\sigma(x) - \tfrac12)\big)",
    parameters=AnyLossGMeanParameters,
    inputs=(score("B"), binary_target("B")),
    output=(),
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        PermutationInvariant(over="classes").holds(source="both rates trade places"),
        DuplicationInvariant().holds(source="a function of quotients of sums over the batch"),
        ShiftInvariant(on="logits", axis="B").fails(source="B=1, t=1, L=10: 0.98929 at x=-3, 0.90975 at x=-1"),
        NonNegative().holds(source="the rates are at most 1"),
        Bounded(lower=LEAST, upper=MOST).holds(
            source="both rates lie strictly between the two, and so does their mean"
        ),
        Convex(on="logits").fails(source="B=1, t=1, L=10: x=-1, -3, -5 gives 0.90975, 0.98929, 0.99285"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(
            source="the rate of positives rises in x"
        ),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="as above"),
        UpperBounds(target="anyloss_balanced_accuracy", parameters={"amplification": L}).holds(
            source="a geometric mean is at most the arithmetic one, and equal where both rates are"
        ),
        Differentiable(on="logits", order=0).holds(source="both rates stay positive, where the root is smooth"),
        ReducesTo(other="anyloss_balanced_accuracy", parameters={"amplification": L}, given={"target": (1.0,)}).holds(
            source="one class alone: one minus its rate"
        ),
        ReducesTo(other="anyloss_accuracy", parameters={"amplification": L}, given={"target": (0.0,)}).holds(
            source="as above"
        ),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", reason="the root is taken of a product of rates over the whole batch"),
    ),
    coupling="batch",
    weights="logits",
    references=("han2024anyloss",),
    examples=(
        Example(parameters={"amplification": 10.0}, inputs=UNSURE, expected=0.5931044779),
        Example(inputs=CLOSE, expected=0.3895085053),
        Example(
            inputs=RIGHT_BY_FAR,
            expected=1.232615643630842e-15,
            gradients={"logits": [-8.8206149842521e-19, 4.99545120206640e-18, -3.69823438958604e-15]},
            note="right by far",
        ),
    ),
    edge_cases=(
        NO_SAMPLE,
        EdgeCase(
            case="one class absent",
            expected="one minus the rate of the other",
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
            case="scores of 1e4, and a class that is wrong throughout",
            expected="finite: its rate is at least sigmoid(-L/2), gradient 0",
            examples=(
                Example(inputs={"logits": [1e4, -1e4, 1e4], "target": [1.0, 0.0, 0.0]}, expected=0.2928932188),
                Example(inputs={"logits": [-1e4, -1e4], "target": [1.0, 0.0]}, expected=0.9999999881),
                Example(
                    parameters={"amplification": 4000.0},
                    inputs={"logits": [-1e4, -1e4], "target": [1.0, 0.0]},
                    expected=1.0,
                    note="the rate itself underflows",
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        EdgeCase(case="nan in the scores", expected="nan"),
    ),
    notes=(
        "One number of the batch: none, sum and mean return the same scalar.",
        "sample_weight multiplies a sample's part of the confusion matrix, as if the sample were repeated.",
        "Of a class that the batch lacks the paper has 0/0; here it is one minus the rate of the class that is present.",
        "With L to infinity this is one minus the geometric mean of both rates wherever no score is 0.",
    ),
    graph_accepts=CONFUSION_BY_ARITHMETIC,
    module="losskit.plugins.binary.anyloss_gmean.loss:AnyLossGMeanLoss",
    oracle="losskit.plugins.binary.anyloss_gmean.reference:anyloss_gmean",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of AnyLoss for the geometric mean."""
    return SPEC
