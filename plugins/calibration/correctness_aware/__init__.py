"""Correctness-aware calibration loss: the squared gap between top confidence and correctness."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, EdgeCase, Example, LossSpec, Narrowing, OneOf, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_OUT_OF_RANGE, MIXED_ROWS, MIXED_SCORES, NAN_ROW, ONE_CLASS
from losskit.spec.expressions import one_hot, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Continuous,
    Convex,
    Differentiable,
    LabelSymmetric,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

C = symbol("C")
RIGHT = {"logits": one_hot(symbol("target"), C)}
PLAIN = {"balanced": False}
BALANCED = {"balanced": OneOf(values=(True,))}
SEVERAL = {"C": AtLeast(2)}


class CorrectnessAwareParameters(Parameters):
    """Parameters of the correctness-aware loss."""

    balanced: bool = Field(False, description="give correct and wrong samples of a batch equal total weight")


SPEC = LossSpec(
    name="correctness_aware",
    title="Correctness-aware (CA) calibration loss",
    task="calibration",
    summary="Squared gap between the top softmax confidence and whether the prediction is right. Trains a calibrator that "
    "keeps the prediction, such as a temperature for each sample, after the classifier; never a classifier.",
    formula=r"\ell(z, y) = \big(\max_k p_k - [\arg\max_k p_k = y]\big)^2,\quad p = \mathrm{softmax}(z)",
    parameters=CorrectnessAwareParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax and argmax ignore a common shift"),
        ScaleInvariant(on="logits", axis="C").fails(
            when=SEVERAL, source="y=0: (1, 0) gives 0.0723295, (2, 0) 0.0142093: the temperature is what it tunes"
        ),
        PermutationInvariant(over="batch").holds(source="sums over the batch"),
        PermutationInvariant(over="classes", region="distinct").holds(source="only argmax and max enter"),
        PermutationInvariant(over="classes").fails(
            when={"C": AtLeast(3)},
            source="the first of equal scores is predicted: (0, 0, 0) gives 4/9 at y=0, 1/9 at y=1",
        ),
        NonNegative().holds(source="a square"),
        Bounded(lower=0.0, upper=1.0).holds(when=SEVERAL, source="confidence and correctness lie in [0, 1]"),
        UpperBounds(target="zero_one", factor=C**2).holds(
            when={**SEVERAL, **PLAIN},
            source="a wrong prediction has confidence 1/C or more; at a tie the gap is 1/2 or more",
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(source="right with confidence 1"),
        ZeroAt(where=RIGHT).fails(when=SEVERAL, source="C=2: (1, 0) gives 0.0723"),
        Convex(on="logits").fails(
            when=SEVERAL, source="C=2, y=0: (-4, 0), (0, 0), (4, 0) give 0.96435, 0.25, 0.00032, (-8, 0) 0.99933"
        ),
        Differentiable(on="logits", order=0, region="distinct").holds(
            source="the prediction stays, so a smooth map of the softmax"
        ),
        Continuous(on="logits").fails(
            when={"C": AtLeast(3)},
            source="correctness jumps: y=2, (0, 0, t): 1/9 for t just below 0, 4/9 just above",
        ),
        Differentiable(on="logits").fails(
            when={"C": AtLeast(3)},
            source="correctness jumps: y=2, (0, 0, t): 1/9 for t just below 0, 4/9 just above",
        ),
        LabelSymmetric().fails(
            when=SEVERAL, source="C=3: the sum over labels is 0.70881 at (0, 0, .5), 1.66237 at (0, 0, 3)"
        ),
        StrictlyProper().holds(when={"C": 2, **PLAIN}, source="half the Brier score"),
        Proper().fails(
            when={"C": AtLeast(3), **PLAIN},
            source="q=(.6, .3, .1): stating q costs 0.24, (.333, .333, .334), which predicts the last class, 0.1448",
        ),
        ClassificationCalibrated().holds(when={"C": 2, **PLAIN}, source="half the Brier score"),
        ClassificationCalibrated().fails(
            when={"C": AtLeast(3), **PLAIN},
            source="q=(.6, .3, .1): the infimum .1444 is that of surely predicting the least likely class",
        ),
        ReducesTo(other="brier", relation="affine", scale=0.5).holds(
            when={"C": 2, **PLAIN},
            source="the gap is 1 - p_y, right or wrong; for more classes the Brier score of being right, two outcomes",
        ),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            when=BALANCED,
            reason="the weights are the shares of correct and of wrong predictions in the batch",
        ),
    ),
    references=("liu2024optimizing",),
    examples=(
        Example(inputs=MIXED_ROWS, reduction="none", expected=[0.04596863158, 0.1348104318]),
        Example(
            parameters={"balanced": True},
            inputs={"logits": [*MIXED_SCORES, [1.0, 3.0, 0.0]], "target": [0, 1, 1]},
            expected=0.08499739502,
        ),
        Example(inputs={"logits": [[1.0, 2.0]], "target": [0]}, expected=0.5344466454),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores",
            expected="the first class is the prediction",
            examples=(
                Example(
                    reduction="none",
                    inputs={"logits": [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], "target": [0, 1]},
                    expected=[4 / 9, 1 / 9],
                ),
                Example(
                    reduction="none",
                    inputs={"logits": [[0.0, 1e-30, 0.0], [0.0, 1e-30, 0.0]], "target": [0, 1]},
                    expected=[1 / 9, 4 / 9],
                    note="scores that differ, of equal probabilities",
                ),
            ),
        ),
        EdgeCase(
            case="balanced, and every prediction right or every one wrong",
            expected="the plain mean: all weights would vanish",
            examples=(
                Example(
                    parameters={"balanced": True},
                    reduction="none",
                    inputs={"logits": MIXED_SCORES, "target": [0, 0]},
                    expected=[0.04596863158, 0.4004796296],
                ),
                Example(
                    parameters={"balanced": True}, inputs={"logits": [[1.0, 2.0]], "target": [0]}, expected=0.5344466454
                ),
            ),
        ),
        EdgeCase(
            case="huge scores",
            expected="exactly 0 or 1, with zero gradient",
            examples=(
                Example(
                    reduction="none",
                    inputs={"logits": [[1e4, -1e4], [1e4, -1e4]], "target": [0, 1]},
                    expected=[0.0, 1.0],
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The prediction and whether it is right are constants; the gradient is 2 (c' - c) c' ([k = predicted] - p_k) with "
        "confidence c' and correctness c.",
        "With the prediction held, the best confidence is the probability that it is right. With free scores the loss rewards "
        "predicting a class that is surely wrong: divide by a temperature, which keeps the prediction.",
        "balanced is the weighting of the authors' code, 1 - a for right and a for wrong samples, a being the accuracy of the "
        "batch: the mean of both kinds' means. There it is NaN where one kind is missing; here all weights are then 1.",
        "sample_weight counts in that accuracy, as if the sample were repeated.",
    ),
    graph_accepts=(
        *(
            Accepted(
                input="target", wrong=wrong, meaning="a class that is never predicted, so the sample counts as wrong"
            )
            for wrong in CLASS_IDS
        ),
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every row"),
    ),
    module="losskit.plugins.calibration.correctness_aware.loss:CorrectnessAwareLoss",
    oracle="losskit.plugins.calibration.correctness_aware.reference:correctness_aware",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the correctness-aware loss."""
    return SPEC
