"""Mean absolute error: the absolute residual, whose best prediction is the conditional median."""

from losskit.spec import EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import BROADCAST, EMPTY_BATCH, NAN_ELEMENT, OTHER_SHAPE, RESIDUAL_ROW, RESIDUALS
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Bounded,
    Convex,
    Differentiable,
    DivergenceAxioms,
    Elicits,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    SpatialInvariant,
    StrictlyConvex,
    TranslationInvariant,
    TriangleInequality,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import elements

BOTH = ("input", "target")
RIGHT = {"input": symbol("target")}


class MAEParameters(Parameters):
    """Mean absolute error has no parameters."""


SPEC = LossSpec(
    name="mae",
    title="Mean absolute error",
    task="regression",
    summary="The absolute residual. Estimates the conditional median; take it where outliers must not lead, and huber "
    "where small residuals should also pull less.",
    formula=r"\ell(x, y) = |x - y|",
    parameters=MAEParameters,
    inputs=elements(),
    output=("*N",),
    claims=(
        TranslationInvariant(on=BOTH).holds(source="only the residual enters"),
        ShiftInvariant(on="input").fails(source="the targets stay where they were"),
        ArgumentSymmetric(a="input", b="target").holds(source="even in the residual"),
        PermutationInvariant(over="batch").holds(source="sum over elements"),
        SpatialInvariant().holds(source="element by element"),
        NonNegative().holds(source="an absolute value"),
        ZeroAt(where=RIGHT).holds(source="no residual"),
        DivergenceAxioms(of="input", origin=symbol("target")).holds(
            source="an absolute value, 0 for the residual 0 alone"
        ),
        MinimisedAt(where=RIGHT).holds(source="zero there, and never negative"),
        Bounded().fails(source="grows with the residual"),
        Convex(on=BOTH).holds(source="a convex function of a linear map"),
        StrictlyConvex(on="input").fails(source="linear on either side of the target"),
        Homogeneous(on=BOTH).holds(source="an absolute value"),
        Lipschitz(on="input", constant=1.0).holds(source="slope -1 or 1"),
        Lipschitz(on="target", constant=1.0).holds(source="slope -1 or 1"),
        Lipschitz(on=BOTH, constant=sqrt(2)).holds(source="both slopes at once"),
        Differentiable(on="input").fails(source="slope -1 before the target, 1 behind; at it the gradient is 0"),
        TriangleInequality(a="input", b="target").holds(source="of the absolute value"),
        Elicits(functional="quantile", on="input", of="target").holds(
            source="the derivative of the risk, P(Y < z) - P(Y > z), changes its sign at the median"
        ),
        Elicits(functional="mean", on="input", of="target").fails(
            source="Y = 0, 0, 3 equally likely: 4/3 at the mean 1, 1 at the median 0"
        ),
        UpperBounds(target="huber", factor=1.0, parameters={"delta": 1.0}).holds(
            source="delta |r| - delta (|r| - delta/2) = delta^2/2, r^2/2 <= delta |r| up to delta; reached far out"
        ),
        ReducesTo(other="torch.nn.L1Loss").holds(source="same convention"),
    ),
    references=("boscovich1757litteraria", "gneiting2011making"),
    examples=(
        Example(inputs=RESIDUALS, expected=1.166666667),
        Example(inputs=RESIDUAL_ROW, reduction="none", expected=[[0.5, 4.0]]),
    ),
    edge_cases=(
        OTHER_SHAPE,
        NAN_ELEMENT,
        EMPTY_BATCH,
        EdgeCase(
            case="a residual of 0",
            expected="0 with zero gradient",
            examples=(Example(inputs={"input": [0.1], "target": [0.1]}, expected=0.0),),
        ),
    ),
    notes=(
        "The mean is over all elements, not over the first axis alone.",
        "Of class probabilities, 1 - p_y, another loss bears this name: mae_classification.",
    ),
    graph_accepts=BROADCAST,
    module="losskit.plugins.regression.mae.loss:MAELoss",
    oracle="losskit.plugins.regression.mae.reference:mae",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of mean absolute error."""
    return SPEC
