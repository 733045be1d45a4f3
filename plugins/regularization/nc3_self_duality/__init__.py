"""NC3: how far classifier rows and class means are from being proportional to each other."""

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
from losskit.spec.cases import HEAD_FEATURES, HEAD_LABELS, HEAD_WEIGHT
from losskit.spec.expressions import one_hot, positions, symbol, transpose
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    Differentiable,
    DivergenceAxioms,
    PermutationInvariant,
    ReducesTo,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import ClassIndex, Real, real

FEATURES, LABELS, WEIGHT = symbol("features"), symbol("labels"), symbol("weight")
MEMBER = one_hot(LABELS, symbol("C"))
MEANS = (transpose(MEMBER) @ FEATURES) / (transpose(MEMBER) @ (0.0 * FEATURES + 1.0))
CENTRED = MEANS - (transpose(0.0 * MEMBER + 1.0) @ FEATURES) / symbol("B")
AXES = one_hot(positions(transpose(WEIGHT)), symbol("D"))  # row k is axis k, for D >= C
PRODUCT, DIFFERENCE = {"variant": OneOf(values=("product",))}, {"variant": OneOf(values=("difference",))}
HEAD = {"weight": HEAD_WEIGHT, "features": HEAD_FEATURES, "labels": HEAD_LABELS}
PAIR = {"weight": [[1.0, 0.0], [0.0, 1.0]], "labels": [0, 1, 1]}


class NC3SelfDualityParameters(Parameters):
    """Parameters of the distance between classifier and class means."""

    frame: Literal["etf", "orthogonal"] = Field(
        "etf", description="ideal of the product; class means are centred by the mean of all rows with etf alone"
    )
    variant: Literal["product", "difference"] = Field(
        "product", description="product of classifier and means against the frame, or classifier against means"
    )


