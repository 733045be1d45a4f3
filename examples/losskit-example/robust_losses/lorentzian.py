"""The Lorentzian loss: quadratic near the target, and logarithmic where an outlier must not pull."""

from pydantic import Field

from losskit.spec import EdgeCase, Example, LossSpec, Parameters, Reference, hookimpl
from losskit.spec.cases import BROADCAST, EMPTY_BATCH, NAN_ELEMENT, OTHER_SHAPE
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Convex,
    Differentiable,
    DivergenceAxioms,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ReducesTo,
    ShiftInvariant,
    Smooth,
    TranslationInvariant,
    TriangleInequality,
    ZeroAt,
)
from losskit.spec.tensors import elements

BOTH = ("input", "target")
SCALE = symbol("scale")
RIGHT = {"input": symbol("target")}


class LorentzianParameters(Parameters):
    """Parameters of the Lorentzian loss."""

    scale: float = Field(1.0, gt=0, description="size of the residual that pulls hardest; larger ones pull less")


SPEC = LossSpec(
    name="lorentzian",
    title="Lorentzian loss",
    task="regression",
    summary="Half the squared residual near the target, a logarithm in the tails: beyond scale a residual pulls the less the "
    "larger it is. Choose it where outliers are many and gross, and start from a good fit, for it is not convex.",
    formula=r"\ell(x, y) = \frac{c^2}{2} \log\Big(1 + \frac{r^2}{c^2}\Big),\quad r = x - y",
    parameters=LorentzianParameters,
    inputs=elements(),
    output=("*N",),
    claims=(
        TranslationInvariant(on=BOTH).holds(source="only the residual enters"),
        ShiftInvariant(on="input").fails(source="the targets stay where they were"),
        ArgumentSymmetric(a="input", b="target").holds(source="even in the residual"),
        PermutationInvariant(over="batch").holds(source="every element stands alone"),
        NonNegative().holds(source="the logarithm of 1 and more"),
        ZeroAt(where=RIGHT).holds(source="no residual"),
        MinimisedAt(where=RIGHT).holds(source="zero there, and never negative"),
        Convex(on="input").fails(
            source="the second derivative (1 - u) / (1 + u)^2, u = r^2/c^2, is negative for u > 1"
        ),
        QuasiConvex(on="input").holds(source="an increasing function of the size of the residual"),
        Monotone(on="scale", direction="increasing").holds(source="c (log(1 + u) - u / (1 + u)) is not negative"),
        Homogeneous(on=(*BOTH, "scale"), degree=2.0).holds(source="the definition"),
        Homogeneous(on=BOTH, degree=2.0).fails(when={"scale": 1.0}, source="c=1: 0.3466 at r=1, 0.8047 at r=2"),
        Lipschitz(on="input", constant=SCALE / 2).holds(source="the slope r / (1 + r^2/c^2) is largest at r = c"),
        Smooth(on="input", constant=1.0).holds(source="the second derivative is largest at r = 0, and above -1/8"),
        Differentiable(on=BOTH, order=0).holds(source="composition of smooth maps"),
        DivergenceAxioms(of="input", origin=symbol("target")).holds(
            source="grows with the size of the residual from 0"
        ),
        TriangleInequality(a="input", b="target").fails(source="quadratic near 0: half the way costs a quarter"),
        ReducesTo(
            other="mse",
            relation="limit",
            limit={"scale": float("inf")},
            scale=0.5,
            rate=2500 / SCALE**2,
            given={"input": (0.0, -2.5, 3.0, 4.0), "target": (0.0, 1.0, 2.5, -6.0)},
        ).holds(source="u - log(1 + u) <= u^2 / 2: the difference is at most r^4 / (4 c^2)"),
    ),
    references=(Reference(key="black1996robust", file="robust_losses:papers.bib"),),
    examples=(
        Example(inputs={"input": [1.0, -2.0], "target": [0.0, 0.0]}, expected=0.5756462732485114),
        Example(inputs={"input": [1.5], "target": [4.5]}, parameters={"scale": 2.0}, expected=2.3573099926832923),
    ),
    edge_cases=(
        EMPTY_BATCH,
        OTHER_SHAPE,
        NAN_ELEMENT,
        EdgeCase(
            case="scale <= 0",
            expected="refused when the loss is created",
            examples=(Example(parameters={"scale": 0.0}, inputs={"input": [1.0], "target": [0.0]}, refused="scale"),),
        ),
    ),
    notes=("Up to a constant the negative log-likelihood of a Cauchy distribution of scale c, times c^2 / 2.",),
    graph_accepts=BROADCAST,
    module="robust_losses.modules:Lorentzian",
    oracle="robust_losses.oracles:lorentzian",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Lorentzian loss."""
    return SPEC
