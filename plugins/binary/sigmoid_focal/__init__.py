"""The focal loss of one score: binary cross-entropy that turns away from what is classified well already."""

from pydantic import Field

from losskit.spec import Above, Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, HARD_LABELS, NAN_ROW, SHARE_OUT_OF_RANGE, TWO_CLASSES
from losskit.spec.expressions import maximum, pair, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    FisherConsistent,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    SpatialInvariant,
    StrictlyProper,
)
from losskit.spec.tensors import binary_target, score

ALPHA = symbol("alpha")
EVEN = {"alpha": OneOf(values=(None, 0.5))}
FEW, MANY = {"alpha": Between(0, 0.4)}, {"alpha": Between(0.6, 1)}  # share of the positives' weight
STEEPEST = 1.1289832183685682  # largest slope of s(-z)^2 log(1 + exp(-z)), at z = -2.790377


class SigmoidFocalParameters(Parameters):
    """Parameters of the focal loss."""

    alpha: float | None = Field(
        0.25, ge=0, le=1, description="weight of positives, negatives get 1 - alpha; None weighs none"
    )
    gamma: float = Field(2.0, ge=0, description="focusing exponent; 0 is binary cross-entropy")


SPEC = LossSpec(
    name="sigmoid_focal",
    title="Focal loss (sigmoid)",
    task="binary",
    summary="Binary cross-entropy of each entry times a power of the probability that is missing, so that easy entries count "
    "little; made for detectors with far more background than objects. Neither convex nor proper.",
    formula=r"\ell(x, t) = \alpha_t\, (1 - p_t)^\gamma \big[-t \log p - (1 - t) \log(1 - p)\big],\quad p = \sigma(x),\ "
    r"1 - p_t = t (1 - p) + (1 - t) p,\ \alpha_t = \alpha t + (1 - \alpha)(1 - t)",
    parameters=SigmoidFocalParameters,
    inputs=(score("*shape"), binary_target("*shape", soft=True)),
    output=("*shape",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over entries"),
        SpatialInvariant().holds(source="entry by entry"),
        PermutationInvariant(over="classes").holds(when=EVEN, source="the definition is symmetric in both classes"),
        PermutationInvariant(over="classes").fails(when=FEW, source="the weights stay with their classes"),
        PermutationInvariant(over="classes").fails(when=MANY, source="as above"),
        MarginBased().holds(when=EVEN, source="at a hard label p_t = sigmoid((2t - 1) x)"),
        MarginBased().fails(when=FEW, source="alpha=1/4, gamma=2, x=0: 0.0433 for t=1, 0.13 for t=0"),
        MarginBased().fails(when=MANY, source="as above, the other way round"),
        NonNegative().holds(source="each factor is not negative"),
        Bounded().fails(source="about a_t |x| for a label that is missed by far"),
        Convex(on="logits").holds(when={"gamma": 0.0}, source="binary cross-entropy"),
        Convex(on="logits").fails(
            when={"gamma": AtLeast(0.1)},
            source="gamma=2, t=1: x=-12, -6.75, -1.5 gives 11.99986, 6.73539, 1.13727; the chord's middle is 6.56857",
            note="true of every gamma above 0: beyond 2 + 1/gamma of the cross-entropy, soon below the digits of float64",
        ),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="both factors fall with p_t"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="both factors fall with p_t"),
        Monotone(on="gamma", direction="decreasing").holds(source="a power of 1 - p_t <= 1"),
        Lipschitz(on="logits", constant=STEEPEST).holds(
            when={"alpha": None, "gamma": 2.0}, source="largest slope of s(-z)^2 log(1 + exp(-z)), at z = -2.790377"
        ),
        Lipschitz(on="logits", constant=maximum(ALPHA, 1 - ALPHA) * STEEPEST).holds(
            when={"alpha": Between(0, 1), "gamma": 2.0}, source="as above, times the larger weight"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(source="alpha=None, gamma=2: x=0 sums to 0.34657, x=1 to 0.72453"),
        FisherConsistent(target="weighted", costs=pair(1 - symbol("alpha"), symbol("alpha"))).holds(
            when={"alpha": Between(0.1, 0.9), "gamma": Between(0, 5)},
            source="the focal loss under the shares proportional to (1 - a) (1 - q) and a q",
        ),
        ClassificationCalibrated().holds(
            when={**EVEN, "gamma": Between(0, 5)},
            source="the risk under q falls at x=0 towards the likelier side, and is symmetric",
            note="true for every gamma; the loss at x=0 is 2^-gamma log 2, and the gap sinks with it",
        ),
        ClassificationCalibrated().fails(
            when={**FEW, "gamma": Between(0, 5)}, source="alpha=1/4, gamma=2: q=0.7 has the minimiser p=0.47654"
        ),
        ClassificationCalibrated().fails(when={**MANY, "gamma": Between(0, 5)}, source="as above, the other way round"),
        StrictlyProper().holds(when={"alpha": None, "gamma": 0.0}, source="the logarithmic score"),
        Proper().fails(
            when={"gamma": AtLeast(0.1)},
            source="alpha=None, gamma=2: q=0.7 has the minimiser p=0.57847",
        ),
        ReducesTo(other="binary_cross_entropy_with_logits").holds(
            when={"alpha": None, "gamma": 0.0}, source="the factor is 1"
        ),
        ReducesTo(other="binary_cross_entropy_with_logits", relation="affine", scale=0.5).holds(
            when={"alpha": 0.5, "gamma": 0.0}, source="both weights are 1/2"
        ),
        ReducesTo(
            other="focal",
            parameters={"gamma": symbol("gamma"), "class_weights": None},
            inputs=TWO_CLASSES,
            given=HARD_LABELS,
        ).holds(when={"alpha": None}, source="softmax of (0, x) at a hard label"),
        ReducesTo(
            other="focal",
            parameters={"gamma": symbol("gamma"), "class_weights": (0.75, 0.25)},
            inputs=TWO_CLASSES,
            given=HARD_LABELS,
        ).holds(when={"alpha": 0.25}, source="as above, the weights of classes 0 and 1 being 1 - alpha and alpha"),
    ),
    references=("lin2017focal",),
    examples=(
        Example(inputs={"logits": [0.5, -1.0, 2.0], "target": [1.0, 0.0, 0.0]}, expected=0.4238151834),
        Example(
            parameters={"alpha": None, "gamma": 1.0},
            inputs={"logits": [0.5, -1.0], "target": [1.0, 0.0]},
            reduction="none",
            expected=[0.1789833417, 0.0842490435],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="scores of 1e4",
            expected="0 or a_t 1e4, gradient finite",
            examples=(
                Example(
                    parameters={"alpha": None},
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
        "A detector divides the sum by the number of positive anchors: take reduction='sum' and divide outside.",
        "torchvision.ops.sigmoid_focal_loss writes alpha=-1 where this loss takes None.",
        "The mean is over all entries, not over the batch alone.",
    ),
    graph_accepts=(
        *(
            Accepted(
                input="target",
                wrong="outside the domain",
                answer="nan",
                meaning="a logarithm of a negative number",
                when={"gamma": regime},
            )
            for regime in (*(Between(n, n + 1, "neither") for n in range(4)), Above(4))
        ),
        Accepted(
            input="target",
            wrong="outside the domain",
            meaning="enters the weights t and 1 - t of both classes as it is",
            when={"gamma": OneOf(values=(0.0, 1.0, 2.0, 3.0, 4.0))},
        ),
        Accepted(input="target", wrong="not a number", answer="nan", meaning="nan"),
    ),
    module="losskit.plugins.binary.sigmoid_focal.loss:SigmoidFocalLoss",
    oracle="losskit.plugins.binary.sigmoid_focal.reference:sigmoid_focal",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the focal loss of one score."""
    return SPEC
