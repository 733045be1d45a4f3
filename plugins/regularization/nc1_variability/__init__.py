"""NC1: the spread of features within classes in units of the spread between them."""

from typing import Literal

from pydantic import Field

from losskit.spec import Accepted, AtLeast, EdgeCase, Example, LossSpec, Narrowing, OneOf, Parameters, hookimpl
from losskit.spec.cases import HEAD_FEATURES, HEAD_LABELS
from losskit.spec.expressions import column, symbol
from losskit.spec.properties import (
    Convex,
    Differentiable,
    NonNegative,
    PermutationInvariant,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import ClassIndex, Input, real

HEAD = {"features": HEAD_FEATURES, "labels": HEAD_LABELS}
RATIO, PINV = {"variant": "trace_ratio"}, {"variant": OneOf(values=("pinv",))}
NO_OPERATOR = (
    "ONNX has no singular value or eigenvalue decomposition, and which eigenvalues fall below rcond is known from one alone; "
    "an inverse unrolled for a fixed number of classes would drop none"
)
NAN = float("nan")
SLANTED = [[1.0, 1.0], [-1.0, -1.0], [5.0, 1.0], [3.0, -1.0]]  # means (0, 0) and (4, 0), rows off them by (1, 1)
ACROSS = [[0.0, 1.0], [0.0, -1.0], [4.0, 1.0], [4.0, -1.0]]  # classes lie apart along one axis, rows along the other

CROSS = [[2.0, 1.0], [2.0, -1.0], [-2.0, 1.0], [-2.0, -1.0], [1.0, 2.0], [-1.0, 2.0], [1.0, -2.0], [-1.0, -2.0]]


class NC1VariabilityParameters(Parameters):
    """Parameters of the within-class variability."""

    variant: Literal["pinv", "trace_ratio"] = Field(
        "pinv", description="trace of S_W pinv(S_B) over the number of classes, or trace of S_W over trace of S_B"
    )
    rcond: float = Field(
        1e-10, gt=0, lt=1, description="eigenvalues of S_B up to this times the largest are dropped (pinv)"
    )


SPEC = LossSpec(
    name="nc1_variability",
    title="NC1: within-class variability",
    task="regularization",
    summary="Covariance within the classes measured in units of the covariance of the class means; 0 when every class has "
    "collapsed to its mean. A measure of neural collapse, or a regulariser that draws the rows of a class together.",
    formula=r"\ell = \frac{1}{K} \mathrm{tr}(S_W S_B^{+}) \text{ (pinv) or } \frac{\mathrm{tr}\, S_W}{\mathrm{tr}\, S_B},\quad "
    r"S_W = \frac1N \sum_i (h_i - \mu_{y_i})(h_i - \mu_{y_i})^\top,\quad "
    r"S_B = \frac1K \sum_k (\mu_k - \mu_G)(\mu_k - \mu_G)^\top",
    parameters=NC1VariabilityParameters,
    inputs=(
        real("features", "B", "D", meaning="last-layer features, one row a sample; not all class means alike"),
        Input(
            name="labels",
            shape=("B",),
            dtype="int64",
            domain=ClassIndex(),
            role="target",
            differentiable=False,
            meaning="class id of each row; ids are only compared",
        ),
    ),
    output=(),
    least={"B": 2, "D": 1},
    claims=(
        ShiftInvariant(on="features", axis="B").holds(source="means are taken off"),
        ScaleInvariant(on="features", axis="all").holds(source="a ratio of quadratic forms"),
        ScaleInvariant(on="features", axis="all", factor="negative").holds(source="quadratic forms are even"),
        RotationInvariant(on="features").holds(source="traces"),
        ScaleInvariant(on="features", axis="B").fails(
            when={"D": AtLeast(2)},
            source="an invertible map of the features: pinv commutes with it only where S_B is invertible, D < K",
            note="columns stretched by factors of their own, a diagonal map",
        ),
        PermutationInvariant(over="batch").holds(source="sums over rows"),
        PermutationInvariant(over="classes").holds(source="the ids are only compared"),
        NonNegative().holds(source="the trace of a product of positive semidefinite matrices"),
        ZeroAt(where={"features": column(symbol("labels"))}).holds(source="all rows of a class are alike: S_W = 0"),
        Differentiable(on="features", order=2).holds(when=RATIO, source="a quotient of quadratic forms"),
        Differentiable(on="features", order=2).holds(
            when={"variant": "pinv", "D": 1}, source="the same quotient over K: S_B is a number above 0"
        ),
        Differentiable(on="features").fails(
            when={"variant": "pinv", "rcond": 1e-10, "D": AtLeast(2)},
            source="means on one line: off it a second eigenvalue appears, and its inverse is huge",
            note="smooth wherever the rank of S_B stays, which is where K means are in general position",
        ),
        Convex(on="features").fails(source="of degree 0, where a convex function would be constant"),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", reason="means and covariances are of the whole batch"),
        Narrowing(property="ExportsONNX", when=PINV, reason=NO_OPERATOR),
        Narrowing(property="GraphKeepsLaws", when=PINV, reason=NO_OPERATOR),
        Narrowing(property="GraphRejectsBadInput", when=PINV, reason=NO_OPERATOR),
        Narrowing(
            property="StaysOnDevice",
            when=PINV,
            reason="the framework's singular value decomposition makes the host wait for the device",
        ),
    ),
    coupling="batch",
    weights=None,
    references=("dang2023neural",),
    examples=(
        Example(inputs=HEAD, expected=0.008769632973),
        Example(parameters={"variant": "trace_ratio"}, inputs=HEAD, reduction="none", expected=0.04493496255),
        Example(
            inputs={"features": ACROSS, "labels": [7, 7, -1, -1]},
            reduction="sum",
            expected=0.0,
            note="S_W lives in the null space of S_B",
        ),
        Example(
            parameters={"variant": "trace_ratio"},
            inputs={"features": ACROSS, "labels": [7, 7, -1, -1]},
            expected=0.25,
        ),
        Example(
            parameters={"rcond": 0.5},
            inputs={
                "features": [
                    [4.0, 0.0],
                    [2.0, 0.0],
                    [-4.0, 0.0],
                    [-2.0, 0.0],
                    [0.0, 1.5],
                    [0.0, 0.5],
                    [0.0, -1.5],
                    [0.0, -0.5],
                ],
                "labels": [0, 0, 1, 1, 2, 2, 3, 3],
            },
            expected=1 / 36,
            note="A' A = diag(18, 2): the second eigenvalue is dropped, and a half of the rows lie 1 off along the first",
        ),
        Example(
            inputs={"features": CROSS, "labels": [0, 0, 1, 1, 2, 2, 3, 3]},
            expected=0.125,
            gradients={
                "features": [
                    [-1 / 64, 1 / 32],
                    [-1 / 64, -1 / 32],
                    [1 / 64, 1 / 32],
                    [1 / 64, -1 / 32],
                    [1 / 32, -1 / 64],
                    [-1 / 32, -1 / 64],
                    [1 / 32, 1 / 64],
                    [-1 / 32, 1 / 64],
                ]
            },
            note="A' A = 8 I, whose eigenvalues tie: d / 32 for a row d off its mean, less m / 128 for the mean m",
        ),
        Example(
            parameters={"variant": "trace_ratio"},
            inputs={"features": [[1e8], [1e8 + 1], [1e8 + 4], [1e8 + 5]], "labels": [0, 0, 1, 1]},
            expected=0.0625,
            note="1 / 4 within and 4 between, far from 0",
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="only one class present, or all class means equal",
            expected="refused: at least 2 classes with different means are needed; nan where values are not checked",
            examples=(
                Example(inputs={**HEAD, "labels": [1, 1, 1, 1, 1, 1]}, refused="features", expected=NAN),
                Example(
                    parameters={"variant": "trace_ratio"},
                    inputs={"features": [[1.0], [0.0], [0.0], [1.0]], "labels": [0, 0, 1, 1]},
                    refused="features",
                    expected=NAN,
                ),
            ),
        ),
        EdgeCase(
            case="features of any size, 1e-12 and 1e200 among them",
            expected="the value of those of size 1",
            examples=tuple(
                Example(
                    parameters={"variant": variant},
                    inputs={"features": [[size * x for x in row] for row in SLANTED], "labels": [0, 0, 1, 1]},
                    expected=value,
                )
                for size in (1e-12, 1e200)
                for variant, value in (("trace_ratio", 0.5), ("pinv", 0.125))
            ),
        ),
        EdgeCase(
            case="a class absent",
            expected="skipped: K counts the classes present",
            examples=(Example(inputs={**HEAD, "labels": [5, 5, 0, 0, 9, 9]}, expected=0.008769632973),),
        ),
        EdgeCase(
            case="one sample a class",
            expected="0",
            examples=(Example(inputs={"features": [[1.0, 2.0], [0.0, 5.0]], "labels": [0, 1]}, expected=0.0),),
        ),
        EdgeCase(
            case="B < 2",
            expected="refused: at least 2 samples, of 2 classes",
            examples=(Example(inputs={"features": [[1.0]], "labels": [0]}, refused="features"),),
        ),
    ),
    notes=(
        "mu_G is the mean of all rows, S_B weighs the classes alike: with unequal classes mu_G is not the mean of the means.",
        "pinv: with A the rows mu_k - mu_G the value is the mean of |pinv(A)' (h_i - mu_{y_i})|^2, computed in float64 whatever "
        "the inputs, since the default rcond lies below what float32 resolves; the result is cast back.",
        "Singular values of A are compared, of which rcond is the square: an eigenvalue of S_B right at rcond may go either way.",
        "Second derivatives of pinv leave out what the dropped eigenvalues, if they are not 0, contribute.",
        "Where labels may be read for free, on the CPU in eager mode, there is a row of means for each class; elsewhere one for "
        "each sample, and a B x B mask.",
        "none, mean and sum are the same number.",
    ),
    graph_accepts=(
        Accepted(input="features", wrong="an axis of size 1", meaning="taken for the features of every sample"),
        Accepted(input="labels", wrong="an axis of size 1", meaning="taken for the class of every sample"),
    ),
    module="losskit.plugins.regularization.nc1_variability.loss:NC1VariabilityLoss",
    oracle="losskit.plugins.regularization.nc1_variability.reference:nc1_variability",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the within-class variability."""
    return SPEC
