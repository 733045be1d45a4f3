"""The asymmetric loss: a focal loss for several labels that cares less for negatives and drops the easiest of them."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, NAN_ROW
from losskit.spec.expressions import log, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    Lipschitz,
    MarginBased,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    SpatialInvariant,
    StrictlyProper,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

CLIP = symbol("clip")
UNSHIFTED = OneOf(values=(None, 0.0))
SHIFTED = Between(0, 1, "neither")
PLAIN = {"gamma_neg": 0.0, "gamma_pos": 0.0, "clip": UNSHIFTED}
DEFAULTS = {"gamma_neg": 4.0, "gamma_pos": 1.0, "clip": 0.05, "detach_weight": False}
STEEPEST = 1.0453333917  # largest slope of s(-x) log(1 + exp(-x)), at x = -3.0977; of a negative 0.73263, at x = 2.198
LABELS = {"logits": [[0.5, -1.0, 2.0]], "target": [[1.0, 0.0, 0.0]]}


class AsymmetricLossParameters(Parameters):
    """Parameters of the asymmetric loss."""

    gamma_neg: float = Field(4.0, ge=0, description="focusing exponent of negatives")
    gamma_pos: float = Field(1.0, ge=0, description="focusing exponent of positives; the paper recommends 0 or 1")
    clip: float | None = Field(
        0.05, ge=0, lt=1, description="subtracted from the probability of negatives; 0 or None shifts nothing"
    )
    detach_weight: bool = Field(False, description="let no gradient flow through the two focusing powers")


SPEC = LossSpec(
    name="asymmetric_loss",
    title="Asymmetric loss (ASL)",
    task="binary",
    summary="A focal loss of each entry with an exponent of its own for positives and for negatives, in which negatives of a "
    "probability below a margin count for nothing. For many labels of which few are present; the sigmoid of its minimiser is no "
    "probability, and its threshold is not at 0.",
    formula=r"\ell(x, t) = -t\, (1 - p)^{\gamma_+} \log p - (1 - t)\, p_m^{\gamma_-} \log(1 - p_m),\quad "
    r"p = \sigma(x),\ p_m = \max(p - m, 0)",
    parameters=AsymmetricLossParameters,
    inputs=(score("*shape"), binary_target("*shape")),
    output=("*shape",),
    gradient="surrogate",
    detached="with detach_weight=True the powers (1 - p)^gamma_pos and p_m^gamma_neg: the gradient is that of the logarithms "
    "with the powers held fixed; with detach_weight=False nothing is detached",
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over entries", note="rows and labels alike"),
        SpatialInvariant().holds(source="entry by entry"),
        PermutationInvariant(over="classes").fails(
            when={"gamma_pos": 1.0, "gamma_neg": AtLeast(2), "clip": Between(0, 0.5)},
            source="gammas 1 and 2, m=0, x=0: 0.346574 for t=1, 0.173287 for t=0",
        ),
        MarginBased().fails(
            when={"gamma_pos": 1.0, "gamma_neg": AtLeast(2), "clip": Between(0, 0.5)}, source="as above"
        ),
        ShiftInvariant(on="logits").fails(source="defaults, t=0: x=0 gives 0.024515, x=4 gives 2.028576"),
        NonNegative().holds(source="minus a logarithm of a probability times a power"),
        Bounded().fails(source="t=1: about |x| as x falls", note="a negative alone is bounded where clip > 0"),
        Convex(on="logits").holds(when=PLAIN, source="binary cross-entropy"),
        Convex(on="logits").fails(
            when={"gamma_pos": AtLeast(0.1)},
            source="gamma_pos=1, t=1: x=-8, -4, 0 gives 7.99765, 3.94611, 0.34657; the chord's middle is 4.17211",
        ),
        Convex(on="logits").fails(
            when={"gamma_neg": Between(0.1, 10), "clip": UNSHIFTED},
            source="damped by the power: the second derivative is negative where p is near 1",
        ),
        Convex(on="logits").fails(
            when={"gamma_neg": Between(0, 10), "clip": Between(0, 0.5, "right")},
            source="defaults, t=0: x=0, 4, 8 gives 0.024515, 2.028576, 2.431162; bounded and not constant",
        ),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="both factors fall with p"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="both factors rise with p"),
        ZeroAt(where={"logits": log(CLIP) - log(1 - CLIP), "target": 0.0}).holds(
            when={"clip": SHIFTED}, source="p_m = 0 at p = m, and below"
        ),
        ZeroAt(where={"logits": 2 * symbol("target") - 1}, reach="approached").holds(
            source="the label's logarithm tends to 0, and its power to 1 at most"
        ),
        Lipschitz(on="logits", constant=STEEPEST).holds(
            when=DEFAULTS, source="largest slope of a positive, at x = -3.0977; of a negative 0.732629, at x = 2.1980"
        ),
        Differentiable(on="logits", order=0).holds(
            when={"clip": UNSHIFTED, "detach_weight": False}, source="composition of smooth maps"
        ),
        Differentiable(on="logits").holds(
            when={"gamma_neg": AtLeast(1), "clip": SHIFTED, "detach_weight": False},
            source="about p_m^(1 + gamma_neg) where p_m is small",
        ),
        Differentiable(on="logits").fails(
            when={"gamma_neg": 0.0, "clip": SHIFTED, "detach_weight": False},
            source="t=0: at p = m the slope jumps from 0 to m (1 - m)",
        ),
        ClassificationCalibrated().holds(when=PLAIN, source="binary cross-entropy"),
        ClassificationCalibrated().fails(when=DEFAULTS, source="q=0.3 has the minimiser p=0.56986, above 1/2"),
        StrictlyProper().holds(when=PLAIN, source="the logarithmic score"),
        Proper().fails(when=DEFAULTS, source="q=0.5 has the minimiser p=0.63846"),
        ReducesTo(other="binary_cross_entropy_with_logits").holds(when=PLAIN, source="both powers are 1"),
        ReducesTo(other="sigmoid_focal", parameters={"alpha": None, "gamma": 2.0}).holds(
            when={"gamma_neg": 2.0, "gamma_pos": 2.0, "clip": UNSHIFTED, "detach_weight": False},
            source="the same power for both, and no shift",
        ),
        ReducesTo(other="sigmoid_focal", parameters={"alpha": None, "gamma": 0.5}).holds(
            when={"gamma_neg": 0.5, "gamma_pos": 0.5, "clip": UNSHIFTED, "detach_weight": False}, source="as above"
        ),
    ),
    references=("ridnik2021asymmetric",),
    examples=(
        Example(inputs=LABELS, reduction="sum", expected=1.02596609),
        Example(
            inputs={"logits": [[0.5, -4.0, 2.0]], "target": [[1.0, 0.0, 0.0]]},
            parameters={"gamma_neg": 2.0, "gamma_pos": 0.0, "clip": 0.1},
            reduction="none",
            expected=[[0.4740769842, 0.0, 0.9252918053]],
        ),
        Example(
            inputs=LABELS, parameters={"detach_weight": True}, reduction="sum", expected=1.02596609, note="detached"
        ),
        Example(
            inputs={"logits": [[-5.0]], "target": [[0.0]]},
            parameters={"gamma_neg": 0.5},
            expected=0.0,
            gradients={"logits": [[0.0]]},
            note="below the margin, where the power's slope is infinite",
        ),
        Example(
            inputs={"logits": [[0.0, 0.0]], "target": [[1.0, 0.0]]},
            parameters={"gamma_neg": 0.0, "gamma_pos": 2.0, "clip": None},
            reduction="none",
            expected=[[0.1732867951399863, 0.6931471805599453]],
            gradients={"logits": [[-0.2982867951399863, 0.5]]},
            note="log 2 / 4 with the slope -log 2 / 4 - 1 / 8, and log 2",
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="scores of 1e4",
            expected="0 or 1e4 for a positive, 0 or the bound -(1 - m)^gamma_neg log m for a negative; gradient finite",
            examples=(
                Example(
                    inputs={"logits": [1e4, -1e4, 1e4, -1e4], "target": [1.0, 1.0, 0.0, 0.0]},
                    reduction="none",
                    expected=[0.0, 1e4, 2.4400426601, 0.0],
                ),
            ),
        ),
        EdgeCase(
            case="clip = 0 or None",
            expected="no shift",
            examples=(
                *(
                    Example(
                        parameters={"gamma_neg": 0.0, "gamma_pos": 0.0, "clip": clip},
                        inputs={"logits": [1e4, -1e4], "target": [0.0, 1.0]},
                        reduction="none",
                        expected=[1e4, 1e4],
                    )
                    for clip in (0.0, None)
                ),
                Example(
                    parameters={"gamma_neg": 1.0, "clip": 0.0},
                    inputs={"logits": [0.0], "target": [0.0]},
                    expected=0.34657359027997264,
                    note="log 2 / 2",
                ),
                Example(
                    parameters={"gamma_neg": 0.5, "clip": None},
                    inputs={"logits": [1.0986122886681098], "target": [0.0]},
                    expected=1.2005661338529436,
                    note="p = 3/4: sqrt(3/4) log 4",
                ),
            ),
        ),
        EdgeCase(
            case="a negative with p <= m, also for gamma_neg = 0, where 0^0 is 1",
            expected="exactly 0 with zero gradient",
            examples=(
                Example(
                    parameters={"gamma_neg": 0.0, "clip": 0.5},
                    inputs={"logits": [0.0, -1.0], "target": [0.0, 0.0]},
                    reduction="none",
                    expected=[0.0, 0.0],
                ),
            ),
        ),
        EdgeCase(
            case="0 < gamma_neg < 1 at p = m", expected="value and gradient 0; the power's infinite slope is guarded"
        ),
        EdgeCase(case="a row without positives", expected="the sum of its negatives"),
        LABEL_NOT_BINARY,
        NAN_ROW,
    ),
    notes=(
        "The paper and its code take the sum over batch and labels: reduction='sum'. The mean is over all entries, not over "
        "the batch alone.",
        "A negative costs between 0 and -(1 - m)^gamma_neg log m where clip > 0, 2.44004 at the defaults; only positives are "
        "unbounded.",
        "The authors' code clamps what it takes logarithms of at 1e-8, which changes values beyond |x| = 18.4 alone; its plain "
        "class detaches the powers by default, its optimised class and timm do not.",
    ),
    graph_accepts=(
        Accepted(input="target", wrong="not 0 or 1", meaning="enters the weights t and 1 - t of both terms as it is"),
        Accepted(input="target", wrong="not a number", answer="nan", meaning="nan"),
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every score"),
    ),
    module="losskit.plugins.binary.asymmetric_loss.loss:AsymmetricLoss",
    oracle="losskit.plugins.binary.asymmetric_loss.reference:asymmetric_loss",
    oracle_gradient="losskit.plugins.binary.asymmetric_loss.reference:asymmetric_loss_gradient",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the asymmetric loss."""
    return SPEC
