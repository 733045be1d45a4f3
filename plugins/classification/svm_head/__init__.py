"""One-vs-rest SVM output head: a linear support vector machine for each class, and the norm of their weights."""

from typing import Literal

from pydantic import Field

from losskit.spec import Accepted, EdgeCase, Example, Input, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_OUT_OF_RANGE, NAN_ROW, SCORES
from losskit.spec.expressions import maximum, one_hot, sqrt, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    StrictlyConvex,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

PENALTY, B, C = symbol("c"), symbol("B"), symbol("C")
SIGNS = 2 * one_hot(symbol("target"), C) - 1
HINGE = maximum(1 - SIGNS * symbol("logits"), 0.0)
SEPARATED = {"logits": SIGNS, "weight": 0.0}
SQUARED, PLAIN = {"p": 2}, {"p": 1}
WEIGHT = [[0.5, -1.0], [1.0, 0.0], [0.2, 0.3]]
ROWS = {"logits": SCORES, "target": [0, 2], "weight": WEIGHT}
ZERO_WEIGHT = [[0.0, 0.0]]


class SVMHeadParameters(Parameters):
    """Parameters of the SVM head."""

    c: float = Field(0.5, gt=0, description="penalty of the violations against the norm of the weights")
    p: Literal[1, 2] = Field(2, description="exponent of the hinge: 2 L2-SVM, the paper's; 1 L1-SVM")


SPEC = LossSpec(
    name="svm_head",
    title="One-vs-rest SVM output head (L1-SVM / L2-SVM) with weight norm",
    task="classification",
    summary="Replaces softmax cross-entropy on top of a network by C independent linear support vector machines, one a "
    "class, plus half the squared norm of the output weights. Take the sum, the objective of the paper; predict the "
    "largest score.",
    formula=r"\ell_i = c \sum_k \max(0, 1 - t_{ik} f_{ik})^p + \frac{\|W\|_F^2}{2B},\quad t_{ik} = \pm 1,\ t_{ik} = 1 \iff k = y_i",
    parameters=SVMHeadParameters,
    inputs=(
        logits("B", "C"),
        class_target("B"),
        Input(
            name="weight",
            shape=("*W",),
            role="parameter",
            meaning="weights of the output layer, (C, D) or any other shape: only their squared norm enters; no bias",
        ),
    ),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").fails(source="y=0, W=0: (1, -1) gives 0, (2, 0) gives c"),
        ScaleInvariant(on="logits", axis="C").fails(source="y=0, W=0: (1, -1) gives 0, (0.5, -0.5) more"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            source="one machine a class, all alike; the norm does not see an order"
        ),
        RotationInvariant(on="weight").holds(source="the Frobenius norm"),
        NonNegative().holds(source="a sum of powers of hinges and squares"),
        Bounded().fails(source="grows with a violation like its power p"),
        Convex(on=("logits", "weight")).holds(source="powers of hinges of affine functions, and a squared norm"),
        StrictlyConvex(on="weight").holds(source="a squared norm"),
        StrictlyConvex(on="logits").fails(source="0 as long as every margin is at least 1"),
        ZeroAt(where=SEPARATED).holds(source="every t f is 1, and there are no weights"),
        MinimisedAt(where=SEPARATED).holds(source="zero there, and nowhere negative"),
        Differentiable(on=("logits", "weight")).holds(
            when=SQUARED, source="the square of a hinge has slope 0 at its kink"
        ),
        Differentiable(on="logits").fails(when=PLAIN, source="kink at t f = 1"),
        Lipschitz(on="logits", constant=PENALTY * sqrt(C / B)).holds(
            when=PLAIN,
            source="entries of a sample's subgradient are 0 or c; the mean over B samples has 1 / sqrt(B) of it",
        ),
        Smooth(on="logits", constant=2 * PENALTY / B).holds(when=SQUARED, source="the Hessian is 0 or 2 c, over B"),
        ReducesTo(
            other="torch.nn.L1Loss",
            inputs={"input": HINGE, "target": 0 * SIGNS},
            relation="affine",
            scale=PENALTY * C,
            given={"weight": (0.0,)},
        ).holds(when=PLAIN, source="the framework's mean of hinges over the classes, times c C"),
        ReducesTo(
            other="torch.nn.MSELoss",
            inputs={"input": HINGE, "target": 0 * SIGNS},
            relation="affine",
            scale=PENALTY * C,
            given={"weight": (0.0,)},
        ).holds(when=SQUARED, source="the framework's mean of squared hinges over the classes, times c C"),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            reason="the samples of a batch share one regulariser: its part of each shrinks with their number",
        ),
    ),
    coupling="batch",
    references=("agarap2018neural",),
    examples=(
        Example(inputs=ROWS, reduction="sum", expected=9.665),
        Example(parameters={"c": 1.0, "p": 1}, inputs=ROWS, expected=4.745),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="C = 1",
            expected="one machine whose samples are all positive",
            examples=(Example(inputs={"logits": [[-1.0]], "target": [0], "weight": ZERO_WEIGHT}, expected=2.0),),
        ),
        EdgeCase(
            case="every margin is 1 or more and there are no weights",
            expected="0",
            examples=(Example(inputs={"logits": [[1.0, -1.0]], "target": [0], "weight": ZERO_WEIGHT}, expected=0.0),),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite; quadratic for p = 2, linear for p = 1",
            examples=(
                Example(inputs={"logits": [[1e4, -1e4]], "target": [1], "weight": ZERO_WEIGHT}, expected=100020001.0),
                Example(
                    parameters={"p": 1},
                    inputs={"logits": [[1e4, -1e4]], "target": [1], "weight": ZERO_WEIGHT},
                    expected=10001.0,
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE.model_copy(
            update={"examples": (Example(inputs={**ROWS, "target": [0, 3]}, refused="target"),)}
        ),
        NAN_ROW,
    ),
    notes=(
        "Hinges are summed over batch and classes in the objective, not averaged; reduction='sum' is the objective, 'mean' "
        "the objective over B, 'none' the terms of each sample with ||W||^2 / (2 B).",
        "Sample weights count as repeated rows: the sum keeps one whole regulariser.",
        "Predict the argmax of the scores; the argmax of their signs ties wherever several classes are positive.",
        "With p = 1 and C >= 3 classes the hinges are not calibrated: q=(0.4, 0.3, 0.3) has all minimisers at -1. With p = 2 "
        "the scores estimate 2 q - 1.",
    ),
    graph_accepts=(
        *(
            Accepted(
                input="target",
                wrong=wrong,
                meaning="no class is the label: every machine takes the sample for negative",
            )
            for wrong in CLASS_IDS
        ),
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every row"),
        Accepted(input="logits", wrong="an axis of size 1", meaning="taken for the scores of every label"),
    ),
    module="losskit.plugins.classification.svm_head.loss:SVMHeadLoss",
    oracle="losskit.plugins.classification.svm_head.reference:svm_head",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the SVM head."""
    return SPEC
