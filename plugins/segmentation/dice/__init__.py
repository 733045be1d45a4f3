"""Soft Dice: one minus the overlap of the predicted and the true region."""

from typing import Annotated

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, Narrowing, OneOf, Parameters, hookimpl
from losskit.spec.expressions import one_hot, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ShiftInvariant,
    SpatialInvariant,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

RIGHT = {"logits": one_hot(symbol("target"), symbol("C"), axis=1)}
FOREGROUND_RIGHT = {"logits": symbol("target") - 0.5}  # of a single channel
EQUAL_SMOOTHING = {"smooth_nr": 1e-5, "smooth_dr": 1e-5}
IMAGE = {
    "logits": [[[[0.5, -1.0], [2.0, 0.0]], [[-0.5, 1.0], [0.0, 1.5]]]],
    "target": [[[0, 1], [0, 1]]],
}
FOREGROUND = {
    "logits": [[[[0.5, -1.0, 2.0]]], [[[0.0, -2.0, 1.0]]]],
    "target": [[[1, 0, 1]], [[0, 0, 0]]],
}
SURE = {"logits": [[[1e4, -1e4, -1e4], [-1e4, 1e4, 1e4]]], "target": [[0, 1, 0]]}


class DiceParameters(Parameters):
    """Parameters of the soft Dice loss."""

    smooth_nr: float = Field(1e-5, ge=0, description="added to the numerator")
    smooth_dr: float = Field(1e-5, gt=0, description="added to the denominator")
    squared: bool = Field(False, description="square probabilities and targets in the denominator (V-Net)")
    include_background: bool = Field(True, description="keep channel 0; no effect for a single channel")
    batch: bool = Field(False, description="add the sums over the batch before dividing")
    ignore_index: int | None = Field(None, description="target value whose pixels enter no sum")
    class_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None, description="factor of each kept class, not normalised", json_schema_extra={"length": "K"}
    )


