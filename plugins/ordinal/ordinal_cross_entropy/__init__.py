"""Ordinal cross-entropy (CORAL): one binary cross-entropy for each question whether the label is above a threshold."""

from typing import Annotated

from pydantic import Field

from losskit.spec import Above, Accepted, AtLeast, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, NAN_ROW
from losskit.spec.expressions import column, maximum, minimum, one_hot, positions, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    LabelSymmetric,
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
from losskit.spec.tensors import level_target, logits

SCORES, TARGET, T = symbol("logits"), symbol("target"), symbol("T")
LEVELS = minimum(maximum(column(TARGET) - positions(SCORES), 0.0), 1.0)  # 1 for the thresholds below the label
RIGHT = {"logits": 2 * LEVELS - 1}
BACKWARDS = one_hot(T - 1 - positions(SCORES), T)  # the matrix that reverses the thresholds
PLAIN, WEIGHTED = {"importance_weights": None}, {"importance_weights": Above(0)}
THREE_LEVELS = {"logits": [[1.0, -0.5], [0.2, 0.1], [2.0, 1.0]], "target": [0, 1, 2]}
TWO_ROWS = {"logits": [[1.0, -0.5], [0.2, 0.1]], "target": [0, 1]}


class OrdinalCrossEntropyParameters(Parameters):
    """Parameters of ordinal cross-entropy."""

    importance_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None,
        description="weight of each threshold, T numbers, not normalised; 1 for all if left out",
        json_schema_extra={"length": "T"},
    )


SPEC = LossSpec(
    name="ordinal_cross_entropy",
    title="Ordinal cross-entropy (CORAL)",
    task="ordinal",
    summary='Sum of binary cross-entropies over the T = K - 1 questions "is the label above threshold k?". For K ordered '
    "labels, when mistakes by several levels should cost more; predict the number of positive scores.",
    formula=r"\ell(z, y) = \sum_{k=0}^{T-1} w_k \log\big(1 + e^{-s_k z_k}\big),\quad s_k = \pm 1,\ s_k = 1 \iff y > k",
    parameters=OrdinalCrossEntropyParameters,
    inputs=(
        logits("B", "T", meaning="cumulative scores, one per threshold: z_k scores P(y > k), k = 0..T-1"),
        level_target("B", thresholds="T"),
    ),
    output=("B",),
    least={"T": 1},
    claims=(
        ShiftInvariant(on="logits", axis="T").fails(source="T=1, y=0: 0 gives 0.6931, 1 gives 1.3133"),
        ScaleInvariant(on="logits", axis="T").fails(source="T=1, y=0: 1 gives 1.3133, 2 gives 2.1269"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        NonNegative().holds(source="a sum of logistic losses"),
        Bounded().fails(when=PLAIN, source="linear in a score of the wrong sign"),
        Bounded().fails(when=WEIGHTED, source="linear in a score of the wrong sign"),
        Convex(on="logits").holds(source="a sum of logistic losses"),
        StrictlyConvex(on="logits").holds(when=PLAIN, source="the Hessian is diagonal with entries s (1 - s) > 0"),
        StrictlyConvex(on="logits").holds(when=WEIGHTED, source="the Hessian is diagonal with entries w s (1 - s) > 0"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="every logistic loss tends to 0, and never reaches it"),
        ZeroAt(where=RIGHT).fails(when=PLAIN, source="T=1: log(1 + exp(-1)) = 0.3133"),
        MinimisedAt(where=RIGHT, reach="approached").holds(source="zero there, and nowhere negative"),
        Lipschitz(on="logits", norm="linf", constant=T).holds(
            when=PLAIN, source="|dl/dz_k| = w_k |s - t_k| < w_k, so sum_k w_k in all"
        ),
        Lipschitz(on="logits", constant=sqrt(T)).holds(when=PLAIN, source="|dl/dz_k| < 1"),
        Smooth(on="logits", constant=0.25).holds(
            when=PLAIN, source="the Hessian is diagonal, w_k s (1 - s) <= w_k / 4"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(when=PLAIN, source="T=2: the values sum to 4.1589 at (0, 0), to 3.8796 at (1, -1)"),
        ReducesTo(
            other="torch.nn.BCEWithLogitsLoss",
            inputs={"input": SCORES, "target": LEVELS},
            relation="affine",
            scale=T,
        ).holds(when=PLAIN, source="the framework's mean over the thresholds, times T"),
        ReducesTo(other="ordinal_cross_entropy", inputs={"logits": -(SCORES @ BACKWARDS), "target": T - TARGET}).holds(
            when=PLAIN, source="the scale read from its other end: y to T - y, z to its negative in reverse order"
        ),
        ReducesTo(other="ordinal_cross_entropy", inputs={"logits": -(SCORES @ BACKWARDS), "target": T - TARGET}).fails(
            when={**WEIGHTED, "T": AtLeast(2)}, source="the weights would have to be reversed along"
        ),
    ),
    references=("kennedy2020constructing",),
    examples=(
        Example(inputs=THREE_LEVELS, expected=1.1900213),
        Example(
            parameters={"importance_weights": [0.5, 2.0]},
            inputs=TWO_ROWS,
            reduction="none",
            expected=[1.604784812, 1.787862755],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="target outside 0..T",
            expected="refused by name and index, never saturated",
            examples=(Example(inputs={"logits": [[1.0, -0.5]], "target": [3]}, refused="target"),),
        ),
        EdgeCase(
            case="scores that do not decrease",
            expected="allowed: the loss has no rank constraint; a head with one shared score keeps the probabilities in order",
            examples=(Example(inputs={"logits": [[-0.5, 1.0]], "target": [1]}, expected=2.2873386716983295),),
        ),
        EdgeCase(
            case="no threshold, T = 0",
            expected="refused: a single label leaves nothing to ask",
            examples=(Example(inputs={"logits": [[]], "target": [0]}, refused="logits"),),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite, linear",
            examples=(Example(inputs={"logits": [[1e4, -1e4]], "target": [0]}, expected=1e4),),
        ),
        EdgeCase(
            case="negative weights, or weights of another length than T",
            expected="refused",
            examples=(
                Example(parameters={"importance_weights": [1.0, -1.0]}, inputs=TWO_ROWS, refused="importance_weights"),
                Example(parameters={"importance_weights": [1.0]}, inputs=TWO_ROWS, refused="logits"),
            ),
        ),
        NAN_ROW,
    ),
    notes=(
        "The mean divides by the batch, not by the thresholds as well; the weights are not normalised.",
        "K labels have T = K - 1 thresholds: a target may be T, one more than the last column.",
        "With weights the value is sum_k w_k Lipschitz in the largest change of a score, its gradient max_k w_k / 4 Lipschitz.",
    ),
    graph_accepts=(
        Accepted(input="target", wrong="class id C or more", meaning="above every threshold, as T"),
        Accepted(input="target", wrong="class id -C to -1", meaning="above no threshold, as 0"),
        Accepted(input="target", wrong="class id below -C", meaning="above no threshold, as 0"),
        Accepted(
            input="target",
            wrong="an axis of size 1",
            meaning="taken for the label of every row",
            when={"importance_weights": OneOf(values=(None,))},
        ),
        Accepted(input="logits", wrong="an axis of size 1", meaning="taken for the scores of every label"),
    ),
    module="losskit.plugins.ordinal.ordinal_cross_entropy.loss:OrdinalCrossEntropyLoss",
    oracle="losskit.plugins.ordinal.ordinal_cross_entropy.reference:ordinal_cross_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of ordinal cross-entropy."""
    return SPEC
