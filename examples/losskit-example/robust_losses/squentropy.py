"""Squentropy: cross-entropy, and the squares of the scores of the wrong classes."""

from pydantic import Field

from losskit.spec import Accepted, Between, EdgeCase, Example, LossSpec, Parameters, Reference, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END, LABEL_OUT_OF_RANGE, NAN_ROW
from losskit.spec.expressions import log, one_hot, symbol
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
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

SQUARED = {"weight": Between(0.5, 2)}
RIGHT = {"logits": one_hot(symbol("target"), symbol("C"))}
ROW = {"logits": [[1.0, -1.0, 0.5]], "target": [0]}


class SquentropyParameters(Parameters):
    """Parameters of squentropy."""

    weight: float = Field(1.0, ge=0, description="factor of the squares beside the cross-entropy; 1 in the paper")


SPEC = LossSpec(
    name="squentropy",
    title="Squentropy",
    task="classification",
    summary="Cross-entropy plus the mean square of the scores of the wrong classes, which keeps scores from growing without "
    "need. Choose it for better stated probabilities without a temperature to tune.",
    formula=r"\ell(z, y) = -\log \frac{e^{z_y}}{\sum_k e^{z_k}} + \frac{w}{C - 1} \sum_{k \ne y} z_k^2",
    parameters=SquentropyParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    least={"C": 2},
    claims=(
        PermutationInvariant(over="batch").holds(source="every sample stands alone"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        ShiftInvariant(on="logits", axis="C").holds(when={"weight": 0}, source="cross-entropy alone"),
        ShiftInvariant(on="logits", axis="C").fails(when=SQUARED, source="the squares grow with the shift"),
        NonNegative().holds(source="minus the logarithm of a probability, and squares"),
        Bounded().fails(source="grows with the score of a wrong class"),
        Convex(on="logits").holds(source="a log-sum-exp less a linear function, and squares"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="the slope is p_y - 1"),
        Monotone(on="logits", part="others", direction="increasing").fails(
            when=SQUARED, source="at large negative scores of wrong classes the squares fall"
        ),
        Monotone(on="weight", direction="increasing").holds(source="squares are not negative"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="no wrong class keeps a share, and their scores are 0"),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(
            when={"C": 2},
            source="cross-entropy is at least log 2 where the label ties or is behind, the squares 0 at 0",
        ),
        UpperBounds(target="zero_one").fails(when={"C": 2, **SQUARED}, source="C=2, equal scores 0: log 2 < 1"),
        Lipschitz(on="logits").fails(when=SQUARED, source="the slope of a square grows without end"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ClassificationCalibrated().holds(
            when=SQUARED,
            source="at the minimiser z_k = (C - 1) (p_k - s_k) / (2 w (1 - p_k)), s = softmax(z), which is in the order of p",
        ),
        LabelSymmetric().fails(when=SQUARED, source="C=2, w=1: (0, 0) sums to 1.386, (3, 0) to 12.097"),
        Proper().fails(when={"weight": Between(0.5, 2), "C": 2}, source="the squares draw the scores together"),
        ReducesTo(other="cross_entropy").holds(when={"weight": 0}, source="no squares"),
    ),
    references=(Reference(key="hui2023cut", file="robust_losses:papers.bib"),),
    examples=(
        Example(inputs=ROW, expected=1.1799569196419908),
        Example(inputs={"logits": [[2.0, -1.0]], "target": [1]}, expected=7.048587351573742),
    ),
    edge_cases=(
        EMPTY_BATCH,
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
        EdgeCase(
            case="C = 1",
            expected="refused: there is no wrong class to average over",
            examples=(Example(inputs={"logits": [[3.0]], "target": [0]}, refused="logits"),),
        ),
    ),
    notes=("Scores are not free up to a shift: a model whose last layer is normalised has to learn an offset.",),
    graph_accepts=(
        FROM_THE_END,
        Accepted(
            input="target",
            wrong="an axis of size 1",
            meaning="the label of every row in the squares, and of the first row alone in the cross-entropy",
        ),
    ),
    module="robust_losses.modules:Squentropy",
    oracle="robust_losses.oracles:squentropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of squentropy."""
    return SPEC
