"""Binary cross-entropy with logits: the logistic log-likelihood of every entry, the default for several labels."""

from typing import Annotated

from pydantic import Field

from losskit.spec import Above, Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, HARD_LABELS, NAN_ROW, SHARE_OUT_OF_RANGE, TWO_CLASSES
from losskit.spec.expressions import log, maximum, minimum, pair, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DivergenceAxioms,
    FisherConsistent,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    Smooth,
    SpatialInvariant,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

WEIGHT, TARGET, T = symbol("pos_weight"), symbol("target"), symbol("t")
PLAIN = {"pos_weight": 1.0}
LEAST = {"logits": log(maximum(WEIGHT * TARGET, 1e-300)) - log(maximum(1 - TARGET, 1e-300))}
ROW = {"logits": [0.5, -1.0, 2.0], "target": [1.0, 0.0, 0.0]}


Weight = Annotated[float, Field(gt=0)]


class BinaryCrossEntropyWithLogitsParameters(Parameters):
    """Parameters of binary cross-entropy."""

    pos_weight: Weight | tuple[Weight, ...] = Field(
        1.0, description="weight of the positive term", json_schema_extra={"length": "*shape"}
    )


SPEC = LossSpec(
    name="binary_cross_entropy_with_logits",
    title="Binary cross-entropy with logits",
    task="binary",
    summary="The logistic log-likelihood of each entry of any shape, with soft labels and a weight for positives. The default "
    "for several labels a sample; with a weight other than 1 the scores no longer state probabilities.",
    formula=r"\ell(x, t) = w\, t \log\big(1 + e^{-x}\big) + (1 - t) \log\big(1 + e^{x}\big)",
    parameters=BinaryCrossEntropyWithLogitsParameters,
    inputs=(score("*shape"), binary_target("*shape", soft=True)),
    output=("*shape",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over entries"),
        SpatialInvariant().holds(source="entry by entry"),
        PermutationInvariant(over="classes").holds(when=PLAIN, source="the two terms change places"),
        PermutationInvariant(over="classes").fails(
            when={"pos_weight": Between(0, 0.99, "right")}, source="the weight stays with class 1"
        ),
        PermutationInvariant(over="classes").fails(when={"pos_weight": AtLeast(1.01)}, source="as above"),
        MarginBased().holds(when=PLAIN, source="log(1 + exp(-z)) at a hard label, with z = (2t - 1) x"),
        MarginBased().fails(
            when={"pos_weight": Between(0, 0.99, "right")}, source="w=1/2: 0.347 at x=0, t=1, and 0.693 at x=0, t=0"
        ),
        MarginBased().fails(when={"pos_weight": AtLeast(1.01)}, source="as above"),
        ShiftInvariant(on="logits").fails(source="t=1, w=1: x=0 gives 0.693147, x=1 gives 0.313262"),
        NonNegative().holds(source="each term is not negative"),
        Bounded().fails(source="x=1000, t=0: 1000"),
        Convex(on="logits").holds(source="softplus is convex"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="dl/dx = -w sigmoid(-x)"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="dl/dx = sigmoid(x)"),
        DivergenceAxioms(of="logits", origin=LEAST["logits"]).fails(
            source="w=1, t=1/2: at its own probability a soft label costs log 2; less its entropy it is a divergence"
        ),
        MinimisedAt(where=LEAST).holds(
            source="dl/dx = 0 at exp(x) = w t / (1 - t)",
            note="at a hard label that lies at infinity, and the value is 0",
        ),
        ZeroAt(where={"logits": 2 * TARGET - 1}, reach="approached").fails(
            source="a soft label costs its entropy: t=1/2 log 2 at least", note="a hard one tends to 0"
        ),
        UpperBounds(target="zero_one", factor=1 / (log(2) * minimum(WEIGHT, 1.0))).holds(
            source="each term falls with the margin and is log 2, or w log 2, at x=0"
        ),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(when={"pos_weight": AtLeast(1)}, source="as above"),
        UpperBounds(target="zero_one", factor=1 / log(2)).fails(
            when={"pos_weight": Between(0, 0.99, "right")}, source="x=0, t=1: w log 2"
        ),
        UpperBounds(target="zero_one").fails(source="x=0, t=0: log 2 < 1"),
        Lipschitz(on="logits", constant=maximum(WEIGHT, 1.0)).holds(
            source="|dl/dx| = |(1 - t) s(x) - w t s(-x)| < max(w, 1), approached at hard labels"
        ),
        Smooth(on="logits", constant=maximum(WEIGHT, 1.0) / 4).holds(
            source="(w t + 1 - t) s (1 - s) <= max(w, 1) / 4, attained at x=0"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(source="w=1: x=0 sums to 1.38629, x=2 to 2.25386"),
        FisherConsistent(target="weighted", costs=pair(1.0, WEIGHT)).holds(
            when={"pos_weight": Between(0.1, 10)},
            source="the minimiser w q / (w q + 1 - q) passes 1/2 where w q passes 1 - q",
        ),
        ClassificationCalibrated().holds(when=PLAIN, source="Bartlett et al. 2006, theorem 2: convex, slope -1/2 at 0"),
        ClassificationCalibrated().fails(
            when={"pos_weight": Between(0, 0.9, "right")},
            source="the minimiser w q / (w q + 1 - q) passes 1/2 elsewhere",
        ),
        ClassificationCalibrated().fails(when={"pos_weight": AtLeast(1.1)}, source="w=2: q=0.4 gives 0.571429"),
        StrictlyProper().holds(when=PLAIN, source="the logarithmic score of p = sigmoid(x)"),
        Proper().fails(
            when={"pos_weight": Between(0, 0.9, "right")}, source="the minimiser is w q / (w q + 1 - q), not q"
        ),
        Proper().fails(when={"pos_weight": AtLeast(1.1)}, source="w=2: q=0.4 gives 0.571429"),
        HConsistencyBound(gamma=sqrt(2 * T)).holds(
            when=PLAIN, source="Awasthi et al. 2022, the logistic transform, reached in the limit t to 0"
        ),
        HConsistencyBound().fails(
            when={"pos_weight": Between(0, 0.9, "right")}, source="w=1/2: between q=1/2 and q=2/3 the minimiser errs"
        ),
        HConsistencyBound().fails(
            when={"pos_weight": AtLeast(1.1)}, source="w=2: between q=1/3 and q=1/2 the minimiser errs"
        ),
        ReducesTo(other="torch.nn.BCEWithLogitsLoss").holds(when=PLAIN, source="same definition, soft labels included"),
        ReducesTo(other="torch.nn.BCEWithLogitsLoss", parameters={"pos_weight": (3.0,)}).holds(
            when={"pos_weight": 3.0}, source="same definition of the weight"
        ),
        ReducesTo(other="sigmoid_focal", parameters={"alpha": None, "gamma": 0.0}).holds(
            when=PLAIN, source="without focus and balance, soft labels included"
        ),
        ReducesTo(other="logistic", given=HARD_LABELS).holds(
            when=PLAIN, source="at a hard label one of the terms is left"
        ),
        ReducesTo(other="cross_entropy", inputs=TWO_CLASSES, given=HARD_LABELS).holds(
            when=PLAIN, source="softmax of (0, x)"
        ),
    ),
    references=("cox1958regression", "bartlett2006convexity", "awasthi2022hconsistency"),
    examples=(
        Example(inputs=ROW, expected=0.9714222276),
        Example(
            inputs={"logits": [-30.0, 30.0], "target": [1e-13, 0.9999999999990905]},
            reduction="none",
            expected=[3.0935762296883975e-12, 2.7378417282876245e-11],
            note="shares next to 0 and 1",
        ),
        Example(
            parameters={"pos_weight": 3.0},
            inputs={"logits": [0.5, -1.0], "target": [1.0, 0.0]},
            reduction="none",
            expected=[1.422230953, 0.3132616875],
        ),
        Example(
            parameters={"pos_weight": [3.0, 0.5]},
            inputs={"logits": [[0.5, -1.0], [-2.0, 0.0]], "target": [[1.0, 0.0], [0.0, 1.0]]},
            reduction="none",
            expected=[[1.422230953, 0.3132616875], [0.1269280110, 0.3465735903]],
            note="one weight for each label of a row",
        ),
        Example(inputs={"logits": [1000.0, -1000.0], "target": [0.0, 1.0]}, reduction="sum", expected=2000.0),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="scores of 1e4",
            expected="0 or 1e4, gradient finite",
            examples=(
                Example(
                    inputs={"logits": [1e4, 1e4, -1e4], "target": [1.0, 0.0, 1.0]},
                    reduction="none",
                    expected=[0.0, 1e4, 1e4],
                ),
            ),
        ),
        SHARE_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The mean is over all entries, not over the batch alone.",
        "pos_weight multiplies the positive term alone; it is no weight of the sample. A list gives each entry of the last "
        "axis its own; the claims speak of one number.",
    ),
    graph_accepts=(
        Accepted(input="target", wrong="outside the domain", meaning="enters the formula as it is"),
        Accepted(input="target", wrong="not a number", answer="nan", meaning="nan"),
        Accepted(
            input="target",
            wrong="an axis of size 1",
            meaning="taken for the label of every score",
            when={"pos_weight": Above(0)},
        ),
    ),
    module="losskit.plugins.binary.binary_cross_entropy_with_logits.loss:BinaryCrossEntropyWithLogitsLoss",
    oracle="losskit.plugins.binary.binary_cross_entropy_with_logits.reference:binary_cross_entropy_with_logits",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of binary cross-entropy with logits."""
    return SPEC