SPEC = LossSpec(
    name="nc3_self_duality",
    title="NC3: alignment of classifier and class means",
    task="regularization",
    summary="How far the rows of a classifier and the class means of the features are from being proportional to each other "
    "and, in the product form, from the ideal frame. A measure of neural collapse, or a regulariser that aligns a head with "
    "its features.",
    formula=r"\ell = \Big\| \frac{W M^\top}{\|W M^\top\|_F} - E \Big\|_F \text{ (product)},\quad "
    r"\Big\| \frac{W}{\|W\|_F} - \frac{M}{\|M\|_F} \Big\|_F \text{ (difference)},\quad "
    r"M_k = \mu_k - \mu_G \text{ (etf) or } \mu_k",
    parameters=NC3SelfDualityParameters,
    inputs=(
        real(
            "weight", "C", "D", role="parameter", meaning="classifier rows, or the product of all layers; not all zero"
        ),
        real("features", "B", "D", meaning="last-layer features, one row a sample"),
        Input(
            name="labels",
            shape=("B",),
            dtype="int64",
            domain=ClassIndex(of="C", every=True),
            role="target",
            differentiable=False,
            meaning="class id of each row; every class occurs",
        ),
        Input(
            name="scales",
            shape=("C",),
            domain=Real(interval=Interval(low=0, closed="left")),
            role="reference",
            differentiable=False,
            optional=True,
            meaning="squared lengths of orthogonal vectors, not all zero: the ideal of the product in place of the frame",
        ),
    ),
    output=(),
    least={"B": 1, "C": 1, "D": 1},
    least_when=(Least(symbol="C", size=2, when={"frame": OneOf(values=("etf",))}),),
    claims=(
        ScaleInvariant(on="weight", axis="all").holds(source="normalised"),
        ScaleInvariant(on="features", axis="all").holds(source="normalised"),
        ShiftInvariant(on="features", axis="B").holds(when={"frame": "etf"}, source="the means are centred"),
        ShiftInvariant(on="features", axis="B").fails(
            when={"frame": "orthogonal", "C": AtLeast(2)},
            source="the means are not centred: they all move by the same vector",
        ),
        RotationInvariant(on=("weight", "features")).holds(source="inner products and norms alone"),
        RotationInvariant(on="features").fails(when={"D": AtLeast(2)}, source="the classifier stays where it was"),
        PermutationInvariant(over="batch").holds(source="means over rows"),
        PermutationInvariant(over="classes").holds(source="rows of weight and scales move with the labels"),
        Bounded(lower=0.0, upper=2.0).holds(
            when={"C": AtLeast(2)}, source="the distance of two matrices of norm 1; 2 where one is minus the other"
        ),
        ZeroAt(where={"weight": CENTRED}).holds(when={"frame": "etf", "variant": "difference"}, source="W = M"),
        ZeroAt(where={"weight": MEANS}).holds(when={"frame": "orthogonal", "variant": "difference"}, source="W = M"),
        ZeroAt(where={"weight": AXES, "features": one_hot(LABELS, symbol("D"))}, absent=("scales",)).holds(
            when={"frame": "orthogonal", "C": Between(2, 3), "D": AtLeast(3)}, source="W M' = I, of either variant"
        ),
        DivergenceAxioms(of="weight", origin=CENTRED).fails(
            when={"frame": "etf", "variant": "difference"}, source="W = 2 M is proportional to M: distance 0"
        ),
        DivergenceAxioms(of="weight", origin=CENTRED).fails(
            when={"frame": "etf", "variant": "product", "C": AtLeast(3)},
            source="of W = M the product is the Gram matrix of the means, and seldom the frame",
        ),
        Differentiable(on=("weight", "features"), order=0, region="positive").holds(
            source="smooth but for the norm, at exact alignment"
        ),
        ReducesTo(other="nc2_frame", parameters={"frame": symbol("frame")}, where={"weight": CENTRED}).holds(
            when={"frame": "etf", "variant": "product"}, source="W = M: M M' is the Gram matrix of the centred means"
        ),
        ReducesTo(other="nc2_frame", parameters={"frame": symbol("frame")}, where={"weight": MEANS}).holds(
            when={"frame": "orthogonal", "variant": "product"}, source="W = M: M M' is the Gram matrix of the means"
        ),
    ),
    narrowed=(Narrowing(property="BatchDecomposable", reason="class means are of the whole batch"),),
    coupling="batch",
    weights=None,
    references=("dang2023neural",),
    examples=(
        Example(inputs=HEAD, expected=0.2396380767),
        Example(parameters={"frame": "orthogonal"}, inputs=HEAD, reduction="sum", expected=0.5341112521),
        Example(parameters={"variant": "difference"}, inputs=HEAD, reduction="none", expected=0.3283328368),
        Example(
            parameters={"frame": "orthogonal"},
            inputs={**PAIR, "features": [[3.0, 0.0], [0.0, 3.0], [0.0, 5.0]], "scales": [3.0, 4.0]},
            expected=0.0,
            note="W M' = diag(3, 4), proportional to the scales",
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="a class absent",
            expected="refused with the class that has none; nan where values are not checked",
            examples=(Example(inputs={**HEAD, "labels": [0, 0, 1, 1, 1, 1]}, refused="labels"),),
        ),
        EdgeCase(case="B = 0", expected="refused: no class has a sample"),
        EdgeCase(
            case="C = 1 with frame etf",
            expected="refused: the one mean is the mean of all rows",
            examples=(
                Example(inputs={"weight": [[1.0]], "features": [[2.0]], "labels": [0]}, refused="weight"),
                Example(
                    parameters={"frame": "orthogonal"},
                    inputs={"weight": [[1.0]], "features": [[-2.0]], "labels": [0]},
                    expected=2.0,
                ),
            ),
        ),
        EdgeCase(
            case="weight, the means or their product zero, scales all zero",
            expected="refused; nan where values are not checked",
            examples=(
                Example(inputs={**HEAD, "weight": [[0.0] * 3] * 3}, refused="weight"),
                Example(inputs={**HEAD, "features": [[0.1, 0.7, 0.3]] * 6}, refused="features"),
                Example(
                    parameters={"frame": "orthogonal"}, inputs={**HEAD, "features": [[0.0] * 3] * 6}, refused="features"
                ),
                Example(inputs={**HEAD, "scales": [0.0, 0.0, 0.0]}, refused="scales"),
                Example(
                    inputs={
                        **PAIR,
                        "weight": [[1.0, 0.0], [2.0, 0.0]],
                        "features": [[0.0, 1.0], [0.0, 2.0], [0.0, 2.0]],
                    },
                    refused="weight",
                ),
            ),
        ),
        EdgeCase(
            case="exact alignment",
            expected="0 with zero gradient",
            examples=(
                Example(
                    parameters={"frame": "orthogonal", "variant": "difference"},
                    inputs={**PAIR, "features": [[2.0, 0.0], [0.0, 1.0], [0.0, 3.0]]},
                    expected=0.0,
                ),
            ),
        ),
        EdgeCase(
            case="label outside 0..C-1",
            expected="refused by name and index; nan where values are not checked",
            examples=(Example(inputs={**HEAD, "labels": [0, 0, 1, 1, 2, 3]}, refused="labels"),),
        ),
    ),
    notes=(
        "mu_G is the mean of all rows, so classes with more rows weigh more in it; with unequal classes no centred means make "
        "the product an equiangular tight frame, since sum_k n_k M_k = 0.",
        "scales have no part in the difference.",
        "none, mean and sum are the same number.",
        "At exact alignment rounding may leave a value of 1e-16, whose gradient has the size of any other.",
    ),
    graph_accepts=(
        *(
            Accepted(input="labels", wrong=wrong, answer="nan", meaning="nan: a row belongs to no class")
            for wrong in CLASS_IDS
        ),
        Accepted(input="weight", wrong="an axis of size 1", meaning="repeated along the axis once it is normalised"),
        Accepted(
            input="features",
            wrong="an axis of size 1",
            meaning="the means are repeated along the axis once they are normalised",
            when=DIFFERENCE,
        ),
        Accepted(input="scales", wrong="an axis of size 1", answer="nan", meaning="nan: read as the number of classes"),
        Accepted(input="scales", wrong="outside the domain", meaning="a negative entry of the ideal", when=PRODUCT),
        Accepted(input="scales", wrong="not a number", answer="nan", meaning="nan", when=PRODUCT),
        *(
            Accepted(input="scales", wrong=wrong, meaning="not read", when=DIFFERENCE)
            for wrong in ("outside the domain", "not a number")
        ),
    ),
    module="losskit.plugins.regularization.nc3_self_duality.loss:NC3SelfDualityLoss",
    oracle="losskit.plugins.regularization.nc3_self_duality.reference:nc3_self_duality",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the distance between classifier and class means."""
    return SPEC