SPEC = LossSpec(
    name="dice",
    title="Soft Dice loss",
    task="segmentation",
    summary="One minus the soft Dice (F1) overlap of the predicted and the true region, per sample and class. The standard "
    "choice when the foreground is small; combine it with cross-entropy for smoother gradients.",
    formula=r"\ell_k = w_k \Big(1 - \frac{2 \sum_n p_{kn} y_{kn} + s_{nr}}{\sum_n p_{kn} + \sum_n y_{kn} + s_{dr}}\Big)",
    parameters=DiceParameters,
    inputs=(
        logits(
            "B", "C", "*spatial", meaning="class scores, softmax over axis 1; sigmoid of the foreground where C = 1"
        ),
        class_target("B", "*spatial", ignore="ignore_index", binary_when_one=True),
    ),
    output=("B", "K"),
    claims=(
        PermutationInvariant(over="batch").holds(source="averaged over samples, or summed over them"),
        PermutationInvariant(over="points").holds(source="sums over pixels"),
        SpatialInvariant().holds(source="sums over pixels, whatever the grid they lie on"),
        PermutationInvariant(over="classes").holds(
            when={"include_background": True, "class_weights": None, "C": AtLeast(2)}, source="averaged over classes"
        ),
        ShiftInvariant(on="logits", axis="C").holds(when={"C": AtLeast(2)}, source="softmax"),
        ShiftInvariant(on="logits", axis="C").fails(
            when={"C": 1, "class_weights": None}, source="sigmoid(z + 1) is not sigmoid(z)"
        ),
        Bounded(lower=0.0, upper=1.0).holds(
            when={"smooth_nr": 1e-5, "smooth_dr": 1e-5, "class_weights": None},
            source="2 TP <= P + Y, and <= sum p^2 + sum y^2; holds for any smooth_nr = smooth_dr",
        ),
        NonNegative().holds(
            when={"smooth_nr": Between(0, 1e-5), "smooth_dr": AtLeast(1e-5)},
            source="2 TP <= D and smooth_nr <= smooth_dr",
        ),
        NonNegative().holds(when={"smooth_nr": Between(0, 1), "smooth_dr": AtLeast(1)}, source="as above"),
        NonNegative().fails(
            when={"smooth_nr": AtLeast(2), "smooth_dr": Between(0, 1, "right"), "class_weights": None},
            source="an exact prediction gives (smooth_dr - smooth_nr) / (D + smooth_dr)",
        ),
        Convex(on="logits").fails(
            when={"class_weights": None},
            source="one pixel of class 1, C=1, smoothing 0: .99506 at -6, .78701 at -2, .06339 at 2",
        ),
        QuasiConvex(on="logits").fails(
            when={"class_weights": None}, source="two pixels found one at a time are both missed half-way"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(
            when={**EQUAL_SMOOTHING, "C": AtLeast(2)}, source="then 2 TP = D, and the two smoothing terms cancel"
        ),
        ZeroAt(where=FOREGROUND_RIGHT, reach="approached").holds(when={**EQUAL_SMOOTHING, "C": 1}, source="as above"),
        ZeroAt(where=RIGHT, reach="approached").fails(
            when={"smooth_nr": 0.0, "smooth_dr": AtLeast(0.1), "class_weights": None, "C": AtLeast(2)},
            source="smooth_dr / (D + smooth_dr) remains",
        ),
        Differentiable(on="logits", order=0).holds(source="quotient of smooth maps with a positive denominator"),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            when={"batch": OneOf(values=(True,))},
            reason="the quotient is taken of sums over the whole batch",
        ),
    ),
    references=("milletari2016vnet",),
    examples=(
        Example(inputs=IMAGE, expected=0.1725234744),
        Example(
            inputs=FOREGROUND,
            parameters={"smooth_nr": 1.0, "smooth_dr": 1.0},
            reduction="none",
            expected=[[0.1604470392], [0.5745154317]],
            note="one channel; the second sample has no foreground",
        ),
        Example(
            inputs=IMAGE,
            parameters={"include_background": False, "squared": True},
            reduction="sum",
            expected=0.03795966334,
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="B = 0",
            expected="mean and sum 0 with zero gradient; none the empty tensor, with batch a zero for each class",
        ),
        EdgeCase(
            case="target holds an id outside 0..C-1 (outside 0..1 where C = 1) that is not ignore_index",
            expected="refused by name and index, never wrapped around",
            examples=(
                Example(inputs={**IMAGE, "target": [[[0, 1], [2, 1]]]}, refused="target"),
                Example(inputs={**FOREGROUND, "target": [[[1, 0, 1]], [[0, 2, 0]]]}, refused="target"),
                Example(
                    inputs={**IMAGE, "target": [[[0, 1], [-1, 1]]]}, parameters={"ignore_index": 255}, refused="target"
                ),
            ),
        ),
        EdgeCase(
            case="logits of size 1e4",
            expected="finite: the softmax saturates to exactly 0 and 1",
            examples=(Example(inputs=SURE, reduction="none", expected=[[1 / (3 + 1e-5), 1 / (3 + 1e-5)]]),),
        ),
        EdgeCase(
            case="some pixels ignored",
            expected="as if they were absent",
            examples=(
                Example(
                    inputs={**SURE, "target": [[0, 1, 255]]},
                    parameters={"ignore_index": 255},
                    reduction="none",
                    expected=[[0.0, 0.0]],
                ),
            ),
        ),
        EdgeCase(
            case="every pixel of a sample (with batch: of the batch) ignored",
            expected="nothing to judge: 0 with zero gradient, and no part in the divisor of the mean",
            examples=(
                Example(
                    inputs={**FOREGROUND, "target": [[[1, 0, 1]], [[255, 255, 255]]]},
                    parameters={"ignore_index": 255, "smooth_nr": 1.0, "smooth_dr": 1.0},
                    expected=0.1604470392,
                ),
                Example(
                    inputs={**IMAGE, "target": [[[7, 7], [7, 7]]]},
                    parameters={"ignore_index": 7, "smooth_nr": 0.0, "batch": True},
                    expected=0.0,
                ),
            ),
        ),
        EdgeCase(
            case="a class absent from the target, smooth_nr = smooth_dr = s",
            expected="1 - s / (P + s): it is not skipped",
            examples=(
                Example(
                    inputs={**SURE, "target": [[1, 1, 1]]},
                    parameters={"smooth_nr": 1.0, "smooth_dr": 1.0},
                    reduction="none",
                    expected=[[0.5, 1 / 6]],
                ),
                Example(
                    inputs={"logits": [[[-1e4, -1e4]]], "target": [[0, 0]]}, expected=0.0, note="predicted empty, too"
                ),
            ),
        ),
        EdgeCase(
            case="no spatial axis",
            expected="a sample is one pixel",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 0.0], [1e4, 0.0]], "target": [0, 1]},
                    parameters={"smooth_nr": 1.0, "smooth_dr": 1.0},
                    reduction="none",
                    expected=[[0.2, 1 / 3], [0.5, 0.5]],
                    note="p = 1/2: 1 - 2 / 2.5 and 1 - 1 / 1.5",
                ),
            ),
        ),
        EdgeCase(case="smooth_dr = 0", expected="refused when the loss is created: 0/0 for a class absent from both"),
        EdgeCase(
            case="class_weights of another length than the kept classes",
            expected="refused; the mean's divisor counts entries, whatever their weights",
            examples=(
                Example(inputs=IMAGE, parameters={"class_weights": [1.0, 2.0, 3.0]}, refused="class_weights"),
                Example(
                    inputs=IMAGE,
                    parameters={"include_background": False, "class_weights": [1.0, 2.0]},
                    refused="class_weights",
                ),
            ),
        ),
    ),
    notes=(
        "K stands for the kept classes: all C, or C - 1 without the background.",
        "The numerator of 1 - (2 TP + s_nr) / (D + s_dr) is summed as |p - y| (or its square): nothing cancels near an exact "
        "prediction, and rounding never makes the value negative.",
        "sample_weight has the shape (B,). With batch=True the samples are coupled through the sums; it then multiplies each "
        "sample's sums, as if the sample were repeated, where without it each sample's values are multiplied.",
        "Classes absent from the target are kept, as in MONAI; segmentation-models-pytorch zeroes them.",
        "A graph is written either for one channel or for two and more.",
    ),
    graph_accepts=tuple(
        Accepted(input="target", wrong=wrong, meaning="belongs to no class, so its pixel counts as predicted wrongly")
        for wrong in CLASS_IDS
    ),
    module="losskit.plugins.segmentation.dice.loss:DiceLoss",
    oracle="losskit.plugins.segmentation.dice.reference:dice",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the soft Dice loss."""
    return SPEC
