"""Squared error on raw scores: the squared distance to the scaled one-hot vector, without a softmax."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_OUT_OF_RANGE, NAN_ROW, ROWS
from losskit.spec.expressions import one_hot, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DivergenceAxioms,
    HConsistencyBound,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

FACTOR, SCALE, C = symbol("factor"), symbol("target_scale"), symbol("C")
RIGHT = {"logits": SCALE * one_hot(symbol("target"), C)}
# a gap is factor target_scale^2 / 2 times the squared margin of q: below these it is too small to be told from none
SEEN = {"factor": AtLeast(0.1), "target_scale": AtLeast(0.2)}


class OneHotMSEParameters(Parameters):
    """Parameters of the squared error on raw scores."""

    factor: float = Field(1.0, gt=0, description="overall factor; 0.5 in the neural-collapse objective")
    target_scale: float = Field(1.0, gt=0, description="value of the hot entry")


SPEC = LossSpec(
    name="one_hot_mse",
    title="Squared error on raw scores against one-hot targets",
    task="classification",
    summary="Sum over the classes of the squared difference between score and one-hot entry, without a softmax; the "
    "simplest spherical loss and, halved, the objective of neural-collapse studies. Convex and smooth with a constant "
    "curvature; its scores estimate the class probabilities, and scores that are too right cost as well.",
    formula=r"\ell(o, c) = f \sum_k (o_k - s\,[k = c])^2",
    parameters=OneHotMSEParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").fails(source="s=1, y=0: (1, 0) gives 0, (2, 1) gives 2"),
        ScaleInvariant(on="logits", axis="C").fails(source="s=1, y=0: (1, 0) gives 0, (2, 0) gives 1"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="a sum of squares"),
        Bounded().fails(source="quadratic growth"),
        Monotone(on="logits", part="label", direction="decreasing").fails(source="s=1, y=0: (2, 0) gives 1, (1, 0) 0"),
        Convex(on="logits").holds(source="a sum of squares of affine functions"),
        StrictlyConvex(on="logits").holds(source="strongly: the Hessian is 2 f times the identity"),
        ZeroAt(where=RIGHT).holds(source="the definition"),
        DivergenceAxioms(of="logits", origin=RIGHT["logits"]).holds(source="factor times a squared distance"),
        MinimisedAt(where=RIGHT).holds(source="a sum of squares, all of them zero"),
        UpperBounds(target="zero_one", factor=2 / (FACTOR * SCALE**2)).holds(
            when={"C": AtLeast(2)},
            source="the label at o and a class that leads or ties cost at least f ((o - s)^2 + o^2) >= f s^2 / 2",
        ),
        UpperBounds(target="zero_one", factor=1 / (FACTOR * SCALE**2)).fails(
            when={"C": AtLeast(2)}, source="s=1: (1/2, 1/2) gives f / 2 and errs"
        ),
        Lipschitz(on="logits").fails(
            when={"factor": AtLeast(0.5)},
            source="the gradient, 2 f times the distance, grows without end",
            note="true for every factor; a small one hides the growth from scores of 1e4",
        ),
        Smooth(on="logits", constant=2 * FACTOR).holds(source="the Hessian is 2 f times the identity"),
        Differentiable(on="logits", order=0).holds(source="a polynomial"),
        Homogeneous(on=("logits", "target_scale"), degree=2.0).holds(source="squares of linear functions"),
        LabelSymmetric().fails(source="the sum over labels, C q - 2 s sum_k o_k + C s^2 times f, depends on the row"),
        ClassificationCalibrated().holds(
            when=SEEN,
            source="the minimiser of the risk is s q; a wrong class in front costs f s^2 (q_1 - q_j)^2 / 2 more",
            note="true for every factor and target_scale",
        ),
        TopKCalibrated(k=2).holds(
            when={**SEEN, "C": AtLeast(3)}, source="the minimiser of the risk is s q, in the order of q"
        ),
        StrictlyProper(link="identity", scale=1 / SCALE).holds(
            when={**SEEN, "C": AtLeast(2)},
            source="the risk is factor |o - s q|^2 and a constant: least at o = s q alone",
        ),
        Proper().fails(
            when={"C": AtLeast(2)}, source="the minimiser is s q itself, not a row whose softmax is q: log q costs more"
        ),
        NoiseTolerant(rate=1 - 1 / C, rows="free").holds(
            when={**SEEN, "C": AtLeast(2)}, source="the minimiser is s times the noisy q, in the order of the clean one"
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={**SEEN, "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
        ),
        HConsistencyBound(transform=FACTOR * SCALE**2 * symbol("t") ** 2 / 2).holds(
            when={"factor": AtLeast(1), "target_scale": AtLeast(1), "C": AtLeast(2)},
            source="the excess is f |o - s q|^2, least where the two classes meet half way: f s^2 t^2 / 2",
            note="true for every factor and target_scale; small ones leave excesses with too few digits to compare",
        ),
        ReducesTo(
            other="torch.nn.MSELoss",
            inputs={"input": symbol("logits"), "target": SCALE * one_hot(symbol("target"), C)},
            relation="affine",
            scale=FACTOR * C,
        ).holds(source="the framework's mean over the classes, times C"),
    ),
    references=("vincent2015efficient",),
    examples=(
        Example(reduction="none", inputs=ROWS, expected=[0.38, 8.01]),
        Example(parameters={"factor": 0.5, "target_scale": 2.0}, inputs=ROWS, expected=3.4975),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="perfect scores",
            expected="0, exactly",
            examples=(
                Example(parameters={"target_scale": 0.1}, inputs={"logits": [[0.0, 0.1]], "target": [1]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="C = 1",
            expected="f (o - s)^2, no longer a constant",
            examples=(Example(inputs={"logits": [[3.0]], "target": [0]}, expected=4.0),),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite, quadratic; float16 scores are squared in float32",
            examples=(Example(inputs={"logits": [[1e4, 0.0, 0.0]], "target": [1]}, expected=100000001.0),),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "Summed over the classes; torch.nn.MSELoss on one-hot targets divides by B C.",
        "The expanded form, f (q - 2 s o_c + s^2), cancels near a perfect score; differences are squared here.",
        "No softmax: the scores themselves, over target_scale, estimate the probabilities.",
    ),
    graph_accepts=(
        *(
            Accepted(input="target", wrong=wrong, meaning="no class is the label: the squares of all scores")
            for wrong in CLASS_IDS
        ),
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every row"),
        Accepted(input="logits", wrong="an axis of size 1", meaning="taken for the scores of every label"),
    ),
    module="losskit.plugins.classification.one_hot_mse.loss:OneHotMSELoss",
    oracle="losskit.plugins.classification.one_hot_mse.reference:one_hot_mse",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the squared error on raw scores."""
    return SPEC
