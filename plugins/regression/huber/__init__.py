"""The Huber loss: quadratic near the target, linear in the tails."""

from pydantic import Field

from losskit.spec import EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import BROADCAST, EMPTY_BATCH, NAN_ELEMENT, OTHER_SHAPE
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Bounded,
    Continuous,
    Convex,
    Differentiable,
    DivergenceAxioms,
    Elicits,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    Smooth,
    SpatialInvariant,
    StrictlyConvex,
    TranslationInvariant,
    TriangleInequality,
    ZeroAt,
)
from losskit.spec.tensors import elements

DELTA = symbol("delta")
BOTH = ("input", "target")
RIGHT = {"input": symbol("target")}
RESIDUALS = {"input": [0.5, -1.0, 3.0], "target": [1.0, 0.0, 0.0]}


class HuberParameters(Parameters):
    """Parameters of the Huber loss."""

    delta: float = Field(1.0, gt=0, description="size of the residual from which on the loss is linear")


SPEC = LossSpec(
    name="huber",
    title="Huber loss",
    task="regression",
    summary="Half the squared residual up to delta, linear with the slope delta beyond. Nearly as accurate as mse on clean "
    "data, and no outlier pulls harder than delta; its best prediction lies between median and mean.",
    formula=r"\ell_\delta(x, y) = \begin{cases} \frac{1}{2} r^2 & |r| \le \delta \\ "
    r"\delta (|r| - \frac{\delta}{2}) & |r| > \delta \end{cases},\quad r = x - y",
    parameters=HuberParameters,
    inputs=elements(),
    output=("*N",),
    claims=(
        TranslationInvariant(on=BOTH).holds(source="only the residual enters"),
        ShiftInvariant(on="input").fails(source="the targets stay where they were"),
        ArgumentSymmetric(a="input", b="target").holds(source="even in the residual"),
        PermutationInvariant(over="batch").holds(source="sum over elements"),
        SpatialInvariant().holds(source="element by element"),
        NonNegative().holds(source="both branches are"),
        ZeroAt(where=RIGHT).holds(source="no residual"),
        DivergenceAxioms(of="input", origin=symbol("target")).holds(
            source="grows with the size of the residual from 0"
        ),
        MinimisedAt(where=RIGHT).holds(source="zero there, and never negative"),
        Bounded().fails(source="grows with the residual"),
        Monotone(on="delta", direction="increasing").holds(source="derivative by delta: max(|r| - delta, 0)"),
        Convex(on=BOTH).holds(source="a convex function of a linear map"),
        StrictlyConvex(on="input").fails(source="linear beyond delta"),
        Homogeneous(on=(*BOTH, "delta"), degree=2.0).holds(source="both branches are"),
        Homogeneous(on=BOTH, degree=2.0).fails(source="delta=1: 0.5 at r=1, 1.5 at r=2"),
        Continuous(on=BOTH).holds(source="both branches are delta^2 / 2 at |r| = delta"),
        Lipschitz(on="input", constant=DELTA).holds(source="the residual, clipped to [-delta, delta]"),
        Lipschitz(on="target", constant=DELTA).holds(source="as above"),
        Lipschitz(on=BOTH, constant=sqrt(2) * DELTA).holds(source="both slopes at once"),
        Smooth(on="input", constant=1.0).holds(source="second derivative 1 within delta, 0 beyond"),
        Differentiable(on=BOTH).holds(
            source="both branches have the value delta^2/2 and the slope delta at |r| = delta",
            note="once: the second derivative jumps there",
        ),
        TriangleInequality(a="input", b="target").fails(source="0, delta/2, delta: delta^2/2 > 2 delta^2/8"),
        Elicits(functional="mean", on="input", of="target").fails(
            source="delta=1, Y = 0, 0, 3 equally likely: least at 1/2, not at 1"
        ),
        Elicits(functional="quantile", on="input", of="target").fails(source="the same law: not at 0"),
        ReducesTo(other="torch.nn.HuberLoss", parameters={"delta": DELTA}).holds(source="same convention"),
        ReducesTo(other="torch.nn.SmoothL1Loss", parameters={"beta": DELTA}, relation="affine", scale=DELTA).holds(
            source="smooth L1 with beta = delta is the Huber loss over delta"
        ),
        ReducesTo(other="mae", relation="limit", limit={"delta": 0.0}, scale=DELTA, rate=DELTA**2 / 2).holds(
            source="delta |r| less at most delta^2/2: the loss over delta tends to |r|"
        ),
        ReducesTo(
            other="mse",
            relation="limit",
            limit={"delta": float("inf")},
            scale=0.5,
            given={"input": (0.0, -2.5, 3.0, 4.0), "target": (0.0, 1.0, 2.5, -6.0)},
        ).holds(source="r^2/2 as soon as delta reaches |r|", note="for each residual, not for all at once"),
    ),
    references=("huber1964robust",),
    examples=(
        Example(inputs=RESIDUALS, expected=1.041666667),
        Example(parameters={"delta": 0.5}, reduction="none", inputs=RESIDUALS, expected=[0.125, 0.375, 1.375]),
    ),
    edge_cases=(
        OTHER_SHAPE,
        NAN_ELEMENT,
        EMPTY_BATCH,
        EdgeCase(
            case="|r| = delta",
            expected="delta^2/2 by either branch",
            examples=(
                Example(
                    parameters={"delta": 0.5},
                    inputs={"input": [0.5, -0.5], "target": [0.0, 0.0]},
                    reduction="none",
                    expected=[0.125, 0.125],
                ),
            ),
        ),
        EdgeCase(
            case="delta <= 0",
            expected="refused when the loss is created, with a sentence that names the parameter",
            examples=(Example(parameters={"delta": 0.0}, inputs=RESIDUALS, refused="delta"),),
        ),
    ),
    notes=(
        "The mean is over all elements, not over the first axis alone.",
        "q (r - q/2) with q = r clipped to [-delta, delta] is both branches at once.",
        "Smooth L1 divides by delta; the two are the same for delta = 1 only.",
    ),
    graph_accepts=BROADCAST,
    module="losskit.plugins.regression.huber.loss:HuberLoss",
    oracle="losskit.plugins.regression.huber.reference:huber",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Huber loss."""
    return SPEC
