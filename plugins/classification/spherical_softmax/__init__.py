"""Log-spherical-softmax loss: cross-entropy with squares in place of exponentials."""

from pydantic import Field

from losskit.spec import (
    Above,
    Accepted,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    LossSpec,
    Narrowing,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import EMPTY_BATCH, LABEL_OUT_OF_RANGE, NAN_ROW, ONE_CLASS, ROWS
from losskit.spec.expressions import log, maximum, one_hot, sqrt, symbol
from losskit.spec.properties import (
    AffineInvariant,
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    QuasiConvex,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

SCORES, EPS, C = symbol("logits"), symbol("eps"), symbol("C")
EXACT, SMOOTHED = {"eps": 0.0}, {"eps": Above(0)}
RIGHT = {"logits": one_hot(symbol("target"), C)}
SEVERAL = {"C": AtLeast(2)}


class SphericalSoftmaxParameters(Parameters):
    """Parameters of the log-spherical-softmax loss."""

    eps: float = Field(
        1e-5, ge=0, description="added to every square; keeps the logarithm finite where the label's score is 0"
    )


SPEC = LossSpec(
    name="spherical_softmax",
    title="Log-spherical-softmax loss",
    task="classification",
    summary="Cross-entropy with squares instead of exponentials, a member of the spherical family and cheap for very many "
    "classes. The sign of a score means nothing: predict the class with the largest square, not the largest score.",
    formula=r"\ell(o, c) = -\log p_c,\quad p_k = \frac{o_k^2 + \varepsilon}{\sum_j (o_j^2 + \varepsilon)}",
    parameters=SphericalSoftmaxParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").fails(
            when=SEVERAL, source="eps=1e-5, y=0: (1, 0) gives 1.0e-5, (2, 1) gives 0.2231"
        ),
        ScaleInvariant(on="logits", axis="C").holds(when=EXACT, source="a ratio of squares"),
        ScaleInvariant(on="logits", axis="C", factor="negative").holds(when=EXACT, source="a ratio of squares"),
        ScaleInvariant(on="logits", axis="C").fails(
            when={"eps": Between(0.1, 1), "C": AtLeast(2)}, source="eps does not scale along"
        ),
        AffineInvariant(on="logits", axis="C").fails(when=SEVERAL, source="not shift invariant"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="p_c <= 1"),
        Bounded().fails(
            when={**EXACT, **SEVERAL},
            source="infinite at o_c = 0",
            note="unbounded for every eps, up to log((q + C eps) / eps) with q the sum of squares; so slow a growth shows nowhere",
        ),
        Monotone(on="logits", part="label", direction="decreasing").fails(
            when=SEVERAL, source="y=0: (-1, 1) gives log 2, (0, 1) gives log((1 + 2 eps) / eps)"
        ),
        Convex(on="logits").fails(
            when=SEVERAL,
            source="eps=0.1, y=0: the midpoint of (-4.6, 2.8, 1.7), (4.7, 5.7, -3.6) is 4.46 above the average",
        ),
        QuasiConvex(on="logits").fails(when=SEVERAL, source="y=0: (1, 0), (-1, 0) give about 0, their midpoint log C"),
        ZeroAt(where=RIGHT).holds(when=EXACT, source="the label has all of the squares"),
        ZeroAt(where=RIGHT).fails(
            when={"eps": Between(0.1, 1), "C": AtLeast(2)}, source="eps leaves the other classes a share"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(
            when={"eps": Between(0, 1)}, source="the share of the others tends to 0 like (C - 1) eps / o_c^2"
        ),
        UpperBounds(target="zero_one").fails(
            when=SEVERAL, source="y=0: (-t, 0) ranks the label last and tends to 0 as t grows"
        ),
        Lipschitz(on="logits", constant=1 / sqrt(EPS)).holds(
            when={**SMOOTHED, **SEVERAL},
            source="with S = o_c^2 + eps, x = (q + C eps) / S - 1, e = eps / S: "
            "|grad|^2 <= 4 e x ((1 - e) x + 1) / ((1 + x)^2 eps) <= 1 / eps, reached as x grows at e = 1/2",
        ),
        Lipschitz(on="logits").fails(when={**EXACT, **SEVERAL}, source="the slope at the label grows like 2 / |o_c|"),
        Differentiable(on="logits", order=0).holds(
            when={"eps": AtLeast(1e-3)},
            source="logarithms of positive polynomials",
            note="true for every eps above 0; a smaller one bends the value within the step of a difference",
        ),
        LabelSymmetric().fails(when=SEVERAL, source="eps=0: (1, 1) sums to 2 log 2, (2, 1) to log 6.25"),
        ClassificationCalibrated().fails(
            when=SEVERAL,
            source="eps=0, q=(0.8, 0.2): (-2, 1) is optimal and ranks class 1 first",
            note="with the prediction argmax o_k^2 it is calibrated: the minimiser has p = q",
        ),
        TopKCalibrated(k=2).fails(
            when={"C": AtLeast(3)}, source="eps=0, q=(0.5, 0.3, 0.2): the roots of q with any signs are optimal"
        ),
        HConsistencyBound().fails(when=SEVERAL, source="eps=0, q=(0.8, 0.2): (-2, 1) is optimal and errs"),
        Proper().fails(
            when=SEVERAL,
            source="the row log q has the shares log^2 q_k, not q; the log score of p itself is strictly proper",
        ),
        ReducesTo(other="cross_entropy", inputs={"logits": log(SCORES * SCORES + EPS)}).holds(
            when=SMOOTHED, source="the softmax of log(o^2 + eps)"
        ),
        ReducesTo(
            other="spherical_softmax", parameters={"eps": EPS}, inputs={"logits": maximum(SCORES, -SCORES)}
        ).holds(source="only squares enter: the sign of every score is free"),
    ),
    narrowed=(
        Narrowing(
            property="FiniteOn",
            when={"eps": OneOf(values=(0.0,))},
            reason="with eps = 0 a label whose score is 0 has no share: the value is inf, its gradient 0",
        ),
    ),
    references=("debrebisson2016exploration",),
    examples=(
        Example(parameters={"eps": 1e-5}, reduction="none", inputs=ROWS, expected=[0.2119801601, 1.611431903]),
        Example(parameters={"eps": 0.5}, inputs=ROWS, expected=0.9965148987),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="the label's score is 0",
            expected="log((q + C eps) / eps) with gradient 0 on that score; inf with zero gradient if eps = 0",
            examples=(
                Example(inputs={"logits": [[0.0, 2.0]], "target": [0]}, expected=12.899224826077619),
                Example(parameters={"eps": 0.0}, inputs={"logits": [[0.0, 2.0]], "target": [0]}, expected=float("inf")),
            ),
        ),
        EdgeCase(
            case="all scores 0",
            expected="log C with zero gradient, for eps = 0 too",
            examples=(
                Example(inputs={"logits": [[0.0, 0.0, 0.0]], "target": [1]}, expected=1.0986122886681098),
                Example(
                    parameters={"eps": 0.0},
                    inputs={"logits": [[0.0, 0.0, 0.0]], "target": [1]},
                    expected=1.0986122886681098,
                ),
            ),
        ),
        ONE_CLASS,
        EdgeCase(
            case="scores whose squares overflow or vanish",
            expected="as of the scaled row: a row is measured in its largest score",
            examples=(
                Example(
                    parameters={"eps": 0.0},
                    inputs={"logits": [[1e200, 1e200], [1e-200, 1e-200]], "target": [0, 1]},
                    expected=0.6931471805599453,
                ),
                Example(
                    parameters={"eps": 0.0},
                    inputs={"logits": [[1.0, -1e200]], "target": [0]},
                    expected=921.0340371976183,
                    note="400 log 10",
                ),
                Example(inputs={"logits": [[1e-200, 1.0]], "target": [0]}, expected=11.512945464770231),
                Example(inputs={"logits": [[1.0, -1e-200]], "target": [0]}, expected=9.999850002333296e-06),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "Predict with the argmax of o_k^2; the argmax of o_k takes a large negative score for a small one.",
        "A score of exactly 0 stays there: its gradient is 0, a stationary point that initialisation must avoid.",
    ),
    graph_accepts=(
        Accepted(
            input="target",
            wrong="class id -C to -1",
            meaning="counted from the last class, whose share stands among the wrong classes too",
        ),
    ),
    module="losskit.plugins.classification.spherical_softmax.loss:SphericalSoftmaxLoss",
    oracle="losskit.plugins.classification.spherical_softmax.reference:spherical_softmax",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the log-spherical-softmax loss."""
    return SPEC
