"""ALDR-KL: LDR-KL with a temperature of its own for each sample, high where the scores are flat."""

from pydantic import Field

from losskit.spec import Above, Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import log, sqrt, symbol
from losskit.spec.graphs import Wrong
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    TopKCalibrated,
    UpperBounds,
)
from losskit.spec.tensors import Input, Real, class_target, logits

LAM0, MARGIN, C = symbol("lam0"), symbol("margin"), symbol("C")
INF = float("inf")
FOUR_CLASSES = {"logits": [[2.0, 0.5, -1.0, 0.0], [-0.5, 1.5, 1.0, -2.0]], "target": [0, 2]}
CONVERGED = {"alpha": AtLeast(2), "max_iter": AtLeast(50), "C": Between(1, 10)}
UNREAD: tuple[Wrong, ...] = (
    "outside the domain",
    "not a number",
    "an axis too long",
    "an axis too short",
    "an axis of size 1",
)
TILTED = {"alpha": Between(2, 100), "margin": 0.0, "max_iter": AtLeast(50)}
ON_ITS_WAY = "from alpha = 2 on and for so few classes 50 steps reach the only fixed point"


class ALDRKLParameters(Parameters):
    """Parameters of ALDR-KL."""

    lam0: float = Field(1.0, gt=0, description="the highest temperature, that of flat scores")
    alpha: float = Field(
        2.0, gt=1, allow_inf_nan=True, description="how firmly temperatures stay near lam0; inf: LDR-KL"
    )
    margin: float = Field(0.0, ge=0, description="added to the score of every wrong class")
    max_iter: int = Field(50, ge=0, description="fixed-point steps; 1 with a stored lam is the authors' scheme")


