"""AnyLoss for the F-beta score: the harmonic mean of precision and recall, made differentiable."""

from pydantic import Field

from losskit.spec import EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import CONFUSION_BY_ARITHMETIC, LABEL_NOT_BINARY, NO_SAMPLE, RIGHT_BY_FAR, UNSURE
from losskit.spec.expressions import column, exp, ids, symbol
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
)
from losskit.spec.tensors import binary_target, score

L, BETA, X = symbol("amplification"), symbol("beta"), symbol("logits")
DECISION = L * (1 / (1 + exp(-X)) - 0.5)
LEAST, MOST = 1 / (1 + exp(L / 2)), 1 / (1 + exp(-L / 2))


class AnyLossFBetaParameters(Parameters):
    """Parameters of AnyLoss for the F-beta score."""

    amplification: float = Field(
        73.0, gt=0, description="slope L of the soft decision at the threshold; 73 in the paper"
    )
    beta: float = Field(1.0, gt=0, description="weight of recall against precision; 1 weighs them alike")


SPEC = LossSpec(
    name="anyloss_fbeta",
    title="AnyLoss, F-beta",
    task="binary",
    summary="One minus a differentiable F-beta score of the batch at the threshold 1/2. Take it for imbalanced problems that "
    "are judged by F1, F2 or F0.5, with batches large enough to hold positives: without any it teaches nothing.",
    formula=r"\ell = \frac{\beta^2 FN + FP}{(1 + \beta^2) TP + \beta^2 FN + FP},\quad TP = \sum_i t_i \hat y_i,\ "
    r"FN = \sum_i t_i (1 - \hat y_i),\ FP = \sum_i (1 - t_i) \hat y_i,\ "
    r"\hat y = \sigma\big(L (\sigma(x) - \tfrac12)\big)",
    parameters=AnyLossFBetaParameters,
    inputs=(score("B"), binary_target("B")),
    output=(),
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        PermutationInvariant(over="classes").fails(
            source="true negatives do not enter; L=10, x=(1, -1, .5), t=(1, 0, 0): 0.34382, the other way 0.29542"
        ),
        DuplicationInvariant().holds(source="a quotient of sums over the batch"),
        ShiftInvariant(on="logits", axis="B").fails(source="B=1, t=1, L=10: 0.97882 at x=-3, 0.83445 at x=-1"),
        NonNegative().holds(source="sums of shares"),
        Bounded(lower=BETA**2 * LEAST / (BETA**2 + MOST), upper=1.0).holds(
            source="falls in TP and rises in FP: least at positives alone that are found by far"
        ),
        Bounded(upper=1.0, reach="attained").holds(source="FP / FP without a positive"),
        Convex(on="logits").fails(source="B=1, t=1, L=10: x=-1, -3, -5 gives 0.83445, 0.97882, 0.98581"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="the score rises in TP"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="the score falls in FP"),
        Differentiable(on="logits", order=0).holds(source="quotient of smooth maps with a positive denominator"),
        ReducesTo(
            other="dice",
            parameters={"smooth_nr": 0.0, "smooth_dr": 1e-300, "batch": True},
            inputs={"logits": column(DECISION), "target": ids(symbol("target"))},
        ).holds(when={"beta": 1.0}, source="soft Dice of one channel whose probabilities are the soft decisions"),
    ),
    narrowed=(Narrowing(property="BatchDecomposable", reason="the quotient is taken of sums over the whole batch"),),
    coupling="batch",
    weights="logits",
    references=("han2024anyloss",),
    examples=(
        Example(parameters={"amplification": 10.0}, inputs=UNSURE, expected=0.5591036403),
        Example(
            parameters={"beta": 2.0},
            inputs={"logits": [0.05, -0.02, 0.01], "target": [1.0, 0.0, 1.0]},
            expected=0.348946633,
        ),
        Example(
            inputs=RIGHT_BY_FAR,
            expected=1.1950254183762995e-15,
            gradients={"logits": [-8.8206149842521e-19, 2.4977256010332e-18, -3.69823438958605e-15]},
            note="right by far",
        ),
    ),
    edge_cases=(
        NO_SAMPLE,
        EdgeCase(
            case="no positive",
            expected="exactly 1 with zero gradient",
            examples=(Example(inputs={"logits": [0.5, -2.0, 1e4], "target": [0.0, 0.0, 0.0]}, expected=1.0),),
        ),
        EdgeCase(
            case="no negative",
            expected="beta^2 FN / ((1 + beta^2) TP + beta^2 FN)",
            examples=(
                Example(inputs={"logits": [0.0, 0.0], "target": [1.0, 1.0]}, expected=1 / 3),
                Example(parameters={"beta": 2.0}, inputs={"logits": [0.0, 0.0], "target": [1.0, 1.0]}, expected=4 / 9),
            ),
        ),
        EdgeCase(
            case="scores of 1e4",
            expected="finite, gradient 0",
            examples=(
                Example(
                    parameters={"amplification": 2.0},
                    inputs={"logits": [1e4, 1e4, -1e4], "target": [1.0, 0.0, 1.0]},
                    reduction="none",
                    expected=0.4639590996,
                    note="TP = 1, FN = 1, FP = sigmoid(1)",
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        EdgeCase(case="nan in the scores", expected="nan"),
    ),
    notes=(
        "One number of the batch: none, sum and mean return the same scalar.",
        "sample_weight multiplies a sample's part of the confusion matrix, as if the sample were repeated.",
        "A batch without positives has the value 1 whatever the scores, and no gradient: draw batches that hold some.",
        "With L to infinity this is one minus the F-beta score wherever no score is 0.",
    ),
    graph_accepts=CONFUSION_BY_ARITHMETIC,
    module="losskit.plugins.binary.anyloss_fbeta.loss:AnyLossFBetaLoss",
    oracle="losskit.plugins.binary.anyloss_fbeta.reference:anyloss_fbeta",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of AnyLoss for the F-beta score."""
    return SPEC
