"""Mean squared error: the squared residual, whose best prediction is the conditional mean."""

from losskit.spec import EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import BROADCAST, EMPTY_BATCH, NAN_ELEMENT, OTHER_SHAPE, RESIDUAL_ROW, RESIDUALS
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Bounded,
    Concave,
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
    Smooth,
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


class MSEParameters(Parameters):
    """Mean squared error has no parameters."""


SPEC = LossSpec(
    name="mse",
    title="Mean squared error",
    task="regression",
    summary="The squared residual, without the factor 1/2. Estimates the conditional mean; take it unless single large "
    "residuals should not lead, for which mae and huber are made.",
    formula=r"\ell(x, y) = (x - y)^2",
    parameters=MSEParameters,
    inputs=elements(),
    output=("*N",),
    claims=(
        TranslationInvariant(on=BOTH).holds(source="only the residual enters"),
        ShiftInvariant(on="input").fails(source="the targets stay where they were"),
        ArgumentSymmetric(a="input", b="target").holds(source="even in the residual"),
        PermutationInvariant(over="batch").holds(source="sum over elements"),
        SpatialInvariant().holds(source="element by element"),
        NonNegative().holds(source="a square"),
        ZeroAt(where=RIGHT).holds(source="no residual"),
        DivergenceAxioms(of="input", origin=symbol("target")).holds(source="a square, 0 for the residual 0 alone"),
        MinimisedAt(where=RIGHT).holds(source="zero there, and never negative"),
        Bounded().fails(source="grows with the square of the residual"),
        Convex(on=BOTH).holds(source="a convex function of a linear map"),
        Concave(on="input").fails(source="a parabola: 0 at the middle of -1 and 1"),
        StrictlyConvex(on="input").holds(source="second derivative 2"),
        StrictlyConvex(on=BOTH).fails(source="constant along (1, 1)"),
        Homogeneous(on=BOTH, degree=2.0).holds(source="a square"),
        Lipschitz(on="input").fails(source="slope 2r, without bound"),
        Smooth(on="input", constant=2.0).holds(source="second derivative 2"),
        Differentiable(on=BOTH, order=0).holds(source="a polynomial"),
        TriangleInequality(a="input", b="target").fails(source="0, 1, 2: 4 > 1 + 1"),
        Elicits(functional="mean", on="input", of="target").holds(
            source="E (z - Y)^2 = (z - E Y)^2 + Var Y", note="for targets of finite variance"
        ),
        Elicits(functional="quantile", on="input", of="target").fails(
            source="Y = 0, 0, 3 equally likely: 3 at the median 0, 2 at the mean 1"
        ),
        UpperBounds(target="huber", factor=0.5, parameters={"delta": 1.0}).holds(
            source="r^2/2 - delta (|r| - delta/2) = (|r| - delta)^2 / 2; scaled residuals serve every other delta"
        ),
        ReducesTo(other="torch.nn.MSELoss").holds(source="same convention"),
    ),
    references=("legendre1805nouvelles", "gneiting2011making"),
    examples=(
        Example(inputs=RESIDUALS, expected=1.75),
        Example(inputs=RESIDUAL_ROW, reduction="none", expected=[[0.25, 16.0]]),
    ),
    edge_cases=(
        OTHER_SHAPE,
        NAN_ELEMENT,
        EMPTY_BATCH,
        EdgeCase(case="a residual above 1.8e19 in float32", expected="inf: its square overflows"),
    ),
    notes=("The mean is over all elements, not over the first axis alone.",),
    graph_accepts=BROADCAST,
    module="losskit.plugins.regression.mse.loss:MSELoss",
    oracle="losskit.plugins.regression.mse.reference:mse",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of mean squared error."""
    return SPEC
