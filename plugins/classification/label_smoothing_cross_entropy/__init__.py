"""Label-smoothing cross-entropy: cross-entropy to labels that keep a share for every class."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Below, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    EVERY_ROW_IGNORED,
    FROM_THE_END,
    LABEL_FOR_ONE_ROW,
    LABEL_OUT_OF_RANGE,
    MIXED_ROWS,
    MIXED_SCORES,
    NAN_ROW,
    ONE_CLASS,
    SCORES_FOR_EVERY_LABEL,
)
from losskit.spec.expressions import log, one_hot, sqrt, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    Smooth,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

SMOOTHING, C = symbol("label_smoothing"), symbol("C")
LABEL = one_hot(symbol("target"), C)
RIGHT = {"logits": LABEL}
SMOOTHED = {"logits": log((1 - SMOOTHING) * LABEL + SMOOTHING / C)}
SEEN = {"ignore_index": Below(0)}
SEVERAL = {"C": AtLeast(2)}
HARD = {"label_smoothing": 0.0}
SOFT = {"label_smoothing": Between(0.01, 1)}
SHARE = SMOOTHING / C  # of a wrong class in the smoothed label
TIED = (1 - SMOOTHING) / 2 + SHARE  # of the label and of the class it ties with, where a wrong row costs least
INF = float("inf")


class LabelSmoothingCrossEntropyParameters(Parameters):
    """Parameters of label-smoothing cross-entropy, named as in the framework."""

    label_smoothing: float = Field(0.1, ge=0, le=1, description="mass moved from the label to the uniform distribution")
    ignore_index: int = Field(-100, description="label of the rows that are left out")


SPEC = LossSpec(
    name="label_smoothing_cross_entropy",
    title="Label-smoothing cross-entropy",
    task="classification",
    summary="Cross-entropy to labels that give a share to every class. Take it to keep a classifier from "
    "over-confidence; it states smoothed probabilities, so choose plain cross-entropy where they must be exact.",
    formula=r"\ell(z, y) = -(1-e) \log p_y - \frac{e}{C} \sum_k \log p_k,\quad p = \mathrm{softmax}(z)",
    parameters=LabelSmoothingCrossEntropyParameters,
    inputs=(logits("B", "C"), class_target("B", ignore="ignore_index")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            when=SEEN,
            source="the definition is symmetric in the classes",
            note="an ignored class would have to be relabelled along",
        ),
        NonNegative().holds(source="each -log p is at least 0"),
        Bounded().fails(when=SEVERAL, source="y=0: (0, t) gives about (1 - e/2) t"),
        Monotone(on="logits", part="label", direction="decreasing").holds(when=HARD, source="p_y grows"),
        Monotone(on="logits", part="label", direction="decreasing").fails(
            when={**SOFT, "C": AtLeast(2)},
            source="over-confidence costs: e=0.1, y=0: (20, 0) gives 1.0, (3, 0) gives 0.19859",
        ),
        Convex(on="logits").holds(source="log-sum-exp minus a linear map"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        ZeroAt(where=RIGHT, reach="approached").holds(when=HARD, source="-log p_y tends to 0 as the label leads"),
        ZeroAt(where=RIGHT, reach="approached").fails(
            when={**SOFT, "C": AtLeast(2)}, source="the smoothed label costs e (1 - 1/C) times the lead"
        ),
        ZeroAt(where=SMOOTHED).fails(
            when={**SOFT, "C": AtLeast(2)}, source="the entropy of the smoothed label is left: C=2, e=0.1: 0.198515"
        ),
        MinimisedAt(where=SMOOTHED).holds(when=SOFT, source="Gibbs inequality: least where p is the smoothed label"),
        MinimisedAt(where=RIGHT, reach="approached").fails(
            when={**SOFT, "C": AtLeast(2)}, source="the smoothed label costs e (1 - 1/C) times the lead"
        ),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(
            when={**HARD, **SEEN}, source="with a class that leads or ties p_y is at most 1/2"
        ),
        UpperBounds(
            target="zero_one", factor=-1 / ((1 - SMOOTHING + 2 * SHARE) * log(TIED) + (C - 2) * SHARE * log(SHARE))
        ).holds(
            when={**SOFT, **SEEN, "C": AtLeast(2)},
            source="a row that errs costs least in a tie at p_y = p_k = (1-e)/2 + e/C, the others at e/C",
        ),
        UpperBounds(target="zero_one").fails(
            when={"label_smoothing": Between(0, 0.1), "C": AtLeast(2)}, source="C=2, equal scores: log 2 < 1"
        ),
        Lipschitz(on="logits", constant=sqrt(1 + (1 - SMOOTHING) ** 2 - SMOOTHING**2 / C)).holds(
            when=SEVERAL, source="gradient p - q with q = (1-e) e_y + e/C, longest as p nears a wrong vertex"
        ),
        Lipschitz(on="logits", norm="l1", constant=1 - SMOOTHING / C).holds(
            when=SEVERAL, source="largest entry of p - q, as p nears a wrong vertex"
        ),
        Lipschitz(on="logits", norm="linf", constant=2 * (1 - SMOOTHING / C)).holds(
            when=SEVERAL, source="sum of the absolute entries of p - q, as p nears a wrong vertex"
        ),
        Smooth(on="logits", constant=0.5).holds(
            when=SEVERAL, source="the Hessian diag(p) - p p^T has no eigenvalue above 1/2"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(when=SEVERAL, source="C=2, e=0.1: (0, 0) sums to 1.38629, (1, 0) to 1.62652"),
        ClassificationCalibrated().holds(
            when={"label_smoothing": Between(0, 0.9), **SEEN},
            source="the minimiser is p = (1-e) q + e/C, in the order of q",
            note="true below 1; above 0.9 the gap, of the order (1-e)^2, sinks below what a search resolves",
        ),
        ClassificationCalibrated().fails(
            when={"label_smoothing": 1.0, "C": AtLeast(2)}, source="the value no longer depends on the label"
        ),
        TopKCalibrated(k=2).holds(
            when={"label_smoothing": Between(0, 0.9), **SEEN, "C": AtLeast(3)},
            source="the minimiser is p = (1-e) q + e/C, in the order of q",
        ),
        StrictlyProper().holds(when={**HARD, **SEEN}, source="the logarithmic score"),
        Proper().fails(
            when={"label_smoothing": Between(0, 1, "right"), **SEEN, "C": AtLeast(2)},
            source="the minimiser is (1-e) q + e/C: e=0.1, q=(0.6, 0.3, 0.1) gives (0.57333, 0.30333, 0.12333)",
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={"label_smoothing": Between(0, 0.9), **SEEN, "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
        ),
        ReducesTo(
            other="cross_entropy",
            parameters={
                "class_weights": None,
                "label_smoothing": SMOOTHING,
                "ignore_index": symbol("ignore_index"),
            },
        ).holds(source="the same loss without class weights, smoothed by default; e=0 is cross-entropy"),
        ReducesTo(
            other="torch.nn.CrossEntropyLoss",
            parameters={"label_smoothing": SMOOTHING, "ignore_index": symbol("ignore_index")},
        ).holds(
            source="same convention, the uniform share includes the label",
            note="where every row is ignored the mean here is 0, the framework's is NaN",
        ),
    ),
    references=("szegedy2016rethinking",),
    examples=(
        Example(inputs=MIXED_ROWS, expected=0.7466270724),
        Example(
            parameters={"label_smoothing": 0.3},
            inputs={"logits": MIXED_SCORES, "target": [0, -100]},
            expected=0.6913112967,
        ),
        Example(
            parameters={"label_smoothing": 1.0},
            reduction="none",
            inputs={"logits": [[1.0, -1.0]], "target": [1]},
            expected=[1.126928011],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EVERY_ROW_IGNORED,
        ONE_CLASS,
        EdgeCase(
            case="huge scores",
            expected="finite",
            examples=(Example(inputs={"logits": [[1e4, -1e4]], "target": [0]}, expected=1000.0),),
        ),
        EdgeCase(
            case="equal scores",
            expected="log C",
            examples=(Example(inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=1.0986122886681098),),
        ),
        EdgeCase(
            case="the smoothed label stated exactly",
            expected="its entropy, not 0",
            examples=(
                Example(
                    inputs={"logits": [[2.9444389791664403, 0.0]], "target": [0]},
                    expected=0.19851524334587243,
                    note="p = (0.95, 0.05)",
                ),
            ),
        ),
        EdgeCase(
            case="score -inf on a wrong class",
            expected="inf by definition where e > 0; a class that is masked out takes no part in plain cross-entropy only",
            examples=(
                Example(inputs={"logits": [[-INF, 0.0, 0.0]], "target": [1]}, expected=INF),
                Example(
                    parameters={"label_smoothing": 0.0},
                    inputs={"logits": [[-INF, 0.0, 0.0]], "target": [1]},
                    expected=0.6931471805599453,
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The uniform share goes to all C classes, the label included; some code spreads it over the C - 1 wrong ones.",
        "(1-e) cross-entropy + e (KL(u, p) + log C) with the uniform u is the same number, KL(u, p) alone is not.",
        "An ignore_index within 0..C-1 leaves that class out of the loss.",
    ),
    graph_accepts=(
        FROM_THE_END.model_copy(update={"when": {"label_smoothing": Between(0, 1, "left")}}),
        LABEL_FOR_ONE_ROW.model_copy(update={"when": {"label_smoothing": OneOf(values=(0.0,))}}),
        *(
            Accepted(input="target", wrong=wrong, meaning="not read", when={"label_smoothing": OneOf(values=(1.0,))})
            for wrong in CLASS_IDS
        ),
        SCORES_FOR_EVERY_LABEL,
    ),
    module="losskit.plugins.classification.label_smoothing_cross_entropy.loss:LabelSmoothingCrossEntropyLoss",
    oracle="losskit.plugins.classification.label_smoothing_cross_entropy.reference:label_smoothing_cross_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of label-smoothing cross-entropy."""
    return SPEC
