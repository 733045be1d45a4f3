"""Softmax cross-entropy: the negative log-likelihood of the softmax model."""

from typing import Annotated

from pydantic import Field

from losskit.spec import (
    Above,
    Accepted,
    AtLeast,
    Below,
    Between,
    EdgeCase,
    Example,
    LossSpec,
    Narrowing,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import (
    EMPTY_BATCH,
    EVERY_ROW_IGNORED,
    FROM_THE_END,
    LABEL_FOR_ONE_ROW,
    LABEL_OUT_OF_RANGE,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
    SCORES,
    SCORES_FOR_EVERY_LABEL,
    WEIGHTS_OF_ANOTHER_LENGTH,
)
from losskit.spec.expressions import log, maximum, one_hot, sqrt, symbol
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    AffineInvariant,
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    FisherConsistent,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    MinimisedAt,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ScaleInvariant,
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
T = symbol("t")  # excess of the 0-1 loss
UNWEIGHTED = {"class_weights": None, "C": AtLeast(2)}
HARD = {"class_weights": None, "label_smoothing": 0.0}
LABEL = one_hot(symbol("target"), C)
RIGHT = {"logits": LABEL}
SMOOTHED = {"logits": log((1 - SMOOTHING) * LABEL + SMOOTHING / C)}
SEEN = {"class_weights": None, "ignore_index": Below(0)}
NOT_READ = {"class_weights": OneOf(values=(None,)), "label_smoothing": OneOf(values=(1.0,))}
PLAIN = {"class_weights": None, "label_smoothing": 0.0, "ignore_index": Below(0)}
INF = float("inf")


class CrossEntropyParameters(Parameters):
    """Parameters of cross-entropy, named as in the framework where it has them."""

    class_weights: tuple[Annotated[float, Field(gt=0)], ...] | None = Field(
        None, description="weight of each class, C numbers", json_schema_extra={"length": "C"}
    )
    label_smoothing: float = Field(0.0, ge=0, le=1, description="mass moved from the label to the uniform distribution")
    ignore_index: int = Field(-100, description="label of the rows that are left out")


SPEC = LossSpec(
    name="cross_entropy",
    title="Softmax cross-entropy (multinomial logistic loss)",
    task="classification",
    summary="Negative log-likelihood of the softmax model. The default multi-class loss: convex, smooth, calibrated; "
    "choose another when labels are noisy (bounded losses) or when rankings rather than probabilities matter.",
    formula=r"\ell(z, y) = -(1-e)\, w_y \log p_y - \frac{e}{C} \sum_k w_k \log p_k,\quad p = \mathrm{softmax}(z)",
    parameters=CrossEntropyParameters,
    inputs=(logits("B", "C"), class_target("B", ignore="ignore_index")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        ScaleInvariant(on="logits", axis="C").fails(when={"C": AtLeast(2)}, source="y=0: (1, 0) against (2, 0)"),
        AffineInvariant(on="logits", axis="C").fails(when={"C": AtLeast(2)}, source="the scale of the scores counts"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            when={"class_weights": None, "ignore_index": Below(0)},
            source="the definition is symmetric in the classes",
            note="class weights and an ignored class would have to be relabelled along",
        ),
        PermutationInvariant(over="classes").fails(
            when={"class_weights": Above(0), "C": AtLeast(2)}, source="the weights stay where the classes were"
        ),
        MarginBased().fails(
            when={"class_weights": None, "label_smoothing": Between(0, 0.5), "C": AtLeast(3)},
            source="y=0: (0, 0, 0) gives log 3, (0, 0, -t) tends to log 2",
        ),
        NonNegative().holds(source="each -log p is at least 0"),
        Bounded().fails(when={"C": AtLeast(2)}, source="y=0: (0, t) gives about t"),
        Convex(on="logits").holds(source="log-sum-exp minus a linear map"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        ZeroAt(where=RIGHT, reach="approached").holds(
            when={"label_smoothing": 0.0}, source="-log p_y tends to 0 as the label's score leads, and never reaches it"
        ),
        ZeroAt(where=RIGHT, reach="approached").fails(
            when={"class_weights": None, "label_smoothing": Between(0.01, 1), "C": AtLeast(2)},
            source="the smoothed labels cost e (1 - 1/C) times the lead",
        ),
        MinimisedAt(where=SMOOTHED).holds(
            when={"class_weights": None, "label_smoothing": Between(0.01, 1)},
            source="Gibbs inequality: least where the softmax is the smoothed label",
        ),
        MinimisedAt(where=RIGHT, reach="approached").fails(
            when={"class_weights": None, "label_smoothing": Between(0.01, 1), "C": AtLeast(2)}, source="as above"
        ),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(
            when={**HARD, "ignore_index": Below(0)}, source="with a class that leads or ties p_y is at most 1/2"
        ),
        UpperBounds(target="zero_one").fails(when={**HARD, "C": AtLeast(2)}, source="C=2, equal scores: log 2 < 1"),
        UpperBounds(target="mae_classification", parameters={"scale": 1.0}).holds(
            when={**HARD, "ignore_index": Below(0)}, source="-log p >= 1 - p"
        ),
        UpperBounds(target="focal", parameters={"gamma": 2.0, "class_weights": None}).holds(
            when={**HARD, "ignore_index": Below(0)}, source="the damping factor (1 - p_y)^gamma is at most 1"
        ),
        Lipschitz(on="logits", constant=sqrt(1 + (1 - SMOOTHING) ** 2 - SMOOTHING**2 / C)).holds(
            when=UNWEIGHTED, source="gradient p - q with q = (1-e) e_y + e/C, longest as p nears a wrong vertex"
        ),
        Lipschitz(on="logits", norm="l1", constant=1 - SMOOTHING / C).holds(
            when=UNWEIGHTED, source="largest entry of p - q, as p nears a wrong vertex"
        ),
        Lipschitz(on="logits", norm="linf", constant=2 * (1 - SMOOTHING / C)).holds(
            when=UNWEIGHTED, source="sum of the absolute entries of p - q, as p nears a wrong vertex"
        ),
        Smooth(on="logits", constant=0.5).holds(
            when=UNWEIGHTED, source="the Hessian diag(p) - p p^T has no eigenvalue above 1/2"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(when={"C": AtLeast(2)}, source="C=2: (0, 0) sums to 1.386, (3, 0) to 3.097"),
        FisherConsistent(target="weighted", costs=symbol("class_weights")).holds(
            when={"class_weights": Above(0), "label_smoothing": 0.0, "ignore_index": Below(0), "C": AtLeast(2)},
            source="the minimiser is proportional to w_y q_y",
        ),
        FisherConsistent().fails(
            when={"class_weights": Above(0), "label_smoothing": 0.0, "ignore_index": Below(0), "C": AtLeast(2)},
            source="the largest w_y q_y is not the largest q_y",
        ),
        ClassificationCalibrated().holds(
            when={"class_weights": None, "label_smoothing": Between(0, 0.9), "ignore_index": Below(0)},
            source="the minimiser is p = (1-e) q + e/C, in the order of q",
            note="true below 1; above 0.9 the gap, of the order (1-e)^2, sinks below what a search resolves",
        ),
        ClassificationCalibrated().fails(
            when={"label_smoothing": 1.0, "C": AtLeast(2)}, source="the value no longer depends on the label"
        ),
        TopKCalibrated(k=2).holds(
            when={**SEEN, "label_smoothing": Between(0, 0.9), "C": AtLeast(3)},
            source="the minimiser is p = (1-e) q + e/C, in the order of q",
        ),
        TopKCalibrated(k=2).fails(
            when={**SEEN, "label_smoothing": 1.0, "C": AtLeast(3)}, source="the value no longer depends on the label"
        ),
        StrictlyProper().holds(when=PLAIN, source="the logarithmic score"),
        Proper().fails(
            when={**SEEN, "label_smoothing": Between(0, 1, "right"), "C": AtLeast(2)},
            source="the minimiser is p = (1-e) q + e/C",
        ),
        NoiseTolerant(rate=1 - 1 / C, rows="free").holds(
            when={**PLAIN, "C": AtLeast(2)},
            source="the minimiser is the noisy distribution, in the order of the clean one",
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={**SEEN, "label_smoothing": Between(0, 0.9), "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
            note="a restricted hypothesis set may leave another row the best one",
        ),
        HConsistencyBound(transform=((1 + T) * log(1 + T) + (1 - T) * log(maximum(1 - T, 1e-300))) / 2).holds(
            when={**PLAIN, "C": AtLeast(2)}, source="Mao et al. 2023, attained for every C"
        ),
        ReducesTo(
            other="torch.nn.CrossEntropyLoss",
            parameters={
                "weight": symbol("class_weights"),
                "label_smoothing": SMOOTHING,
                "ignore_index": symbol("ignore_index"),
            },
        ).holds(
            source="same convention, the mean's divisor included",
            note="where every row is ignored the mean here is 0, the framework's is NaN",
        ),
        ReducesTo(other="comp_sum", parameters={"tau": 1.0}).holds(
            when=PLAIN, source="Mao et al. 2023: log sum_k exp(z_k - z_y)", note="no row may be ignored"
        ),
        ReducesTo(other="ldr_kl", parameters={"lam": 1.0, "margin": 0.0}, relation="affine", offset=log(C)).holds(
            when=PLAIN, source="LDR-KL averages over the classes inside the logarithm", note="no row may be ignored"
        ),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            when={"class_weights": Above(0)},
            reason="the mean divides by the summed weights of the labels: a ratio of sums, not a mean of means",
        ),
    ),
    references=("mao2023cross",),
    examples=(
        Example(inputs=ROWS, expected=1.861971667),
        Example(
            parameters={"label_smoothing": 0.1}, reduction="none", inputs=ROWS, expected=[0.6154921825, 3.045117819]
        ),
        Example(inputs={"logits": SCORES, "target": [0, -100]}, expected=0.5421588492),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EVERY_ROW_IGNORED,
        ONE_CLASS,
        EdgeCase(
            case="huge scores",
            expected="finite",
            examples=(Example(inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]}, expected=20000.0),),
        ),
        EdgeCase(
            case="equal scores",
            expected="log C",
            examples=(Example(inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=1.0986122886681098),),
        ),
        EdgeCase(
            case="score -inf on a wrong class",
            expected="that class has probability 0, no nan; with smoothing the value is inf by definition",
            examples=(
                Example(inputs={"logits": [[-INF, 0.0, 0.0]], "target": [1]}, expected=0.6931471805599453),
                Example(
                    parameters={"label_smoothing": 0.1},
                    inputs={"logits": [[-INF, 0.0, 0.0]], "target": [1]},
                    expected=INF,
                ),
            ),
        ),
        EdgeCase(
            case="score -inf on the label",
            expected="inf, by the label's share or by that of all classes",
            examples=(
                Example(
                    parameters={"class_weights": [1.0, 2.0], "label_smoothing": 1.0},
                    inputs={"logits": [[-INF, 0.0]], "target": [0]},
                    expected=INF,
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        WEIGHTS_OF_ANOTHER_LENGTH,
        NAN_ROW,
    ),
    notes=(
        "The mean divides by the summed weights of the labels that are not ignored; a mean of such means over batches "
        "or workers is another number. Pass reduction='sum' and divide once.",
        "With unequal class weights the loss estimates p_k proportional to w_k q_k and is not calibrated.",
        "An ignore_index within 0..C-1 leaves that class out of the loss.",
    ),
    graph_accepts=(
        FROM_THE_END.model_copy(update={"when": {"label_smoothing": Between(0, 1, "left")}}),
        FROM_THE_END.model_copy(update={"when": {"label_smoothing": OneOf(values=(1.0,)), "class_weights": Above(0)}}),
        LABEL_FOR_ONE_ROW.model_copy(update={"when": {"label_smoothing": OneOf(values=(0.0,))}}),
        *(Accepted(input="target", wrong=wrong, meaning="not read", when=NOT_READ) for wrong in CLASS_IDS),
        SCORES_FOR_EVERY_LABEL.model_copy(update={"when": {"class_weights": OneOf(values=(None,))}}),
    ),
    module="losskit.plugins.classification.cross_entropy.loss:CrossEntropyLoss",
    oracle="losskit.plugins.classification.cross_entropy.reference:cross_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of softmax cross-entropy."""
    return SPEC
