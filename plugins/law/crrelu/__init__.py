"""CRReLU: ReLU plus a small odd bump, found by moving ReLU down the entropy of its output."""

from pydantic import Field

from losskit.spec import (
    Above,
    Accepted,
    AtLeast,
    Below,
    Between,
    EdgeCase,
    Example,
    Input,
    LossSpec,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import EMPTY_BATCH
from losskit.spec.expressions import exp, maximum, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ReducesTo,
    Smooth,
    ZeroAt,
)
from losskit.spec.tensors import real

EPSILON = symbol("epsilon")
STEEPEST = maximum(1 + EPSILON, maximum(1 - 2 * exp(-1.5) * EPSILON, -EPSILON))
RELU, POSITIVE, NEGATIVE = {"epsilon": 0.0}, {"epsilon": Above(0)}, {"epsilon": Below(0)}
POINTS = {"x": [-2.0, -1.0, 0.0, 0.5, 3.0]}


class CRReLUParameters(Parameters):
    """Parameters of CRReLU."""

    epsilon: float = Field(0.01, description="coefficient of the bump, where none is given as a tensor")


SPEC = LossSpec(
    name="crrelu",
    title="CRReLU (correction-regularised ReLU)",
    task="law",
    summary="ReLU plus the bump epsilon x exp(-x^2/2) with a coefficient that can be learned, one step of ReLU down the "
    "entropy of its output for Gaussian inputs. An activation, no loss: take it in place of ReLU or GELU.",
    formula=r"f(x) = \max(0, x) + \epsilon\, x\, e^{-x^2/2}",
    parameters=CRReLUParameters,
    inputs=(
        real("x", "*N", meaning="inputs of the activation, of any shape"),
        Input(
            name="epsilon",
            shape=(),
            role="parameter",
            optional=True,
            meaning="coefficient to be learned; stands in place of the parameter of its name",
        ),
    ),
    output=("*N",),
    claims=(
        PermutationInvariant(over="batch").holds(source="element by element"),
        ZeroAt(where={"x": 0.0}).holds(source="the definition"),
        NonNegative().holds(when={"epsilon": Between(-1, 0)}, source="x (1 + epsilon exp(-x^2/2)) for x > 0"),
        NonNegative().fails(when=POSITIVE, source="-epsilon exp(-1/2) at x = -1"),
        NonNegative().fails(when={"epsilon": Below(-1)}, source="slope 1 + epsilon < 0 on the right of 0"),
        Bounded(lower=-EPSILON * exp(-0.5), reach="attained").holds(
            when={"epsilon": AtLeast(0)}, source="the bump is least at x = -1; nothing is negative for x > 0"
        ),
        Bounded(lower=0.0, reach="attained").holds(when={"epsilon": Between(-1, 0)}, source="never negative, 0 at 0"),
        Bounded().fails(when={"epsilon": Below(-1)}, source="grows with x"),
        MinimisedAt(where={"x": -1.0}).holds(when={"epsilon": AtLeast(0)}, source="the bump's minimum"),
        Monotone(on="x", direction="increasing").holds(when=RELU, source="ReLU"),
        Monotone(on="x", direction="increasing").fails(
            when=POSITIVE, source="epsilon=0.01: f(-2) = -0.00271 > f(-1) = -0.00607"
        ),
        Monotone(on="x", direction="increasing").fails(
            when=NEGATIVE, source="slope epsilon (1 - x^2) exp(-x^2/2) in (-1, 0)"
        ),
        Convex(on="x").holds(when=RELU, source="the larger of two linear maps"),
        Convex(on="x").fails(when=POSITIVE, source="x < -3^(1/2): second derivative epsilon x (x^2 - 3) exp(-x^2/2)"),
        Convex(on="x").fails(when=NEGATIVE, source="the same in (-3^(1/2), 0)"),
        QuasiConvex(on="x").holds(
            when={"epsilon": Between(0, 2)}, source="falls to -1 and rises from there, as long as epsilon <= exp(3/2)/2"
        ),
        QuasiConvex(on="x").fails(when=NEGATIVE, source="a hill at x = -1"),
        Convex(on="epsilon").holds(source="affine"),
        Smooth(on="epsilon", constant=0.0, tight=False).holds(source="affine"),
        Homogeneous(on="x").holds(when=RELU, source="ReLU"),
        Homogeneous(on="x").fails(when=POSITIVE, source="the Gaussian factor"),
        Homogeneous(on="x").fails(when=NEGATIVE, source="the Gaussian factor"),
        Lipschitz(on="x", constant=STEEPEST).holds(
            source="(1 - x^2) exp(-x^2/2) lies in [-2 exp(-3/2), 1], 1 at 0; at most 1 + |epsilon|",
        ),
        Differentiable(on="x").fails(source="slopes epsilon and 1 + epsilon on the two sides of 0"),
        Differentiable(on="epsilon", order=0).holds(source="affine"),
        ReducesTo(other="torch.nn.ReLU", absent=("epsilon",)).holds(when=RELU, source="no bump"),
    ),
    references=("sun2024method",),
    examples=(
        Example(
            inputs=POINTS,
            reduction="none",
            expected=[-0.0027067056647322539, -0.0060653065971263342, 0.0, 0.50441248451292299, 3.0003332698961471],
        ),
        Example(inputs=POINTS, parameters={"epsilon": -0.2}, expected=0.71610503139),
        Example(inputs={**POINTS, "epsilon": -0.2}, expected=0.71610503139, note="the tensor replaces the parameter"),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(case="nan", expected="nan, in that element only"),
        EdgeCase(
            case="|x| large",
            expected="ReLU exactly: the Gaussian underflows to 0",
            examples=(Example(inputs={"x": [-1e4, 1e4]}, reduction="none", expected=[0.0, 1e4]),),
        ),
        EdgeCase(
            case="x infinite",
            expected="0 and inf, where x times the Gaussian would be inf times 0",
            examples=(
                Example(inputs={"x": ["-Infinity", 2.0]}, expected=1.0013533528),
                Example(
                    inputs={"x": ["-Infinity", "Infinity"]},
                    reduction="none",
                    expected=[0.0, "Infinity"],
                    gradients={"x": [0.0, 1.0]},
                ),
            ),
        ),
        EdgeCase(
            case="epsilon with an axis",
            expected="refused: one coefficient serves all elements",
            examples=(Example(inputs={**POINTS, "epsilon": [0.01]}, refused="epsilon"),),
        ),
    ),
    notes=(
        "The derivative at 0 is epsilon: that of ReLU is taken to be 0 there.",
        "The odd part is free of the kink: f(x) - f(-x) = x + 2 epsilon x exp(-x^2/2).",
        "ML-Networks calls the coefficient lr.",
        "sample_weight has the shape of x.",
    ),
    graph_accepts=(
        Accepted(
            input="epsilon",
            wrong="an axis too many",
            meaning="the coefficient of every element, the axis being of size 1",
        ),
    ),
    module="losskit.plugins.law.crrelu.loss:CRReLULoss",
    oracle="losskit.plugins.law.crrelu.reference:crrelu",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of CRReLU."""
    return SPEC
