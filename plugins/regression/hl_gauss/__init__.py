"""HL-Gauss: regression by classification against a Gaussian histogram of the target."""

import math

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, Input, LossSpec, OneOf, hookimpl
from losskit.spec.expressions import column, exp, item, log, maximum, minimum, normal_cdf, one_hot, positions, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    TranslationInvariant,
    ZeroAt,
)
from losskit.spec.support import SupportParameters
from losskit.spec.tensors import Real, logits

REACH = 8.0  # standard deviations outside the support at which the mass inside it, 6e-16, is no longer told from 0
LOW, HIGH, RATIO, BINS = symbol("min_value"), symbol("max_value"), symbol("sigma_ratio"), symbol("K")
FAR_BIN = (normal_cdf(BINS / RATIO) - normal_cdf((BINS - 1) / RATIO)) / (normal_cdf(BINS / RATIO) - 0.5)
SCORES, TARGET = symbol("logits"), symbol("target")
PLACE = 2 * (minimum(maximum(TARGET, LOW), HIGH) - LOW) / (HIGH - LOW)  # of the target, in bins of which there are two
UPPER = normal_cdf((2 - PLACE) / RATIO) - normal_cdf((1 - PLACE) / RATIO)
BOTH = normal_cdf((2 - PLACE) / RATIO) - normal_cdf(-PLACE / RATIO)
BACKWARDS = one_hot(BINS - 1 - positions(SCORES), BINS)  # the matrix that reverses the bins
LOG_SUM = log((exp(BINS) - 1) / (math.e - 1))  # of the scores 0, 1, 2 and so on
BIN = positions(SCORES) - column(PLACE * BINS / 2)  # lower edge of each bin, in bins from the target
HISTOGRAM = {"logits": log(normal_cdf((BIN + 1) / RATIO) - normal_cdf(BIN / RATIO))}  # but for a factor, which cancels
FEW = {
    "K": Between(2, 3),
    "sigma_ratio": Between(0.75, 2),
    "clamp_target": True,
}  # no bin's mass is too small to subtract
FOUR_BINS = {"logits": [[0.1, 0.2, 0.3, 0.4]], "target": [0.25]}
TWO_ROWS = {"logits": [[0.0, 1.0, 0.0], [1.0, 0.0, -1.0]], "target": [5.0, 9.5]}
OUTSIDE = {"logits": [[0.0, 1.0, 0.0]], "target": [3.0]}


class HLGaussParameters(SupportParameters):
    """Parameters of HL-Gauss."""

    sigma_ratio: float = Field(0.75, gt=0, description="sigma over bin width; 0.5 to 2 is useful, 0.75 is the paper's")
    clamp_target: bool = Field(
        True,
        description="clip targets into the support first; False is the paper's listing, identical inside the support",
    )


