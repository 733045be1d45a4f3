"""Mean absolute error on softmax probabilities: bounded, symmetric in the labels, robust to label noise."""

from pydantic import Field

from losskit.spec import AtLeast, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    QuasiConvex,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

SCALE = symbol("scale")
RIGHT = {"logits": one_hot(symbol("target"), symbol("C"))}


class MAEClassificationParameters(Parameters):
    """Parameters of the mean absolute error on probabilities."""

    scale: float = Field(1.0, gt=0, description="1: one minus the label's probability; 2: L1 distance to one-hot")


SPEC = LossSpec(
    name="mae_classification",
    title="Mean absolute error on softmax probabilities",
    task="classification",
    summary="One minus the softmax probability of the label. Bounded and symmetric in the labels, hence tolerant of "
    "uniform label noise; slow to train on hard data because its gradient vanishes where the label's probability does.",
    formula=r"\ell(z, y) = s\,(1 - p_y),\quad p = \mathrm{softmax}(z)",
    parameters=MAEClassificationParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="p_y <= 1"),
        Bounded(lower=0.0, upper=SCALE).holds(when={"C": AtLeast(2)}, source="0 < p_y < 1 for finite scores"),
        Convex(on="logits").fails(
            when={"C": AtLeast(2)}, source="y=0: midpoint of (-4, 0) and (0, 0) gives 0.8808, the average is 0.7410"
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").holds(source="-log p_y is convex, and s (1 - p_y) increases with it"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_y tends to 1"),
        UpperBounds(target="zero_one", factor=2 / SCALE).holds(
            source="with a class that leads or ties p_y is at most 1/2"
        ),
        UpperBounds(target="zero_one", factor=1 / SCALE).fails(
            when={"C": AtLeast(2)}, source="C=2, equal scores: 1/2 < 1"
        ),
        Lipschitz(on="logits", constant=SCALE * sqrt(2) / 4).holds(
            when={"C": AtLeast(2)}, source="|p_y (p - e_y)| <= sqrt(2) p_y (1 - p_y)"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().holds(source="Ghosh et al. 2017: probabilities sum to 1, so the values to s (C - 1)"),
        ClassificationCalibrated().holds(
            source="the infimum of the risk is s (1 - max q), approached only towards the vertex of the top class"
        ),
        TopKCalibrated(k=2).fails(
            when={"C": AtLeast(3)}, source="q=(0.5, 0.3, 0.2): (t, -1, -2) and (t, -2, -1) reach the infimum as t grows"
        ),
        Proper().fails(when={"C": AtLeast(2)}, source="q=(0.6, 0.4): p=(1, 0) has the risk 0.4 s, p=q has 0.48 s"),
        NoiseTolerant(rate=1 - 1 / symbol("C")).holds(
            when={"C": AtLeast(2)}, source="Ghosh et al. 2017: a label-symmetric loss"
        ),
        NoiseTolerant(rate=1 - 1 / symbol("C"), rows="free").holds(when={"C": AtLeast(2)}, source="as above"),
        HConsistencyBound(transform=SCALE * symbol("t") / symbol("C")).holds(
            when={"C": AtLeast(2)}, source="Mao et al. 2023, attained for t <= 1 / (C - 1) at equal scores"
        ),
        ReducesTo(other="comp_sum", parameters={"tau": 2.0}, relation="affine", scale=SCALE).holds(
            source="Mao et al. 2023: the member tau=2 is 1 - p_y"
        ),
    ),
    references=("ghosh2017robust", "mao2023cross"),
    examples=(
        Example(inputs=ROWS, expected=0.688498472),
        Example(parameters={"scale": 2.0}, reduction="none", inputs=ROWS, expected=[0.8370169124, 1.916976975]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="huge scores",
            expected="exactly 0 or the scale, no nan",
            examples=(
                Example(
                    parameters={"scale": 2.0},
                    reduction="none",
                    inputs={"logits": [[1e4, -1e4], [1e4, -1e4]], "target": [0, 1]},
                    expected=[0.0, 2.0],
                ),
            ),
        ),
        EdgeCase(
            case="equal scores",
            expected="s (1 - 1/C)",
            examples=(Example(inputs={"logits": [[0.5, 0.5, 0.5, 0.5]], "target": [2]}, expected=0.75),),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "Two conventions differ by the factor 2: most noisy-label code ships 1 - p_y (scale=1), the paper's L1 "
        "distance to the one-hot vector is scale=2.",
        "Summing y - p over the classes without absolute values, as some code does, is identically 0.",
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.mae_classification.loss:MAEClassificationLoss",
    oracle="losskit.plugins.classification.mae_classification.reference:mae_classification",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the mean absolute error on probabilities."""
    return SPEC
