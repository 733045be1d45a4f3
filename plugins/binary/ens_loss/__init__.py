"""EnsLoss: every step trains with the derivatives of another random convex, calibrated loss of the margin."""

from pydantic import Field

from losskit.spec import Accepted, EdgeCase, Example, Input, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, SIGN_BY_ARITHMETIC, SIGNED
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

NOISE = [0.1, -1.0, 0.7, -0.4]
LOUD = {"logits": (0.9, -3.0, 2.5), "target": (1.0, 1.0, 0.0), "noise": (5.0, 6.0, 7.0)}  # no margin above 1


class EnsLossParameters(Parameters):
    """Parameters of EnsLoss."""

    lam: float = Field(0.0, ge=-1, le=1, description="exponent of the inverse Box-Cox transform in this period")
    clip: float = Field(1.0, gt=0, description="largest size of a derivative")
    offset: float = Field(1e-6, ge=0, description="subtracted from every derivative, so that each is below 0")
    period: int = Field(10, ge=1, description="epochs between new draws of lam; does not enter the value")


SPEC = LossSpec(
    name="ens_loss",
    title="EnsLoss: stochastic ensemble of calibrated loss derivatives",
    task="binary",
    summary="Trains each step with a random convex, calibrated loss of the margin that is given by its derivatives alone: a "
    "dropout for losses, against overfitting of binary classifiers. Only the gradient has a meaning; the value is its carrier "
    "and nothing to watch.",
    formula=r"\ell_i = g_i z_i,\quad z_i = (2 t_i - 1) x_i,\quad g_i = \frac{\max(-u, -c)_{(r_i)}}{\max(z_i, 1)} - \delta,\quad "
    r"u_j = \max(1 + \lambda e_j, 0)^{1/\lambda},\ r_i \text{ the rank of } z_i \text{ and of the ascending } -u",
    parameters=EnsLossParameters,
    inputs=(
        score("B"),
        binary_target("B"),
        Input(
            name="noise",
            shape=("B",),
            role="reference",
            differentiable=False,
            optional=True,
            drawn=True,
            meaning="standard normal numbers in any order; drawn where they are left out",
        ),
    ),
    output=("B",),
    coupling="batch",
    gradient="surrogate",
    detached="the derivatives g: the gradient of a sample by its score is g (2 t - 1), also where the margin is above 1",
    claims=(
        PermutationInvariant(over="batch").holds(
            source="margins and noise are both sorted",
            note="of tied margins the first gets the more negative derivative",
        ),
        Convex(on="logits").holds(
            source="B times the mean is a sum of differences of neighbouring |u| times minus the sum of the r smallest min(z, 1), "
            "which is concave; less offset times z",
            note="with the derivatives held fixed it is linear",
        ),
        Monotone(on="logits", part="positives", direction="decreasing").holds(
            source="every derivative is at most -offset"
        ),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="as above"),
        Lipschitz(on="logits", norm="linf", constant=symbol("clip") + symbol("offset")).holds(
            source="a derivative lies between -clip - offset and -offset; of the mean, whose sum of slopes is their average"
        ),
        NonNegative().fails(source="lam=0, one margin z=1/2 with e=0: -0.5"),
        Bounded().fails(source="about (clip + offset) |z| as z falls, where the noise is large"),
        ZeroAt(where={"logits": 0.0}).holds(source="each margin is 0"),
        ReducesTo(other="hinge", parameters={"margin": 1.0}, relation="affine", offset=-1.0, given=LOUD).holds(
            when={"lam": 0.0, "clip": 1.0, "offset": 0.0},
            source="every exp(e) reaches the clip and no margin exceeds 1: g = -1, and -z = max(0, 1 - z) - 1",
        ),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", reason="derivatives are handed out by rank in the batch"),
        Narrowing(
            property="Weighted",
            reason="a repeated row is another margin with a derivative of its own; sample_weight weights the sample's own term",
        ),
    ),
    references=("dai2024ensloss",),
    examples=(
        Example(
            inputs={**SIGNED, "noise": NOISE},
            reduction="none",
            expected=[-0.1839402206, 1.2000012, 2.000002, -0.2010963138],
        ),
        Example(
            inputs={**SIGNED, "target": [1.0, 1.0, 1.0, 0.0], "noise": NOISE},
            parameters={"lam": 0.5},
            expected=0.0824996,
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="margins that are equal, 0 and -0 among them, or next to equal",
            expected="equal ones take their derivatives in the order of the samples, others in their own order",
            examples=(
                Example(
                    inputs={"logits": [0.0, 0.0, -1.0], "target": [1.0, 0.0, 1.0], "noise": [0.5, -1.0, 1.5]},
                    reduction="none",
                    expected=[0.0, 0.0, 1.000001],
                    gradients={"logits": [-1.000001, 0.3678804411714423, -1.000001]},
                ),
                Example(
                    inputs={"logits": [2e-20, 1e-20, -1.0], "target": [1.0, 1.0, 1.0], "noise": [0.5, -1.0, 1.5]},
                    reduction="none",
                    expected=[-7.357608823428846e-21, -1.000001e-20, 1.000001],
                    gradients={"logits": [-0.3678804411714423, -1.000001, -1.000001]},
                ),
                Example(
                    inputs={"logits": [-1.0, -1.0000000000000002], "target": [1.0, 1.0], "noise": [0.5, -1.0]},
                    reduction="none",
                    expected=[0.3678804411714423, 1.000001],
                    note="neighbours in float64",
                ),
            ),
        ),
        EMPTY_BATCH,
        EdgeCase(
            case="lam < 0 and 1 + lam e <= 0",
            expected="infinite before the clip, -clip after it",
            examples=(
                Example(
                    inputs={"logits": [-1.0, 0.5], "target": [1.0, 1.0], "noise": [2.0, 1.0]},
                    parameters={"lam": -1.0, "offset": 0.0},
                    reduction="none",
                    expected=[1.0, -0.5],
                ),
            ),
        ),
        EdgeCase(
            case="lam > 0 and 1 + lam e <= 0",
            expected="derivative 0, less the offset",
            examples=(
                Example(
                    inputs={"logits": [-1.0, 0.5], "target": [1.0, 1.0], "noise": [-2.0, -1.0]},
                    parameters={"lam": 1.0, "offset": 0.25},
                    reduction="none",
                    expected=[0.25, -0.125],
                ),
            ),
        ),
        EdgeCase(
            case="ties among margins",
            expected="in the order of the batch, the first gets the more negative derivative",
            examples=(
                Example(
                    inputs={"logits": [0.5, -0.5, 0.5], "target": [1.0, 0.0, 1.0], "noise": [-2.0, 0.0, -1.0]},
                    parameters={"offset": 0.0},
                    reduction="none",
                    expected=[-0.5, -0.1839397206, -0.0676676416],
                ),
            ),
        ),
        EdgeCase(
            case="a margin above 1",
            expected="its derivative is divided by the margin",
            examples=(
                Example(
                    inputs={"logits": [1e4], "target": [1.0], "noise": [0.0]},
                    parameters={"offset": 0.0},
                    expected=-1.0,
                    note="the gradient is -1e-4",
                ),
            ),
        ),
        EdgeCase(
            case="noise of another length",
            expected="refused",
            examples=(Example(inputs={**SIGNED, "noise": [0.1, -1.0]}, refused="noise"),),
        ),
        LABEL_NOT_BINARY,
        EdgeCase(case="nan in the scores", expected="nan in that row only: it ranks last"),
    ),
    notes=(
        "Outside the loss: every period epochs draw lam uniformly from [-1, 1] and create the loss again. New noise is drawn at "
        "every call.",
        "Left out, the noise is drawn by the generator that forward takes. Across ranks give the noise, or generators that are "
        "seeded alike: else each rank trains with another loss.",
        "The mean does not see how ties are broken; unreduced values and the gradient do. The sort is stable here and in graphs; "
        "the authors' is not.",
        "Convexity in the margins: with z_i <= z_j also g_i <= g_j. Calibration: a convex loss with these derivatives has a "
        "negative slope at 0. Both are statements about derivatives, which no claim on the value makes.",
        "The derivative falls faster than 1 / z, as that of any convex, calibrated loss that is bounded below.",
    ),
    graph_accepts=(
        *SIGN_BY_ARITHMETIC,
        Accepted(
            input="noise",
            wrong="an axis too long",
            meaning="the most negative derivatives are handed out, as many as there are margins",
        ),
    ),
    module="losskit.plugins.binary.ens_loss.loss:EnsLoss",
    oracle="losskit.plugins.binary.ens_loss.reference:ens_loss",
    oracle_gradient="losskit.plugins.binary.ens_loss.reference:ens_loss_gradient",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of EnsLoss."""
    return SPEC
