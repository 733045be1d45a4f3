"""EAFO correction: the direction in which an activation's inverse is to be changed to lower the entropy fastest."""

import math

from pydantic import Field

from losskit.spec import (
    Above,
    Accepted,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    Input,
    LossSpec,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import EMPTY_BATCH
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    DivergenceAxioms,
    Homogeneous,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    Smooth,
    TranslationInvariant,
    ZeroAt,
)
from losskit.spec.tensors import Real, real

Y, DY, MEAN, STD = (symbol(name) for name in ("y", "dy", "mean", "std"))
LINE = {"y": [-1.0, 0.5, 2.0], "dy": [1.0, 1.0, 1.0], "d2y": [0.0, 0.0, 0.0]}
CURVE = {"y": [-1.0, 0.5], "dy": [1.2, 0.8], "d2y": [0.3, -0.1]}


class EAFOCorrectionParameters(Parameters):
    """Parameters of the EAFO correction."""

    mean: float = Field(0.0, description="mean of the normal inputs")
    std: float = Field(1.0, gt=0, description="standard deviation of the normal inputs")


SPEC = LossSpec(
    name="eafo_correction",
    title="EAFO correction term",
    task="law",
    summary="Minus the derivative of the entropy of an activation's output by the activation's inverse, point by point. A "
    "multiple of it, added to an activation, is the step of the search that made CRReLU from ReLU.",
    formula=r"\eta = -\Big(p'(y)\, y' + p(y)\, \frac{y''}{y'}\Big),\quad p = \mathcal{N}(\mu, \sigma^2)",
    parameters=EAFOCorrectionParameters,
    inputs=(
        real("y", "N", meaning="inverse of the activation at points of its range"),
        Input(
            name="dy",
            shape=("N",),
            domain=Real(interval=Above(0)),
            meaning="first derivative of the inverse; an activation with an inverse increases",
        ),
        real("d2y", "N", meaning="second derivative of the inverse"),
    ),
    output=("N",),
    claims=(
        PermutationInvariant(over="batch").holds(source="point by point"),
        TranslationInvariant(on=("y", "mean")).holds(source="the density depends on y - mean"),
        TranslationInvariant(on="y").fails(source="the mean stays where it was"),
        Homogeneous(on=("y", "dy", "d2y", "mean", "std"), degree=-1.0).holds(source="p has the unit 1/y, p' 1/y^2"),
        DivergenceAxioms(of="d2y", origin=(Y - MEAN) / STD**2 * DY**2).fails(
            source="affine in d2y: zero at the origin, and negative on one side of it"
        ),
        ZeroAt(where={"d2y": (Y - MEAN) / STD**2 * DY**2}).holds(
            source="p' = -(y - mean)/std^2 p: the Euler-Lagrange equation, whose solutions are the inverses of wafbc"
        ),
        NonNegative().fails(source="-0.2420 at y=-1, y'=1, y''=0 of the standard normal law"),
        Bounded().fails(
            when={"mean": Between(-1, 1), "std": AtLeast(1)},
            source="linear in y''",
            note="true for every mean and deviation; there many inputs meet the density",
        ),
        Monotone(on="d2y", direction="decreasing").holds(source="slope -p(y)/y'"),
        Convex(on="d2y").holds(source="affine"),
        Smooth(on="d2y", constant=0.0, tight=False).holds(source="affine"),
        Homogeneous(on="d2y").fails(source="affine, but not linear: p'(y) y' stays"),
        Convex(on="y").fails(source="y'=1, y''=0: y p(y) is concave in (0, 3^(1/2)) standard deviations"),
        Convex(on="dy").fails(source="second derivative -2 p y''/y'^3, negative for y'' > 0"),
        Differentiable(on=("y", "dy", "d2y"), order=0).holds(source="smooth where y' > 0"),
        ReducesTo(
            other="crrelu",
            parameters={"epsilon": 1.0},
            inputs={"x": Y},
            relation="affine",
            scale=1 / math.sqrt(2 * math.pi),
            given={"y": (-4.0, -2.5, -1.0, -0.3, 0.0), "dy": (1.0,), "d2y": (0.0,)},
        ).holds(
            when={"mean": 0.0, "std": 1.0},
            source="of the identity it is y exp(-y^2/2) / (2 pi)^(1/2), the bump of CRReLU, which is all of it for y <= 0",
        ),
    ),
    references=("sun2024method",),
    examples=(
        Example(
            inputs=LINE, reduction="none", expected=[-0.24197072451914337, 0.17603266338214976, 0.10798193302637613]
        ),
        Example(inputs=CURVE, reduction="none", expected=[-0.35085755055275786, 0.18483429655125724]),
        Example(
            parameters={"mean": 0.3, "std": 1.7},
            inputs=CURVE,
            reduction="none",
            expected=[-0.13835402280504431, 0.042034305037292246],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(case="nan, or an infinite y", expected="nan, in that element only"),
        EdgeCase(
            case="dy <= 0",
            expected="refused by name, value and index: the inverse must increase",
            examples=(
                Example(inputs={**CURVE, "dy": [1.2, 0.0]}, refused="dy"),
                Example(inputs={**CURVE, "dy": [-1.2, 0.8]}, refused="dy"),
            ),
        ),
        EdgeCase(
            case="|y| of 1e4 standard deviations",
            expected="0: the density underflows",
            examples=(Example(inputs={"y": [-1e4, 1e4], "dy": [1.0, 2.0], "d2y": [3.0, -1.0]}, expected=0.0),),
        ),
    ),
    notes=(
        "Derivatives are with respect to the output of the activation, of which y is a function.",
        "Moving y along a function e changes activation_entropy by minus the integral of e times this, where e vanishes at "
        "the ends.",
    ),
    graph_accepts=(
        Accepted(
            input="y",
            wrong="an axis of size 1",
            meaning="repeated along the axis",
            when={"std": OneOf(values=(1.0,))},
        ),
        Accepted(input="dy", wrong="outside the domain", meaning="the formula for an inverse that falls"),
        Accepted(input="dy", wrong="not a number", answer="nan", meaning="nan"),
        Accepted(input="dy", wrong="an axis of size 1", meaning="repeated along the axis"),
        Accepted(input="d2y", wrong="an axis of size 1", meaning="repeated along the axis"),
    ),
    module="losskit.plugins.law.eafo_correction.loss:EAFOCorrectionLoss",
    oracle="losskit.plugins.law.eafo_correction.reference:eafo_correction",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the EAFO correction."""
    return SPEC