SPEC = LossSpec(
    name="hl_gauss",
    title="HL-Gauss (histogram loss with Gaussian target)",
    task="regression",
    summary="Regression by classification: the scalar target becomes a Gaussian-smoothed histogram, trained with "
    "cross-entropy. The recommended replacement of the squared error for value functions.",
    formula=r"\ell = -\sum_{k=1}^{K} q_k(y) \log \mathrm{softmax}(z)_k,\quad "
    r"q_k(y) = \frac{\Phi(\frac{e_k - y}{\sigma}) - \Phi(\frac{e_{k-1} - y}{\sigma})}"
    r"{\Phi(\frac{e_K - y}{\sigma}) - \Phi(\frac{e_0 - y}{\sigma})}",
    parameters=HLGaussParameters,
    inputs=(
        logits("B", "K", meaning="scores of the K bins"),
        Input(
            name="target",
            shape=("B",),
            domain=Real(span=("min_value", "max_value")),
            role="target",
            differentiable=False,
            meaning="regression targets, for instance bootstrapped values; constants",
        ),
    ),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        ShiftInvariant(on="logits", axis="K").holds(source="softmax"),
        Convex(on="logits").holds(source="cross-entropy with a fixed target distribution"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        MinimisedAt(where=HISTOGRAM).holds(
            when=FEW,
            source="Gibbs inequality: least, the entropy of q, where softmax(z) = q",
            note="true for every K; bins far from the target have too little mass for a difference of tails",
        ),
        ZeroAt(where=HISTOGRAM).fails(when=FEW, source="the entropy of q is positive"),
        NonNegative().holds(source="cross-entropy of a discrete distribution"),
        Bounded().fails(when={"K": AtLeast(2)}, source="the logit of a bin with mass tends to -infinity"),
        Lipschitz(on="logits", norm="linf", constant=2 * (1 - FAR_BIN)).holds(
            when={"clamp_target": True, "K": AtLeast(2)},
            source="gradient softmax(z) - q: largest with the target at one end and the softmax on the far end bin",
        ),
        Lipschitz(on="logits", norm="linf", constant=2.0, tight=False).holds(
            when={"clamp_target": False},
            source="as above with all mass in one end bin, the limit of a target outside the support",
        ),
        TranslationInvariant(on=("target", "min_value", "max_value")).holds(source="only differences enter"),
        TranslationInvariant(on="target").fails(when={"K": AtLeast(2)}, source="the bins stay where they were"),
        Homogeneous(on=("target", "min_value", "max_value"), degree=0.0).holds(source="the bin width scales too"),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ReducesTo(
            other="hl_gauss",
            parameters={
                "min_value": -HIGH,
                "max_value": -LOW,
                "sigma_ratio": RATIO,
                "clamp_target": symbol("clamp_target"),
            },
            inputs={"logits": SCORES @ BACKWARDS, "target": -TARGET},
        ).holds(source="mirrored: target and support change their signs, the bins their order"),
        ReducesTo(
            other="torch.nn.Identity",
            inputs={"input": PLACE * BINS / 2 - 0.5},
            where={"logits": 0.0 * SCORES + positions(SCORES)},
            relation="affine",
            scale=-1.0,
            offset=LOG_SUM,
        ).fails(
            when={"K": AtLeast(2)},
            source="the scores 0, 1, .. cost minus the mean of q, which the ends of the support pull inwards",
        ),
        ReducesTo(
            other="torch.nn.BCEWithLogitsLoss",
            inputs={"input": item(SCORES, 1) - item(SCORES, 0), "target": UPPER / BOTH},
        ).holds(when={"K": 2, "clamp_target": True}, source="two bins: a logistic loss against the upper bin's mass"),
    ),
    references=("farebrother2024stop",),
    examples=(
        Example(inputs=FOUR_BINS, parameters={"min_value": -1.0, "max_value": 1.0}, expected=1.347105676),
        Example(
            inputs=TWO_ROWS,
            parameters={"min_value": 0.0, "max_value": 10.0, "sigma_ratio": 1.5},
            reduction="none",
            expected=[1.168961429, 1.748722186],
        ),
        Example(inputs=OUTSIDE, parameters={"min_value": -1.0, "max_value": 1.0}, expected=1.376671965),
    ),
    edge_cases=(
        EdgeCase(
            case="target outside the support, clamp_target=False",
            expected="the tail inside the support, renormalised, to 8 sigma outside; farther targets are refused by name "
            "and index, and give nan in their row where values are not checked",
            examples=(
                Example(
                    inputs=OUTSIDE,
                    parameters={"min_value": -1.0, "max_value": 1.0, "clamp_target": False},
                    expected=1.549922830137,
                ),
                Example(
                    inputs={"logits": [[0.0, 0.0], [0.0, 0.0]], "target": [-6.0, 8.0]},
                    parameters={"min_value": 0.0, "max_value": 2.0, "clamp_target": False},
                    expected=0.6931471805599453,
                    note="8 sigma outside on either side",
                ),
                Example(
                    inputs={**OUTSIDE, "target": [1e3]},
                    parameters={"clamp_target": False},
                    refused="target",
                    expected=float("nan"),
                ),
            ),
        ),
        EdgeCase(
            case="target = max_value",
            expected="half of the Gaussian is kept and renormalised",
            examples=(
                Example(
                    inputs={**OUTSIDE, "target": [1.0]},
                    parameters={"min_value": -1.0, "max_value": 1.0},
                    expected=1.376671965,
                    note="as any target beyond, which is clamped",
                ),
            ),
        ),
        EdgeCase(
            case="K = 1", expected="0", examples=(Example(inputs={"logits": [[3.0]], "target": [0.5]}, expected=0.0),)
        ),
        EdgeCase(case="target is nan", expected="nan in that row only"),
        EdgeCase(
            case="max_value <= min_value or sigma_ratio <= 0",
            expected="refused when the loss is created, with a sentence that names the parameters",
        ),
    ),
    notes=(
        "K + 1 edges and K bins between min_value and max_value; two-hot coding has K centres at the ends instead.",
        "Edges are counted in standard deviations from the target, (k - (y - min_value) / width) / sigma_ratio, and bins in "
        "a tail take differences of erfc: nothing cancels, in float32 either.",
        "The histogram does not decode to the target near the ends of the support, where the Gaussian is cut.",
        "A graph with float64 inputs cannot run on ONNX Runtime, whose Erf is float32 only.",
    ),
    graph_accepts=(
        Accepted(input="logits", wrong="an axis of size 1", meaning="taken for the scores of every target"),
        Accepted(
            input="target",
            wrong="outside the domain",
            answer="nan",
            meaning="nan in its row, where it lies more than 8 sigma outside the support",
            when={"clamp_target": OneOf(values=(False,))},
        ),
    ),
    module="losskit.plugins.regression.hl_gauss.loss:HLGaussLoss",
    oracle="losskit.plugins.regression.hl_gauss.reference:hl_gauss",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of HL-Gauss."""
    return SPEC
