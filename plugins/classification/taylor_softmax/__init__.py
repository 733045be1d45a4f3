"""Log-Taylor-softmax loss: cross-entropy with a Taylor polynomial in place of the exponential."""

from pydantic import Field, field_validator

from losskit.spec import AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import log, one_hot, symbol
from losskit.spec.properties import (
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

SCORES = symbol("logits")
RIGHT = {"logits": one_hot(symbol("target"), symbol("C"))}
SEVERAL = {"C": AtLeast(2)}
SECOND = {"order": 2, "C": AtLeast(2)}
HIGHER = {"order": Between(4, 200)}


class TaylorSoftmaxParameters(Parameters):
    """Parameters of the log-Taylor-softmax loss."""

    order: int = Field(2, ge=2, le=200, description="degree of the polynomial, even; only 2 is spherical")

    @field_validator("order")
    @classmethod
    def _even(cls, order: int) -> int:
        if order % 2:
            raise ValueError("must be even, for a polynomial of odd degree changes its sign")
        return order


SPEC = LossSpec(
    name="taylor_softmax",
    title="Log-Taylor-softmax loss",
    task="classification",
    summary="Cross-entropy with the exponential replaced by its Taylor polynomial of even order. Order 2 is the spherical "
    "member, cheap for very many classes; higher orders approach cross-entropy. Predict the class of the largest "
    "polynomial, not of the largest score: far negative scores count like positive ones.",
    formula=r"\ell(o, c) = \log \sum_k t_n(o_k) - \log t_n(o_c),\quad t_n(x) = \sum_{j=0}^{n} \frac{x^j}{j!}",
    parameters=TaylorSoftmaxParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").fails(
            when=SEVERAL, source="n=2, y=0: (1, 0) gives 0.3365, (2, 1) gives 0.4055"
        ),
        ScaleInvariant(on="logits", axis="C").fails(
            when=SEVERAL, source="n=2, y=0: (1, 0) gives 0.3365, (2, 0) gives 0.1823"
        ),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="p_c <= 1"),
        Monotone(on="logits", part="label", direction="decreasing").fails(
            when=SEVERAL, source="n=2, y=0: (-1, 0) gives 1.0986, (-4, 0) gives 0.1823; every t_n grows towards -inf"
        ),
        Convex(on="logits").fails(
            when=SEVERAL,
            source="n=2, y=0: the midpoint of (4.7, 0.7, 13.3) and (-5.4, 3.0, 2.4) is 2.70 above the average",
        ),
        QuasiConvex(on="logits").fails(
            when=SEVERAL, source="n=2, y=0: (0, 0) and (-2, 0) give log 2, their midpoint gives log 3"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(source="the others' share tends to 0 like n! (C - 1) / o_c^n"),
        ZeroAt(where=RIGHT).fails(when=SECOND, source="C=2: (1, 0) gives log(3.5 / 2.5)"),
        UpperBounds(target="zero_one").fails(
            when=SEVERAL, source="y=0: (-t, 0) ranks the label last and tends to 0 as t grows"
        ),
        Lipschitz(on="logits", norm="l1", constant=1.0).holds(
            when=SECOND,
            source="entries are |t_1 / t_2| <= 1, which is 2 u / (u^2 + 1) with u = o + 1, times p_k or 1 - p_c",
        ),
        Differentiable(on="logits", order=0).holds(source="logarithms of positive polynomials"),
        LabelSymmetric().fails(when=SEVERAL, source="n=2, C=2: (0, 0) sums to 2 log 2, (2, 0) to log 7.2"),
        ClassificationCalibrated().fails(
            when=SEVERAL,
            source="n=2: x and -2 - x share a value; q=(5/6, 1/6): (-4, 0) is optimal and ranks class 1 first",
            note="with the prediction argmax t_n(o_k) it is calibrated: the minimiser has p = q",
        ),
        TopKCalibrated(k=2).fails(
            when={"C": AtLeast(3)}, source="as above: scores far below 0 rank last and count most"
        ),
        HConsistencyBound().fails(when=SEVERAL, source="n=2, q=(5/6, 1/6): (-4, 0) is optimal and errs"),
        Proper().fails(
            when=SEVERAL,
            source="the row log q has the shares t_n(log q_k), not q; the log score of p itself is strictly proper",
        ),
        ReducesTo(other="cross_entropy", inputs={"logits": log(1 + SCORES + SCORES**2 / 2)}).holds(
            when={"order": 2}, source="the softmax of log t_2"
        ),
        ReducesTo(
            other="cross_entropy", inputs={"logits": log(1 + SCORES + SCORES**2 / 2 + SCORES**3 / 6 + SCORES**4 / 24)}
        ).holds(when={"order": 4}, source="the softmax of log t_4"),
        ReducesTo(other="cross_entropy").fails(when=SECOND, source="n=2, y=0: (1, 0) gives 0.3365, not 0.3133"),
    ),
    references=("debrebisson2016exploration",),
    examples=(
        Example(parameters={"order": 2}, reduction="none", inputs=ROWS, expected=[0.5942346296, 2.580974119]),
        Example(parameters={"order": 4}, inputs=ROWS, expected=1.831966911),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores",
            expected="log C",
            examples=(
                Example(
                    inputs={"logits": [[-1.0, -1.0, -1.0], [1e4, 1e4, 1e4]], "target": [1, 2]},
                    expected=1.0986122886681098,
                ),
            ),
        ),
        EdgeCase(
            case="odd order",
            expected="refused when the loss is created, with a sentence that names the parameter",
        ),
        EdgeCase(
            case="huge scores",
            expected="finite at every order: powers are taken in proportion to the largest",
            examples=(
                Example(inputs={"logits": [[0.0, 1e4, -1e4]], "target": [0]}, expected=18.420680773952366),
                Example(
                    parameters={"order": 100},
                    inputs={"logits": [[1e6, 1e6]], "target": [0]},
                    expected=0.6931471805599453,
                ),
            ),
        ),
        EdgeCase(
            case="high order, negative scores",
            expected="no cancellation: close to cross-entropy",
            examples=(
                Example(
                    parameters={"order": 100},
                    inputs={"logits": [[-20.0, -21.0]], "target": [0]},
                    expected=0.31326168751822286,
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "Predict with the argmax of t_n(o_k); t_2 has its least value at -1 and grows on both sides.",
        "t_n tends to the exponential as n grows, and the loss to cross-entropy; orders above 200 are refused, for beyond "
        "them the quadrature behind the value runs out of digits.",
    ),
    graph_accepts=(FROM_THE_END, *(one.model_copy(update={"when": HIGHER}) for one in LABELS_FOR_SOME_ROWS)),
    module="losskit.plugins.classification.taylor_softmax.loss:TaylorSoftmaxLoss",
    oracle="losskit.plugins.classification.taylor_softmax.reference:taylor_softmax",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the log-Taylor-softmax loss."""
    return SPEC
