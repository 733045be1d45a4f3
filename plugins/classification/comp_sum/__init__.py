"""Comp-sum losses: one exponent from sum-exponential through logistic to mean absolute error."""

from pydantic import Field

from losskit.spec import Above, AtLeast, Between, EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import log, maximum, one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    HConsistencyBound,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    QuasiConvex,
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

TAU, C = symbol("tau"), symbol("C")
RIGHT = {"logits": one_hot(symbol("target"), C)}
T = symbol("t")  # excess of the 0-1 loss
POWER = 1 / (2 - TAU)
SPLIT = (((1 + T) ** POWER + maximum(1 - T, 0.0) ** POWER) / 2) ** (2 - TAU)
ENTROPY_SPLIT = ((1 + T) * log(1 + T) + (1 - T) * log(maximum(1 - T, 1e-300))) / 2
BETWEEN_LOG_AND_MAE = HConsistencyBound(transform=(SPLIT - 1) / ((TAU - 1) * C ** (TAU - 1)))
FROM_MAE = HConsistencyBound(transform=T / ((TAU - 1) * C ** (TAU - 1)))
ANY_RATE = 1 - 1 / C


class CompSumParameters(Parameters):
    """Parameters of the comp-sum family."""

    tau: float = Field(
        1.0,
        ge=0,
        description="member: 0 sum-exponential, 1 cross-entropy, 1 + q generalised cross-entropy, 2 mean absolute error",
    )


