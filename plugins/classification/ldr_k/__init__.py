"""LDR-k: the average of the k largest margin violations, the label's own 0 among them."""

from pydantic import Field

from losskit.spec import Above, AtLeast, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FIRST_LABEL_IN_MARGINS, FROM_THE_END, LABEL_OUT_OF_RANGE, ONE_CLASS, ROWS
from losskit.spec.expressions import minimum, one_hot, sqrt, symbol
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
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

K, MARGIN, C = symbol("k"), symbol("margin"), symbol("C")
INF = float("inf")
FOUR_CLASSES = {"logits": [[2.0, 0.5, -1.0, 0.0], [-0.5, 1.5, 1.0, -2.0]], "target": [0, 2]}
LEADING = {"logits": MARGIN * one_hot(symbol("target"), C)}
FEWER = minimum(C - K, 1.0)  # 1 where k < C, 0 where k = C
ALL_OF_TWO, ALL_OF_THREE = {"k": 2, "C": 2}, {"k": 3, "C": 3}


class LDRKParameters(Parameters):
    """Parameters of LDR-k."""

    k: int = Field(1, ge=1, description="number of averaged violations", json_schema_extra={"at_most": "C"})
    margin: float = Field(1.0, ge=0, description="added to the score of every wrong class")


SPEC = LossSpec(
    name="ldr_k",
    title="LDR-k: average of the k largest margin violations",
    task="classification",
    summary="Label-distributionally robust loss whose label weights are capped at 1/k: the conditional value at risk "
    "over the classes, a relative of the top-k support vector machine. For k >= 2 it is unbounded below, so bound or "
    "normalise the scores.",
    formula=r"\ell(z, y) = \frac1k \sum_{j=1}^k \delta_{[j]},\quad \delta_j = z_j - z_y + m\,[j \ne y],\quad "
    r"\delta_{[1]} \ge \dots \ge \delta_{[C]}",
    parameters=LDRKParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            source="the definition is symmetric in the classes",
            note="of the value; where classes tie for the k-th place, the gradient is that of the first of them",
        ),
        NonNegative().holds(when={"k": 1}, source="the Crammer-Singer hinge"),
        NonNegative().fails(
            when={"k": AtLeast(2), "C": AtLeast(2)}, source="k=2, margin=1, y=0: (5, 0, 0) gives (0 - 4) / 2 = -2"
        ),
        Bounded().fails(
            when={"C": AtLeast(2)},
            source="linear growth; for k >= 2 below, too, and so the risk where max q > 1/k: t (1/k - max q) along t e_1",
        ),
        Monotone(on="k", direction="decreasing").holds(source="averages of sorted values"),
        Monotone(on="margin", direction="increasing").holds(source="every violation grows with it or stays"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="every violation falls or stays"),
        Convex(on="logits").holds(source="the sum of the k largest of affine functions"),
        StrictlyConvex(on="logits").fails(source="piecewise linear"),
        ZeroAt(where=LEADING).holds(when={"k": 1}, source="wherever the label leads by the margin or more"),
        UpperBounds(target="zero_one", factor=1 / MARGIN).holds(
            when={"k": 1, "margin": Above(0)}, source="a wrong class that leads or ties leaves the whole margin"
        ),
        UpperBounds(target="zero_one").fails(
            when={"k": AtLeast(2), "C": AtLeast(2)}, source="negative where the label leads far enough"
        ),
        Lipschitz(on="logits", constant=sqrt(1 - 1 / C + FEWER * (1 / K + 1 / C))).holds(
            when={"C": AtLeast(2)},
            source="|p - e_y| with p = 1/k on k classes: sqrt(1 + 1/k) where the label is not among them, "
            "sqrt(1 - 1/C) for k = C",
        ),
        Differentiable(on="logits").fails(
            when={"k": 1, "C": AtLeast(2)}, source="margin=1, y=0: kink at (1, 0, 0), where 0 ties with the violations"
        ),
        Differentiable(on="logits").fails(when={"k": 2, "C": AtLeast(3)}, source="ties for the second place"),
        Differentiable(on="logits", order=0).holds(when=ALL_OF_THREE, source="linear, as for every k = C"),
        Homogeneous(on=("logits", "margin")).holds(source="the value of a linear programme"),
        LabelSymmetric().holds(when=ALL_OF_TWO, source="linear: the sum over labels is margin (C - 1)"),
        LabelSymmetric().holds(when=ALL_OF_THREE, source="linear: the sum over labels is margin (C - 1)"),
        LabelSymmetric().fails(
            when={"k": 1, "C": AtLeast(2)}, source="C=3, margin=1: (0, 0, 0) sums to 3, (3, 0, 0) to 8"
        ),
        LabelSymmetric().fails(
            when={"k": 2, "C": AtLeast(3)}, source="C=3, margin=0: (0, 0, 0) sums to 0, (2, 0, 0) to -1 + 1 + 1"
        ),
        NoiseTolerant(rate=1 - 1 / C).holds(when=ALL_OF_THREE, source="a label-symmetric loss, as for every k = C"),
        ClassificationCalibrated().fails(
            when={"k": 1, "C": AtLeast(3)},
            source="the Crammer-Singer hinge: for q=(0.4, 0.3, 0.3) equal scores are optimal",
        ),
        ReducesTo(other="crammer_singer", parameters={"margin": MARGIN}).holds(
            when={"k": 1}, source="the largest violation alone"
        ),
        ReducesTo(other="ldr_kl", parameters={"lam": INF, "margin": MARGIN}).holds(
            when=ALL_OF_TWO, source="k = C: the mean violation"
        ),
        ReducesTo(other="ldr_kl", parameters={"lam": INF, "margin": MARGIN}).holds(
            when=ALL_OF_THREE, source="k = C: the mean violation"
        ),
    ),
    references=("zhu2023label", "crammer2001algorithmic"),
    examples=(
        Example(reduction="none", inputs=ROWS, expected=[0.3, 4.0]),
        Example(parameters={"k": 2}, reduction="none", inputs=FOUR_CLASSES, expected=[-0.25, 0.75]),
        Example(parameters={"k": 4, "margin": 0.5}, inputs=FOUR_CLASSES, expected=-0.9375),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="k > C",
            expected="refused by name, value and C",
            examples=(Example(parameters={"k": 4}, inputs=ROWS, refused="k"),),
        ),
        EdgeCase(
            case="ties for the k-th place",
            expected="one value, and the gradient of one choice: the first ones",
            examples=(
                Example(
                    parameters={"k": 2, "margin": 0.0},
                    inputs={"logits": [[0.0, 2.0, 0.0, 0.0]], "target": [0]},
                    expected=1.0,
                    gradients={"logits": [[-0.5, 0.5, 0.0, 0.0]]},
                ),
                Example(parameters={"k": 2}, inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=1.0),
                Example(parameters={"k": 3}, inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=2 / 3),
            ),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite, linear",
            examples=(
                Example(parameters={"k": 2}, inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]}, expected=15001.0),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        EdgeCase(
            case="nan or inf in the scores",
            expected="nan in that row only; inf on a wrong class alone gives inf",
        ),
    ),
    notes=(
        "The label's own violation 0 takes part in the choice, and nothing is clamped at 0: top-k hinges that clamp the "
        "average, or leave the label out, are other losses.",
        "The authors divide each row by its mean absolute score before the loss; this is the formula of the paper.",
        "At k=1 the gradient is that of one maximiser: the label where it is among them, else the first.",
    ),
    graph_accepts=(FROM_THE_END, FIRST_LABEL_IN_MARGINS.model_copy(update={"when": {"k": OneOf(values=(1,))}})),
    module="losskit.plugins.classification.ldr_k.loss:LDRKLoss",
    oracle="losskit.plugins.classification.ldr_k.reference:ldr_k",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of LDR-k."""
    return SPEC
