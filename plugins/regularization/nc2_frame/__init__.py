"""NC2: how far class vectors are from a simplex equiangular tight frame or from orthogonal vectors."""

from typing import Literal

from pydantic import Field

from losskit.spec import (
    Accepted,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    Input,
    Interval,
    Least,
    LossSpec,
    Narrowing,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import HEAD_WEIGHT
from losskit.spec.expressions import column, maximum, minimum, one_hot, positions, sqrt, symbol, transpose
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    PermutationInvariant,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import Real, real

WEIGHT, C, D = symbol("weight"), symbol("C"), symbol("D")
AXES = one_hot(positions(transpose(WEIGHT)), D)  # row k is axis k, for D >= C
CENTRE = minimum(1.0, maximum(0.0, C - positions(WEIGHT))) / C  # their mean
ROOM = {"C": Between(2, 3), "D": AtLeast(3)}
LENGTHS = [2.0, 1.0, 0.5]


class NC2FrameParameters(Parameters):
    """Parameters of the distance from a frame."""

    frame: Literal["etf", "orthogonal"] = Field(
        "etf", description="ideal: simplex equiangular tight frame, or orthogonal vectors of one length"
    )


SPEC = LossSpec(
    name="nc2_frame",
    title="NC2: distance of class vectors from an ideal frame",
    task="regularization",
    summary="Frobenius distance between the normalised Gram matrix of one vector a class and that of a simplex equiangular "
    "tight frame, of orthogonal vectors, or of orthogonal vectors of given lengths. A measure of neural collapse, or a "
    "regulariser that pulls classifier rows or class means towards the frame.",
    formula=r"\ell = \Big\| \frac{W W^\top}{\|W W^\top\|_F} - E \Big\|_F,\quad "
    r"E = \frac{I - \frac1C \mathbf{1}\mathbf{1}^\top}{\sqrt{C - 1}},\ \frac{I}{\sqrt{C}} \text{ or } "
    r"\frac{\mathrm{diag}(s)}{\|s\|_2}",
    parameters=NC2FrameParameters,
    inputs=(
        real(
            "weight",
            "C",
            "D",
            role="parameter",
            meaning="one vector a class, not all zero: classifier rows, the product of all layers, or class means",
        ),
        Input(
            name="scales",
            shape=("C",),
            domain=Real(interval=Interval(low=0, closed="left")),
            role="reference",
            differentiable=False,
            optional=True,
            meaning="squared lengths of orthogonal vectors, not all zero; they override the frame",
        ),
    ),
    output=(),
    least={"C": 1, "D": 1},
    least_when=(Least(symbol="C", size=2, when={"frame": OneOf(values=("etf",))}),),
    claims=(
        ScaleInvariant(on="weight", axis="all").holds(source="the Gram matrix is normalised"),
        ScaleInvariant(on="weight", axis="all", factor="negative").holds(
            source="the Gram matrix is even in the vectors"
        ),
        RotationInvariant(on="weight").holds(source="the Gram matrix has inner products alone"),
        PermutationInvariant(over="classes").holds(source="E moves with the classes; scales are permuted, too"),
        ShiftInvariant(on="weight", axis="C").fails(
            when={"C": AtLeast(2)}, source="the vectors are not centred: the frame I_2 less 1/2 is another frame"
        ),
        Bounded(lower=0.0, upper=sqrt(2.0)).holds(
            when={"C": AtLeast(2)},
            source="both matrices have norm 1 and are positive semidefinite, so their product is not negative",
            note="orthogonal without scales: at most sqrt(2 - 2 / sqrt(C)), for the trace is no less than the norm",
        ),
        ZeroAt(where={"weight": AXES - CENTRE}, absent=("scales",)).holds(
            when={"frame": "etf", **ROOM}, source="W W' is I - 11'/C", note="D >= C - 1 is enough for some W"
        ),
        ZeroAt(where={"weight": AXES}, absent=("scales",)).holds(
            when={"frame": "orthogonal", **ROOM}, source="W W' is I", note="needs D >= C"
        ),
        ZeroAt(where={"weight": AXES * column(sqrt(symbol("scales")))}).holds(when=ROOM, source="W W' is diag(s)"),
        ZeroAt(where={"weight": AXES}, absent=("scales",)).fails(
            when={"frame": "etf", **ROOM}, source="C=2: |I / sqrt(2) - (I - 11'/2)| = sqrt(2 - sqrt(2))"
        ),
        Differentiable(on="weight", order=0, region="positive").holds(
            source="smooth but for the norm, at the ideal frame"
        ),
        Differentiable(on="weight").fails(
            when={"frame": "etf", "C": 2, "D": 1},
            source="(1, -1) is the ideal frame, and the value rises on both sides",
        ),
        Convex(on="weight").fails(
            when={"C": AtLeast(2)}, source="of degree 0, where a convex function would be constant"
        ),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", reason="there is no batch"),
        Narrowing(property="ShardsAcross", reason="there is no batch to split: every rank has all vectors"),
    ),
    coupling="set",
    weights=None,
    references=("dang2023neural",),
    examples=(
        Example(inputs={"weight": HEAD_WEIGHT}, expected=0.2949184659),
        Example(parameters={"frame": "orthogonal"}, inputs={"weight": HEAD_WEIGHT}, expected=0.5259306837),
        Example(
            parameters={"frame": "orthogonal"},
            inputs={"weight": HEAD_WEIGHT, "scales": LENGTHS},
            reduction="none",
            expected=0.8121275041,
        ),
        Example(
            inputs={"weight": [[1.0, 2.0], [1.0, 2.0]]},
            reduction="sum",
            expected=2**0.5,
            note="all vectors alike, as far from the frame as can be",
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="C = 1",
            expected="refused with frame etf, whose norm sqrt(C - 1) is 0; else 0",
            examples=(
                Example(inputs={"weight": [[1.0, 2.0]]}, refused="weight"),
                Example(parameters={"frame": "orthogonal"}, inputs={"weight": [[1.0, 2.0]]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="weight all zero",
            expected="refused; nan where values are not checked",
            examples=(Example(inputs={"weight": [[0.0, 0.0], [0.0, 0.0]]}, refused="weight"),),
        ),
        EdgeCase(
            case="scales all zero, or one below 0",
            expected="refused; nan where values are not checked and all are zero",
            examples=(
                Example(inputs={"weight": HEAD_WEIGHT, "scales": [0.0, 0.0, 0.0]}, refused="scales"),
                Example(inputs={"weight": HEAD_WEIGHT, "scales": [1.0, -1.0, 0.0]}, refused="scales"),
            ),
        ),
        EdgeCase(
            case="an exact frame",
            expected="0 with zero gradient",
            examples=(
                Example(parameters={"frame": "orthogonal"}, inputs={"weight": [[0.0, 3.0], [3.0, 0.0]]}, expected=0.0),
                Example(inputs={"weight": [[2.0, -2.0], [-2.0, 2.0]]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="weight of 1e-200 or 1e200",
            expected="its size does not matter: no square is formed of it",
            examples=tuple(
                Example(inputs={"weight": [[size, 0.0], [0.0, size]]}, expected=0.76536686473017954)
                for size in (1e-200, 1e200)
            ),
        ),
    ),
    notes=(
        "Nothing is centred here: class means are to be centred by their global mean first under etf.",
        "none, mean and sum are the same number.",
        "At an exact frame rounding may leave a value of 1e-16, whose gradient has the size of any other.",
    ),
    graph_accepts=(
        Accepted(
            input="weight",
            wrong="an axis of size 1",
            meaning="one vector, whose normalised square 1 is set against each length",
        ),
        Accepted(input="scales", wrong="an axis of size 1", meaning="the identity, not normalised, is the ideal"),
        Accepted(input="scales", wrong="outside the domain", meaning="a negative entry of the ideal"),
        Accepted(input="scales", wrong="not a number", answer="nan", meaning="nan"),
    ),
    module="losskit.plugins.regularization.nc2_frame.loss:NC2FrameLoss",
    oracle="losskit.plugins.regularization.nc2_frame.reference:nc2_frame",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the distance from a frame."""
    return SPEC