SPEC = LossSpec(
    name="aldr_kl",
    title="ALDR-KL: adaptive label-distributionally robust loss",
    task="classification",
    summary="LDR-KL whose temperature is chosen for each sample: uncertain ones (flat scores) keep the high lam0, "
    "confident ones get a lower one. For noisy labels of unknown degree that differs from sample to sample.",
    formula=r"\ell(z, y) = \max_{0 \le \lambda \le \lambda_0} \lambda \log\Big(\frac1C \sum_k e^{\delta_k/\lambda}\Big) "
    r"- \frac{\alpha \log C}{2 \lambda_0} (\lambda - \lambda_0)^2,\quad \delta_k = z_k - z_y + m\,[k \ne y]",
    parameters=ALDRKLParameters,
    inputs=(
        logits("B", "C"),
        class_target("B"),
        Input(
            name="lam",
            shape=("B",),
            domain=Real(interval=Above(0)),
            role="reference",
            differentiable=False,
            optional=True,
            meaning="starting temperature of each sample, for example the stored one; lam0 if left out",
        ),
    ),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        Homogeneous(on=("logits", "lam0", "lam", "margin")).holds(source="the penalty's factor scales as 1 / lam0"),
        NonNegative().fails(
            when={"C": AtLeast(2)}, source="lam0=1, alpha=2, y=0: (10, 0, 0); the infimum lies above -lam0 log C"
        ),
        Bounded().fails(when={"C": AtLeast(2)}, source="grows with a wrong class's lead"),
        Monotone(on="alpha", direction="decreasing").holds(
            when=CONVERGED, source="the penalty grows with alpha", note=ON_ITS_WAY
        ),
        Convex(on="logits").holds(
            when=CONVERGED, source="a maximum over the temperature of convex functions", note=ON_ITS_WAY
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        UpperBounds(target="ldr_kl", parameters={"lam": LAM0, "margin": MARGIN}).holds(
            when=CONVERGED, source="the temperature lam0 is admissible", note=ON_ITS_WAY
        ),
        Lipschitz(on="logits", constant=sqrt(2)).holds(
            when={**CONVERGED, "C": Between(2, 10)},
            source="gradient p - e_y, longest as p nears a wrong vertex",
            note=ON_ITS_WAY,
        ),
        Differentiable(on="logits").holds(
            when=CONVERGED, source="the envelope theorem: the detached temperature is a maximiser", note=ON_ITS_WAY
        ),
        LabelSymmetric().fails(
            when={"lam0": Between(0.1, 10), "margin": Between(0, 2), "C": AtLeast(2)},
            source="lam0=1, alpha=2: (0, 0) sums to 0, (3, 0) to a positive number",
            note="so for every lam0; like 1 / lam0 the witness shrinks",
        ),
        ClassificationCalibrated().holds(
            when=TILTED,
            source="q is a slope of a convex symmetric function of z, and every p is ordered as z",
        ),
        TopKCalibrated(k=2).holds(
            when={**TILTED, "C": AtLeast(3)}, source="Zhu et al. 2023: the minimiser keeps the order of all classes"
        ),
        ReducesTo(other="ldr_kl", parameters={"lam": LAM0, "margin": MARGIN}).holds(
            when={"alpha": INF}, source="no temperature leaves lam0"
        ),
        ReducesTo(other="ldr_kl", parameters={"lam": LAM0, "margin": MARGIN}, absent=("lam",)).holds(
            when={"max_iter": 0}, source="the temperature stays where it starts"
        ),
        ReducesTo(
            other="cross_entropy",
            parameters={"class_weights": None, "label_smoothing": 0.0},
            relation="affine",
            offset=-log(C),
        ).holds(when={"alpha": INF, "lam0": 1.0, "margin": 0.0}, source="LDR-KL at temperature 1"),
    ),
    gradient="surrogate",
    detached="the temperature: the gradient p - e_y is that of the value once the iteration has converged",
    references=("zhu2023label",),
    examples=(
        Example(reduction="none", inputs=ROWS, expected=[-0.5497444583, 2.193750806]),
        Example(parameters={"max_iter": 1}, reduction="none", inputs=ROWS, expected=[-0.5498745175, 2.177858787]),
        Example(
            parameters={"lam0": 5.0, "alpha": 3.0, "margin": 0.1, "max_iter": 80},
            inputs=FOUR_CLASSES,
            expected=-1.093840462,
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores, no margin",
            expected="0 at the temperature lam0",
            examples=(Example(inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=0.0),),
        ),
        EdgeCase(
            case="many classes at a small alpha",
            expected="of two maxima, as C=1000 has at alpha=2 with one wrong class ahead by 5.25, that of the temperature "
            "above where the iteration starts at lam0",
        ),
        EdgeCase(
            case="a stored temperature",
            expected="the iteration starts there; a lam above lam0, as rounding leaves it, is one, too",
            examples=(
                Example(inputs={**ROWS, "lam": [0.7, 1.0]}, reduction="none", expected=[-0.5497444583, 2.193750806]),
                Example(inputs={**ROWS, "lam": [1e-310, 1.0]}, reduction="none", expected=[-0.5497444583, 2.193750806]),
                Example(inputs={**ROWS, "lam": [1.0, 0.0]}, refused="lam"),
            ),
        ),
        EdgeCase(
            case="alpha <= 1",
            expected="refused: a temperature might reach 0",
            examples=(Example(parameters={"alpha": 1.0}, inputs=ROWS, refused="alpha"),),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite",
            examples=(
                Example(
                    inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]},
                    expected=2e4 - 0.75 * 1.0986122886681098,
                    note="at the lowest temperature, lam0 (1 - 1/alpha)",
                ),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "alpha is the dimensionless one of the authors' code; the paper's is alpha log(C) / lam0.",
        "The temperature of each sample, between lam0 (1 - 1/alpha) and lam0, is what the method temperature returns: "
        "with max_iter=1, keep it for the next visit and pass it as lam, as the authors do.",
        "The authors' code further divides each row by its mean absolute score, leaves the margin out of the softmax that "
        "sets the temperature, and adds 1e-5 to its probabilities; this is the formula of the paper.",
    ),
    graph_accepts=(
        FROM_THE_END,
        Accepted(
            input="lam",
            wrong="outside the domain",
            meaning="the iteration starts at 1e-20 lam0",
            when={"alpha": Above(1)},
        ),
        Accepted(input="lam", wrong="not a number", answer="nan", meaning="nan in that row", when={"alpha": Above(1)}),
        *(
            Accepted(input="lam", wrong=wrong, meaning="not read", when={"alpha": OneOf(values=(INF,))})
            for wrong in UNREAD
        ),
    ),
    module="losskit.plugins.classification.aldr_kl.loss:ALDRKLLoss",
    oracle="losskit.plugins.classification.aldr_kl.reference:aldr_kl",
    oracle_gradient="losskit.plugins.classification.aldr_kl.reference:slopes",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of ALDR-KL."""
    return SPEC
