"""Focal loss: cross-entropy damped where the label is already likely."""

from typing import Annotated

from pydantic import Field

from losskit.spec import Above, AtLeast, Below, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    EVERY_ROW_IGNORED,
    FROM_THE_END,
    LABEL_FOR_ONE_ROW,
    LABEL_OUT_OF_RANGE,
    MIXED_ROWS,
    MIXED_SCORES,
    NAN_ROW,
    ONE_CLASS,
    SCORES_FOR_EVERY_LABEL,
    WEIGHTS_OF_ANOTHER_LENGTH,
)
from losskit.spec.expressions import log, one_hot, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    FisherConsistent,
    LabelSymmetric,
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

GAMMA, C = symbol("gamma"), symbol("C")
RIGHT = {"logits": one_hot(symbol("target"), C)}
UNWEIGHTED = {"class_weights": None, "C": AtLeast(2)}
SEEN = {"class_weights": None, "ignore_index": Below(0)}


class FocalParameters(Parameters):
    """Parameters of the focal loss."""

    gamma: float = Field(2.0, ge=0, description="focusing exponent; 0 is cross-entropy")
    class_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None, description="weight of each class, C numbers (the paper's alpha)", json_schema_extra={"length": "C"}
    )
    ignore_index: int = Field(-100, description="label of the rows that are left out")


