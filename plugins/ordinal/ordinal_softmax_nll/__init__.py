"""Ordinal softmax negative log-likelihood: label probabilities as differences of cumulative ones, and their log loss."""

from losskit.spec import Accepted, AtLeast, EdgeCase, Example, Input, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABELS_FOR_SOME_ROWS
from losskit.spec.expressions import column, maximum, minimum, one_hot, positions, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    StrictlyConvex,
    ZeroAt,
)
from losskit.spec.tensors import Real, level_target

INF = float("inf")
SCORES, TARGET, T = symbol("logits"), symbol("target"), symbol("T")
LEVELS = minimum(maximum(column(TARGET) - positions(SCORES), 0.0), 1.0)  # 1 for the thresholds below the label
RIGHT = {"logits": 2 * LEVELS - 1}
BACKWARDS = one_hot(T - 1 - positions(SCORES), T)  # the matrix that reverses the thresholds
THREE_LEVELS = {"logits": [[1.0, -0.5], [0.2, 0.1], [2.0, 1.0]], "target": [0, 1, 2]}


class OrdinalSoftmaxNLLParameters(Parameters):
    """The ordinal softmax likelihood has no parameters."""


SPEC = LossSpec(
    name="ordinal_softmax_nll",
    title="Ordinal softmax negative log-likelihood",
    task="ordinal",
    summary="Likelihood of the cumulative-link model: T = K - 1 falling scores are turned into probabilities of K ordered "
    "labels by differences, which are scored with the log loss. For ordinal labels whose probabilities must be consistent.",
    formula=r"\ell(z, y) = -\log(c_{y-1} - c_y),\quad c_k = \frac{1}{1 + e^{-z_k}},\ c_{-1} = 1,\ c_T = 0",
    parameters=OrdinalSoftmaxNLLParameters,
    inputs=(
        Input(
            name="logits",
            shape=("B", "T"),
            domain=Real(falling=True),
            meaning="cumulative scores, one per threshold: z_k scores P(y > k), k = 0..T-1",
        ),
        level_target("B", thresholds="T"),
    ),
    output=("B",),
    least={"T": 1},
    claims=(
        ShiftInvariant(on="logits", axis="T").fails(source="T=1, y=0: 0 gives 0.6931, 1 gives 1.3133"),
        ScaleInvariant(on="logits", axis="T").fails(source="T=1, y=0: 1 gives 1.3133, 2 gives 2.1269"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        NonNegative().holds(source="minus the logarithm of a probability"),
        Bounded().fails(source="linear in a score that misses the label; infinite where the label's two scores meet"),
        Convex(on="logits").holds(
            source="softplus(-a) + softplus(b) - log(1 - exp(b - a)), each convex, on the cone of falling scores"
        ),
        StrictlyConvex(on="logits").holds(when={"T": 1}, source="the logistic loss"),
        StrictlyConvex(on="logits").fails(
            when={"T": AtLeast(2)}, source="only the scores of the label's two thresholds enter: y=0 sees z_0 alone"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_y tends to 1, and never reaches it"),
        ZeroAt(where=RIGHT).fails(source="T=1: log(1 + exp(-1)) = 0.3133"),
        MinimisedAt(where=RIGHT, reach="approached").holds(source="zero there, and nowhere negative"),
        Lipschitz(on="logits", constant=1.0).holds(when={"T": 1}, source="the logistic loss"),
        Smooth(on="logits", constant=0.25).holds(when={"T": 1}, source="the logistic loss"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ReducesTo(other="torch.nn.BCEWithLogitsLoss", inputs={"input": SCORES, "target": LEVELS}).holds(
            when={"T": 1}, source="two labels: p_1 = c_0, p_0 = 1 - c_0"
        ),
        ReducesTo(other="ordinal_cross_entropy").holds(when={"T": 1}, source="two labels: one logistic loss each"),
        ReducesTo(other="ordinal_softmax_nll", inputs={"logits": -(SCORES @ BACKWARDS), "target": T - TARGET}).holds(
            source="the scale read from its other end: y to T - y, z to its negative in reverse order"
        ),
    ),
    references=("kennedy2020constructing",),
    examples=(
        Example(inputs=THREE_LEVELS, reduction="none", expected=[1.313261688, 3.69470399, 0.3132616875]),
        Example(inputs={"logits": [[3.0, 1.0, -2.0]], "target": [2]}, expected=0.4912588795),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="scores that increase, or are equal at the label's two thresholds",
            expected="the label has no probability: refused by name and index, inf where values are not checked",
            examples=(
                Example(
                    inputs={"logits": [[-0.5, 1.0]], "target": [1]},
                    refused="logits",
                    index=[0, 1],
                    expected=INF,
                    gradients={"logits": [[-0.6224593312018546, 0.7310585786300049]]},
                    note="the slope of both softplus",
                ),
                Example(
                    inputs={"logits": [[1.0, 0.5, 0.0], [0.5, 0.5, 0.2]], "target": [1, 1]},
                    reduction="none",
                    refused="logits",
                    index=[1, 1],
                    expected=[2.2200908012655183, INF],
                    gradients={
                        "logits": [
                            [-1.8104355039067934, 2.163953413738653, 0.0],
                            [-0.3775406687981454, 0.6224593312018546, 0.0],
                        ]
                    },
                ),
                Example(
                    inputs={"logits": [[2.0, 0.5, 0.5]], "target": [2]}, refused="logits", index=[0, 2], expected=INF
                ),
                Example(inputs={"logits": [[0.5, 0.5]], "target": [0]}, expected=0.9740769841801067),
            ),
        ),
        EdgeCase(
            case="target outside 0..T",
            expected="refused by name and index, never wrapped around",
            examples=(Example(inputs={"logits": [[1.0, -0.5]], "target": [3]}, refused="target"),),
        ),
        EdgeCase(
            case="no threshold, T = 0",
            expected="refused: a single label has nothing to be told from",
            examples=(Example(inputs={"logits": [[]], "target": [0]}, refused="logits"),),
        ),
        EdgeCase(
            case="huge scores, and scores that nearly meet",
            expected="finite: the difference of two saturated probabilities is never formed",
            examples=(
                Example(inputs={"logits": [[1e4, 9999.0]], "target": [1]}, expected=9999.458675145387),
                Example(inputs={"logits": [[1e-12, 0.0]], "target": [1]}, expected=29.01731547704894),
            ),
        ),
        EdgeCase(case="nan in the scores", expected="nan in that row only"),
    ),
    notes=(
        "Probabilities sum to 1 whatever the scores, for the differences telescope; they are positive for falling scores alone.",
        "Implementations that clamp the probability from below hide scores out of order and take their gradient.",
        "K labels have T = K - 1 thresholds: a target may be T, one more than the last column.",
    ),
    graph_accepts=(
        Accepted(
            input="target",
            wrong="class id -C to -1",
            meaning="read between the first threshold and the one that many from the end",
        ),
        *LABELS_FOR_SOME_ROWS,
        Accepted(
            input="logits",
            wrong="outside the domain",
            meaning="inf where the label's own two scores rise; a rise elsewhere is not seen",
        ),
    ),
    module="losskit.plugins.ordinal.ordinal_softmax_nll.loss:OrdinalSoftmaxNLLLoss",
    oracle="losskit.plugins.ordinal.ordinal_softmax_nll.reference:ordinal_softmax_nll",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the ordinal softmax likelihood."""
    return SPEC