SPEC = LossSpec(
    name="comp_sum",
    title="Comp-sum loss family",
    task="classification",
    summary="One-parameter family containing the sum-exponential loss (tau=0), cross-entropy (1), generalised "
    "cross-entropy (1 < tau < 2) and mean absolute error (2). Take tau slightly above 1 for noisy labels, 1 for clean ones.",
    formula=r"\ell_\tau(z, y) = \Phi_\tau\Big(\sum_{k \ne y} e^{z_k - z_y}\Big),\quad "
    r"\Phi_\tau(u) = \frac{(1+u)^{1-\tau} - 1}{1-\tau},\quad \Phi_1(u) = \log(1+u)",
    parameters=CompSumParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="the sum of exponentials is not negative"),
        Bounded(lower=0.0, upper=1 / (TAU - 1)).holds(
            when={"tau": Between(1, float("inf"), "neither"), "C": AtLeast(2)}, source="(1 - p_y^(tau-1)) / (tau-1)"
        ),
        Bounded().fails(when={"tau": Between(0, 1), "C": AtLeast(2)}, source="grows at least like the margin"),
        Monotone(on="tau", direction="decreasing").holds(source="Phi_tau(u) decreases with tau"),
        Monotone(on="logits", part="label", direction="decreasing").holds(
            source="Phi_tau increases, the sum decreases"
        ),
        Convex(on="logits").holds(when={"tau": Between(0, 1)}, source="increasing convex map of a log-sum-exp"),
        Convex(on="logits").fails(
            when={"tau": Between(1, float("inf"), "neither"), "C": AtLeast(2)},
            source="tau=1.3, y=0: midpoint of (2.1, -0.9, 0.6) and (-11.1, 3.3, 7.4)",
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").holds(source="an increasing map of a log-sum-exp of differences"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="no wrong class keeps a share"),
        ZeroAt(where=RIGHT).fails(
            when={"tau": Between(0, 10), "C": AtLeast(2)}, source="tau=1, C=2: log(1 + exp(-1)) = 0.3133"
        ),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(
            when={"tau": 1}, source="a wrong class that leads or ties makes the sum at least 1; Phi_1(1) = log 2"
        ),
        UpperBounds(target="zero_one", factor=(1 - TAU) / (2 ** (1 - TAU) - 1)).holds(
            when={"tau": Between(0, 1, "left")}, source="a wrong class that leads or ties makes the sum at least 1"
        ),
        UpperBounds(target="zero_one", factor=(1 - TAU) / (2 ** (1 - TAU) - 1)).holds(
            when={"tau": Above(1)}, source="a wrong class that leads or ties makes the sum at least 1"
        ),
        UpperBounds(target="zero_one").fails(
            when={"tau": Between(0.5, 5), "C": AtLeast(2)}, source="C=2, equal scores: Phi_tau(1) < 1 for tau > 0"
        ),
        UpperBounds(target="mae_classification", parameters={"scale": 1.0}).holds(
            when={"tau": Between(0, 2)}, source="the value decreases with tau, and tau=2 is 1 - p_y"
        ),
        Smooth(on="logits").fails(
            when={"tau": Between(0, 0.5), "C": AtLeast(2)},
            source="grows like exp((1 - tau) margin), and so do its slopes",
        ),
        Lipschitz(on="logits", constant=sqrt(2) * ((TAU - 1) / TAU) ** (TAU - 1) / TAU).holds(
            when={"tau": AtLeast(1), "C": AtLeast(2)}, source="sqrt(2) max_p p^(tau-1) (1-p)"
        ),
        Lipschitz(on="logits").fails(
            when={"tau": Between(0, 1, "left"), "C": AtLeast(2)}, source="p^(tau-1) is unbounded"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().holds(when={"tau": 2}, source="Ghosh et al. 2017: probabilities sum to 1"),
        LabelSymmetric().fails(
            when={"tau": Between(0, 2, "left"), "C": AtLeast(2)}, source="tau=1, C=2: (0,0) and (3,0)"
        ),
        LabelSymmetric().fails(when={"tau": Between(2, float("inf"), "neither"), "C": AtLeast(2)}, source="as above"),
        ClassificationCalibrated().holds(
            source="Mao et al. 2023: the minimiser keeps the order (tau < 2) or sits at the top vertex"
        ),
        TopKCalibrated(k=2).holds(
            when={"tau": Between(0, 1.5), "C": AtLeast(3)},
            source="the minimiser is proportional to q^(1 / (2 - tau)): the order of all classes is kept",
            note="true below 2, where the exponent grows until the order sinks below what float64 resolves",
        ),
        TopKCalibrated(k=2).fails(
            when={"tau": AtLeast(2), "C": AtLeast(3)},
            source="tau=2, q=(0.5, 0.3, 0.2): all mass goes to the top class, the order of the others is free",
        ),
        StrictlyProper().holds(when={"tau": 1}, source="the logarithmic score"),
        Proper().fails(
            when={"tau": Between(0, 1, "left"), "C": AtLeast(2)},
            source="tau=0, q=(0.8, 0.2): the minimiser, proportional to q^(1 / (2 - tau)), is (2/3, 1/3)",
        ),
        Proper().fails(
            when={"tau": Above(1), "C": AtLeast(2)}, source="the minimiser is steeper than q, a vertex from tau=2 on"
        ),
        NoiseTolerant(rate=ANY_RATE).holds(when={"tau": 2}, source="Ghosh et al. 2017: a label-symmetric loss"),
        NoiseTolerant(rate=ANY_RATE).fails(
            when={"tau": Between(0, 1.9), "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
            note="true for every other tau; near 2 and far above it the rows whose order turns grow rare",
        ),
        HConsistencyBound(transform=2 ** (1 - TAU) / (1 - TAU) * (1 - SPLIT)).holds(
            when={"tau": Between(0, 1, "left"), "C": AtLeast(2)}, source="Mao et al. 2023, attained for every C"
        ),
        HConsistencyBound(transform=ENTROPY_SPLIT).holds(
            when={"tau": 1, "C": AtLeast(2)}, source="Mao et al. 2023, attained for every C"
        ),
        HConsistencyBound(gamma=sqrt(2 * T)).holds(
            when={"tau": 1, "C": AtLeast(2)}, source="the transform is at least t^2 / 2, in the limit t to 0 no more"
        ),
        BETWEEN_LOG_AND_MAE.holds(
            when={"tau": Between(1, 2, "neither"), "C": 2}, source="Mao et al. 2023, attained for two classes"
        ),
        BETWEEN_LOG_AND_MAE.model_copy(update={"tight": False}).holds(
            when={"tau": Between(1, 2, "neither"), "C": AtLeast(3)},
            source="Mao et al. 2023",
            note="tau=1.5, C=3, t=0.4: the transform is 0.0890, the least excess 0.1088",
        ),
        FROM_MAE.holds(
            when={"tau": 2, "C": AtLeast(2)}, source="Mao et al. 2023, attained for t <= 1 / (C - 1) at equal scores"
        ),
        FROM_MAE.model_copy(update={"tight": False}).holds(
            when={"tau": Above(2), "C": AtLeast(2)}, source="Mao et al. 2023"
        ),
        ReducesTo(other="cross_entropy").holds(when={"tau": 1}),
        ReducesTo(other="mae_classification").holds(when={"tau": 2}),
    ),
    narrowed=(
        Narrowing(
            property="FiniteOn",
            when={"tau": Between(0, 1, "left")},
            reason="the value grows like exp((1 - tau) margin) and overflows to inf for (1 - tau) margin > 709 (88 in float32)",
        ),
    ),
    references=("mao2023cross", "ghosh2017robust"),
    examples=(
        Example(parameters={"tau": 0.0}, reduction="none", inputs=ROWS, expected=[0.7197154639, 23.08970295]),
        Example(parameters={"tau": 0.5}, inputs=ROWS, expected=4.219505438),
        Example(parameters={"tau": 1.5}, inputs=ROWS, expected=1.03370033),
    ),
    edge_cases=(
        EdgeCase(
            case="tau within 1e-6 of 1",
            expected="continuous: no cancellation",
            examples=(Example(parameters={"tau": 1 + 1e-9}, inputs=ROWS, expected=1.861971667, note="cross-entropy"),),
        ),
        EdgeCase(
            case="p_y underflows, tau > 1",
            expected="1/(tau-1) with zero gradient",
            examples=(Example(parameters={"tau": 1.5}, inputs={"logits": [[1e4, 0.0]], "target": [1]}, expected=2.0),),
        ),
        EdgeCase(case="tau < 1 and a huge wrong margin", expected="inf, not nan, once exp((1-tau) margin) overflows"),
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores",
            expected="Phi_tau(C-1)",
            examples=(
                Example(parameters={"tau": 0.0}, inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=2.0),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.comp_sum.loss:CompSumLoss",
    oracle="losskit.plugins.classification.comp_sum.reference:comp_sum",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the comp-sum family."""
    return SPEC