SPEC = LossSpec(
    name="focal",
    title="Focal loss (softmax)",
    task="classification",
    summary="Cross-entropy times (1 - p_y)^gamma, so that samples already classified well count little. For many easy and "
    "few hard samples; the probabilities it states are under-confident.",
    formula=r"\ell(z, y) = -w_y\,(1 - p_y)^\gamma \log p_y,\quad p = \mathrm{softmax}(z)",
    parameters=FocalParameters,
    inputs=(logits("B", "C"), class_target("B", ignore="ignore_index")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            when=SEEN,
            source="the definition is symmetric in the classes",
            note="class weights and an ignored class would have to be relabelled along",
        ),
        PermutationInvariant(over="classes").fails(
            when={"class_weights": Above(0), "gamma": Between(0, 5), "C": AtLeast(2)},
            source="the weights stay where the classes were",
        ),
        NonNegative().holds(source="each factor is at least 0"),
        Bounded().fails(when=UNWEIGHTED, source="-log p_y as p_y tends to 0, where the damping ends"),
        Monotone(on="gamma", direction="decreasing").holds(source="1 - p_y is at most 1"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="both factors fall as p_y grows"),
        Convex(on="logits").holds(when={"gamma": 0.0}, source="weighted cross-entropy"),
        Convex(on="logits").fails(
            when={**UNWEIGHTED, "gamma": AtLeast(0.1)},
            source="gamma=2, y=0: (-12, 0), (-6.75, 0), (-1.5, 0) give 11.99986, 6.73539, 1.13727",
            note="true for every gamma > 0; the tail bends down beyond -log p = 2 + 1/gamma, below 0.1 by less than rounding",
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").holds(source="-log p_y is convex, and the value increases with it"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_y tends to 1"),
        UpperBounds(target="zero_one", factor=2**GAMMA / log(2)).holds(
            when=SEEN, source="with a class that leads or ties p_y is at most 1/2, and the value falls with p_y"
        ),
        UpperBounds(target="zero_one").fails(when=UNWEIGHTED, source="C=2, equal scores: log 2 / 2^gamma < 1"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps, for p_y < 1"),
        LabelSymmetric().fails(when=UNWEIGHTED, source="gamma=2, C=2: (0, 0) sums to 0.34657, (1, 0) to 0.72453"),
        FisherConsistent(target="weighted", costs=symbol("class_weights")).holds(
            when={"class_weights": Above(0), "gamma": Between(0, 5), "ignore_index": Below(0), "C": AtLeast(2)},
            source="the focal loss under the shares proportional to w_y q_y, whose order its minimiser keeps",
        ),
        ClassificationCalibrated().holds(
            when={**SEEN, "gamma": Between(0, 5)},
            source="Charoenphakdee et al. 2021: the minimiser keeps the order of the classes",
            note="true for every gamma; as it grows the minimiser draws towards equal shares and the gap shrinks",
        ),
        TopKCalibrated(k=2).holds(
            when={**SEEN, "gamma": Between(0, 5), "C": AtLeast(3)},
            source="the minimiser keeps the order of all classes",
            note="true for every gamma",
        ),
        StrictlyProper().holds(when={**SEEN, "gamma": 0.0}, source="the logarithmic score"),
        Proper().fails(
            when={**SEEN, "gamma": Above(0), "C": AtLeast(2)},
            source="under-confident: gamma=2, q=(0.6, 0.3, 0.1) gives (0.48889, 0.35312, 0.15799)",
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={**SEEN, "gamma": Between(0, 5), "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
        ),
        ReducesTo(
            other="cross_entropy",
            parameters={
                "class_weights": symbol("class_weights"),
                "label_smoothing": 0.0,
                "ignore_index": symbol("ignore_index"),
            },
        ).holds(
            when={"gamma": 0.0, "class_weights": None},
            source="nothing is damped",
            note="with class weights the values agree, not the means: cross-entropy divides by the weights",
        ),
    ),
    references=("lin2017focal", "charoenphakdee2021focal"),
    examples=(
        Example(inputs=MIXED_ROWS, expected=0.2512374584),
        Example(
            parameters={"gamma": 1.0, "class_weights": [0.5, 1.0, 2.0]},
            reduction="none",
            inputs=MIXED_ROWS,
            expected=[0.0258689288, 0.7358498926],
        ),
        Example(inputs={"logits": MIXED_SCORES, "target": [0, -100]}, expected=0.01109275009),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EVERY_ROW_IGNORED,
        ONE_CLASS,
        EdgeCase(
            case="class weights in the mean",
            expected="the sum is divided by the number of rows, not by the weights",
            examples=(
                Example(
                    parameters={"gamma": 1.0, "class_weights": [0.5, 1.0, 2.0]},
                    inputs=MIXED_ROWS,
                    expected=0.3808594107,
                ),
            ),
        ),
        EdgeCase(
            case="0 < gamma < 1 and p_y = 1",
            expected="0 with zero gradient: the slope of the power is infinite there and not taken",
            examples=(
                Example(
                    parameters={"gamma": 0.5},
                    inputs={"logits": [[1e4, -1e4]], "target": [0]},
                    expected=0.0,
                    gradients={"logits": [[0.0, 0.0]]},
                ),
            ),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite",
            examples=(Example(inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]}, expected=20000.0),),
        ),
        EdgeCase(
            case="equal scores",
            expected="(1 - 1/C)^gamma log C",
            examples=(Example(inputs={"logits": [[0.5, 0.5]], "target": [1]}, expected=0.17328679513998632),),
        ),
        EdgeCase(case="gamma < 0", expected="refused as a parameter"),
        WEIGHTS_OF_ANOTHER_LENGTH,
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The factor (1 - p_y)^gamma is not detached: its gradient belongs to the loss.",
        "The mean divides by the number of rows that are not ignored, unlike weighted cross-entropy; the paper's detector "
        "takes the sigmoid form and divides by the number of positive anchors.",
        "An ignore_index within 0..C-1 leaves that class out of the loss.",
    ),
    graph_accepts=(
        FROM_THE_END,
        LABEL_FOR_ONE_ROW,
        SCORES_FOR_EVERY_LABEL.model_copy(update={"when": {"class_weights": OneOf(values=(None,))}}),
    ),
    module="losskit.plugins.classification.focal.loss:FocalLoss",
    oracle="losskit.plugins.classification.focal.reference:focal",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the focal loss."""
    return SPEC
