"""Comp-sum losses: one exponent from sum-exponential through logistic to mean absolute error."""

from pydantic import Field

from losskit.spec import AtLeast, Between, EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    NAN_ROW,
    ONE_CLASS,
    ROWS,
)
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
)
from losskit.spec.tensors import class_target, logits

TAU = symbol("tau")


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
