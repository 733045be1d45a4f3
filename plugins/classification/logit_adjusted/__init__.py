"""Logit-adjusted cross-entropy: scores that are to be balanced are trained with the class prior added."""

from typing import Annotated

from pydantic import Field

from losskit.spec import Above, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    MIXED_SCORES,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import log, one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    FisherConsistent,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
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
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

TAU, C = symbol("tau"), symbol("C")
RIGHT = {"logits": one_hot(symbol("target"), C)}
SEVERAL = {"C": AtLeast(2)}
ADJUSTED = {"class_prior": Above(0), "tau": Between(0.5, 2), "C": AtLeast(2)}
PLAIN = {"class_weights": None, "label_smoothing": 0.0}
COUNTS = {"logits": MIXED_SCORES, "target": [0, 2]}


class LogitAdjustedParameters(Parameters):
    """Parameters of logit-adjusted cross-entropy."""

    class_prior: tuple[Annotated[float, Field(gt=0)], ...] | None = Field(
        None,
        description="frequency of each class in training, C numbers of any sum; None is the uniform prior",
        json_schema_extra={"length": "C"},
    )
    tau: float = Field(1.0, ge=0, description="strength of the adjustment; 0 is cross-entropy")


SPEC = LossSpec(
    name="logit_adjusted",
    title="Logit-adjusted cross-entropy",
    task="classification",
    summary="Cross-entropy of the scores plus tau times the logarithm of the class prior: with tau = 1 the scores learn to "
    "minimise the balanced error of long-tailed data. Predict with the scores as they are, without the prior.",
    formula=r"\ell(z, y) = -\log \mathrm{softmax}(z + \tau \log \pi)_y",
    parameters=LogitAdjustedParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        Homogeneous(on="class_prior", degree=0.0).holds(
            when={"class_prior": Above(0)}, source="a factor of the prior shifts all scores alike"
        ),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            when={"class_prior": None},
            source="the definition is symmetric in the classes",
            note="a prior would have to be relabelled along",
        ),
        PermutationInvariant(over="classes").fails(when=ADJUSTED, source="the prior stays where the classes were"),
        NonNegative().holds(source="a probability is at most 1"),
        Bounded().fails(when=SEVERAL, source="the label's score to minus infinity"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="the label's share grows"),
        Convex(on="logits").holds(source="log-sum-exp of a shift minus a linear map"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        ZeroAt(where=RIGHT, reach="approached").holds(
            when={"tau": Between(0, 10)}, source="the label's share tends to 1 whatever the prior"
        ),
        Lipschitz(on="logits", constant=sqrt(2)).holds(
            when=SEVERAL, source="gradient p - e_y, longest as p nears a wrong vertex"
        ),
        Lipschitz(on="logits", norm="l1", constant=1.0).holds(when=SEVERAL, source="entries of p - e_y"),
        Lipschitz(on="logits", norm="linf", constant=2.0).holds(when=SEVERAL, source="|p - e_y|_1 = 2 (1 - p_y)"),
        Smooth(on="logits", constant=0.5).holds(
            when=SEVERAL, source="the Hessian diag(p) - p p^T has no eigenvalue above 1/2"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(when=SEVERAL, source="uniform prior, C=2: (0, 0) sums to 1.386, (3, 0) to 3.097"),
        FisherConsistent(target="weighted", costs=symbol("class_prior") ** (-TAU)).holds(
            when={"class_prior": Above(0), "tau": Between(0, 2), "C": AtLeast(2)},
            source="softmax(z) at the minimum is proportional to q / prior^tau",
        ),
        FisherConsistent(target="weighted", costs=1 / symbol("class_prior")).holds(
            when={"class_prior": Above(0), "tau": 1.0, "C": AtLeast(2)},
            source="Menon et al. 2021, theorem 1: the balanced error, whose rule is the largest q / prior",
        ),
        FisherConsistent(target="weighted", costs=1 / symbol("class_prior")).fails(
            when={"class_prior": Above(0), "tau": Between(0, 0.5), "C": AtLeast(2)},
            source="q / prior^tau and q / prior have their largest entries at different classes somewhere",
        ),
        FisherConsistent().fails(when=ADJUSTED, source="the largest q / prior^tau is not the largest q"),
        ClassificationCalibrated().holds(when={"class_prior": None}, source="cross-entropy"),
        ClassificationCalibrated().holds(when={"tau": 0.0}, source="cross-entropy"),
        ClassificationCalibrated().fails(
            when=ADJUSTED,
            source="prior (.8, .15, .05), q=(.6, .3, .1): softmax(z) is (.15789, .42105, .42105), class 0 not first",
            note="true for every tau > 0 and prior that is not uniform; the scores serve the balanced error",
        ),
        TopKCalibrated(k=2).holds(when={"class_prior": None, "C": AtLeast(3)}, source="cross-entropy"),
        StrictlyProper().holds(when={"class_prior": None}, source="the logarithmic score"),
        StrictlyProper().holds(when={"tau": 0.0}, source="the logarithmic score"),
        Proper().fails(
            when=ADJUSTED, source="proper for softmax(z + tau log prior): softmax(z) is proportional to q / prior^tau"
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={"class_prior": None, "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
        ),
        ReducesTo(other="cross_entropy", parameters=PLAIN).holds(when={"tau": 0.0}, source="nothing is added"),
        ReducesTo(other="cross_entropy", parameters=PLAIN).holds(
            when={"class_prior": None}, source="a uniform prior shifts all scores alike"
        ),
        ReducesTo(
            other="cross_entropy",
            parameters=PLAIN,
            inputs={"logits": symbol("logits") + TAU * log(symbol("class_prior"))},
        ).holds(when={"class_prior": Above(0)}, source="definition: the logarithmic score of the adjusted scores"),
    ),
    references=("menon2021longtail",),
    examples=(
        Example(parameters={"class_prior": [0.7, 0.2, 0.1]}, inputs=COUNTS, expected=1.266591681),
        Example(
            parameters={"class_prior": [0.7, 0.2, 0.1], "tau": 0.5},
            reduction="none",
            inputs=COUNTS,
            expected=[0.1293477551, 1.756904989],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="a prior that does not sum to 1, class counts for example",
            expected="the same value",
            examples=(Example(parameters={"class_prior": [7e5, 2e5, 1e5]}, inputs=COUNTS, expected=1.266591681),),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite",
            examples=(
                Example(
                    parameters={"class_prior": [0.5, 0.25, 0.25]},
                    inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]},
                    expected=20000.693147180559945,
                ),
            ),
        ),
        EdgeCase(
            case="equal scores, tau = 1",
            expected="minus the logarithm of the label's prior",
            examples=(
                Example(
                    parameters={"class_prior": [0.5, 0.25, 0.25]},
                    inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]},
                    expected=1.3862943611198906,
                ),
            ),
        ),
        EdgeCase(case="a prior of 0", expected="refused as a parameter; nothing is added to it"),
        EdgeCase(
            case="class_prior of another length than C",
            expected="refused",
            examples=(Example(parameters={"class_prior": [1.0, 2.0]}, inputs=ROWS, refused="logits"),),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "The prior is added during training alone. Adding it in prediction, too, gives back the plain classifier; taking "
        "it off a plainly trained one is the post-hoc form.",
        "At the minimum with tau = 1 the first class is that of the largest q_y / prior_y, which the balanced error asks "
        "for (Menon et al. 2021).",
        "With tau = 1 and class counts this is the balanced softmax.",
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.logit_adjusted.loss:LogitAdjustedLoss",
    oracle="losskit.plugins.classification.logit_adjusted.reference:logit_adjusted",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of logit-adjusted cross-entropy."""
    return SPEC
