"""Brier score: squared distance of the softmax probabilities to the one-hot label."""

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    LABEL_OUT_OF_RANGE,
    MIXED_ROWS,
    NAN_ROW,
    ONE_CLASS,
)
from losskit.spec.expressions import one_hot, softmax, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ReducesTo,
    ShiftInvariant,
    StrictlyProper,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

C, T = symbol("C"), symbol("t")  # t: excess of the 0-1 loss
LABEL = one_hot(symbol("target"), C)
RIGHT = {"logits": LABEL}
SEVERAL = {"C": AtLeast(2)}


class BrierParameters(Parameters):
    """The Brier score has no parameters."""


SPEC = LossSpec(
    name="brier",
    title="Brier score (multi-class)",
    task="calibration",
    summary="Squared distance between the softmax probabilities and the one-hot label, summed over the classes. A bounded "
    "strictly proper score: choose it where the stated probabilities matter and cross-entropy punishes outliers too much.",
    formula=r"\ell(z, y) = \sum_k (p_k - [k = y])^2,\quad p = \mathrm{softmax}(z)",
    parameters=BrierParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        MarginBased().fails(
            when={"C": AtLeast(3)},
            source="the wrong classes' shares count: y=0: p=(.4, .3, .3) has 0.54, p=(.45, .55, 0) has 0.605",
        ),
        NonNegative().holds(source="a sum of squares"),
        Bounded(lower=0.0, upper=2.0).holds(when=SEVERAL, source="the diameter of the simplex is sqrt(2)"),
        Monotone(on="logits", part="label", direction="decreasing").holds(
            source="the slope is -2 p_y ((1 - p_y)^2 + the sum of the other p_k^2)"
        ),
        Convex(on="logits").fails(
            when=SEVERAL, source="y=0: (-8, 0), (-4, 0), (0, 0) give 1.99866, 1.92870, 0.5: bounded and not constant"
        ),
        QuasiConvex(on="logits").holds(
            when={"C": 2}, source="2 (1 - p_y)^2 is monotone in the difference of the two scores"
        ),
        QuasiConvex(on="logits").fails(
            when={"C": AtLeast(3)},
            source="y=0: (0, -12, 0) gives 0.50000, (-12, 0, 0) 1.49999, their midpoint (-6, -6, 0) 1.98524",
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p tends to the label's vertex"),
        ZeroAt(where=RIGHT).fails(when=SEVERAL, source="C=2: (1, 0) gives 0.1447"),
        UpperBounds(target="zero_one", factor=2.0).holds(
            source="with a class that leads or ties the value is at least 1/2, that of two equal shares"
        ),
        UpperBounds(target="zero_one").fails(when=SEVERAL, source="C=2, equal scores: 1/2 < 1"),
        Lipschitz(on="logits", constant=16 * sqrt(2) / 27).holds(
            when=SEVERAL,
            source="two classes: 4 sqrt(2) p_y (1 - p_y)^2, largest at p_y = 1/3; more classes add nothing",
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(
            when=SEVERAL, source="the sum over labels is C |p|^2 - 2 + C: C=2: (0, 0) has 1, (2, 0) has 1.58003"
        ),
        ClassificationCalibrated().holds(source="strictly proper"),
        TopKCalibrated(k=2).holds(when={"C": AtLeast(3)}, source="strictly proper"),
        StrictlyProper().holds(source="the excess of the risk is |p - q|^2"),
        NoiseTolerant(rate=1 - 1 / C, rows="free").holds(
            when=SEVERAL, source="the minimiser is the noisy distribution, in the order of the clean one"
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when=SEVERAL, source="the sum over labels, which noise adds to the risk, depends on the row"
        ),
        HConsistencyBound(transform=T**2 / 2).holds(
            when={"C": Between(2, 5)},
            source="the excess is |p - q|^2; nearest is the tie of the two classes, each moved by t / 2",
            note="true for every C; with many classes a search rests where a small share has vanished, 1e-6 above the least",
        ),
        ReducesTo(
            other="torch.nn.MSELoss",
            inputs={"input": softmax(symbol("logits")), "target": LABEL},
            relation="affine",
            scale=C,
        ).holds(source="the framework averages over the classes"),
    ),
    references=("brier1950verification",),
    examples=(
        Example(inputs=MIXED_ROWS, expected=0.3746625862),
        Example(reduction="none", inputs={"logits": [[1.0, -1.0]], "target": [1]}, expected=[1.551606985]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="huge scores",
            expected="exactly 0 or 2, with zero gradient, no nan",
            examples=(
                Example(
                    reduction="none",
                    inputs={"logits": [[1e4, -1e4], [1e4, -1e4]], "target": [0, 1]},
                    expected=[0.0, 2.0],
                ),
            ),
        ),
        EdgeCase(
            case="a label that is as good as sure",
            expected="the squares of what it leaves to the others, to the last digit",
            examples=(Example(inputs={"logits": [[40.0, 0.0]], "target": [0]}, expected=3.609702775690830314e-35),),
        ),
        EdgeCase(
            case="equal scores",
            expected="1 - 1/C",
            examples=(Example(inputs={"logits": [[0.5, 0.5, 0.5, 0.5]], "target": [2]}, expected=0.75),),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The classes are summed, not averaged; libraries for two classes report half of it, (p - t)^2.",
        "Flat where the model is surely wrong: the gradient vanishes with the label's probability.",
    ),
    graph_accepts=(
        Accepted(
            input="target",
            wrong="class id -C to -1",
            meaning="counted from the last class, whose share is taken for a wrong class's, too",
        ),
    ),
    module="losskit.plugins.calibration.brier.loss:BrierLoss",
    oracle="losskit.plugins.calibration.brier.reference:brier",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Brier score."""
    return SPEC
