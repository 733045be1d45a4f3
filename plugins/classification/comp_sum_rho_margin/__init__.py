"""Comp-sum rho-margin losses: the comp-sum family with clipped linear margins in the place of exponentials."""

from pydantic import Field

from losskit.spec import Above, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FIRST_LABEL_IN_MARGINS, FROM_THE_END, LABEL_OUT_OF_RANGE, ONE_CLASS, ROWS
from losskit.spec.expressions import log, one_hot, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ShiftInvariant,
    StrictlyConvex,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

TAU, RHO, C = symbol("tau"), symbol("rho"), symbol("C")
LEADING = {"logits": RHO * one_hot(symbol("target"), C)}


class CompSumRhoMarginParameters(Parameters):
    """Parameters of the comp-sum rho-margin family."""

    tau: float = Field(1.0, ge=0, description="member, as of comp_sum: 0 sum, 1 logistic, 2 mean absolute error")
    rho: float = Field(1.0, gt=0, description="margin width: by how much the label's score must lead")


SPEC = LossSpec(
    name="comp_sum_rho_margin",
    title="Comp-sum rho-margin loss",
    task="classification",
    summary="Comp-sum loss of clipped linear margins: 0 where the label leads by rho, bounded where it does not. The "
    "quantity whose supremum over attacks the smooth adversarial comp-sum loss bounds; train with that one instead.",
    formula=r"\ell(z, y) = \Phi_\tau\Big(\sum_{k \ne y} \phi_\rho(z_y - z_k)\Big),\quad "
    r"\phi_\rho(u) = \min(\max(0, 1 - u/\rho), 1),\quad "
    r"\Phi_\tau(s) = \frac{(1+s)^{1-\tau} - 1}{1-\tau},\quad \Phi_1(s) = \log(1+s)",
    parameters=CompSumRhoMarginParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="the terms are not negative"),
        Bounded(lower=0.0, upper=log(C), reach="attained").holds(
            when={"tau": 1.0, "C": AtLeast(2)}, source="each of the C - 1 terms lies in [0, 1]: Phi_1(C - 1)"
        ),
        Bounded(lower=0.0, upper=(C ** (1 - TAU) - 1) / (1 - TAU), reach="attained").holds(
            when={"tau": Between(0, 1, "left"), "C": AtLeast(2)}, source="Phi_tau(C - 1)"
        ),
        Bounded(lower=0.0, upper=(C ** (1 - TAU) - 1) / (1 - TAU), reach="attained").holds(
            when={"tau": Above(1), "C": AtLeast(2)}, source="Phi_tau(C - 1)"
        ),
        Monotone(on="tau", direction="decreasing").holds(source="Phi_tau(u) decreases with tau"),
        Monotone(on="rho", direction="increasing").holds(
            source="1 - u / rho grows with rho for u > 0, else the term is 1"
        ),
        Monotone(on="logits", part="label", direction="decreasing").holds(
            source="Phi_tau increases, the sum decreases"
        ),
        Convex(on="logits").fails(
            when={"C": AtLeast(2)},
            source="tau=1, y=0: the midpoint of (-1.3, -4.5, -4.1) and (-2.1, 1.4, 3.4) exceeds the average by 0.549",
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").fails(
            when={"C": AtLeast(3)},
            source="rho=1, y=0: (0, 9, -9) and (0, -9, 9) have the sum 1, their midpoint (0, 0, 0) the sum 2",
        ),
        QuasiConvex(on="logits").holds(when={"C": 2}, source="one term, which decreases with the margin"),
        ZeroAt(where=LEADING).holds(source="wherever the label leads by rho or more"),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(
            when={"tau": 1.0}, source="a wrong class that leads or ties contributes 1; Phi_1(1) = log 2"
        ),
        UpperBounds(target="zero_one", factor=(1 - TAU) / (2 ** (1 - TAU) - 1)).holds(
            when={"tau": Between(0, 1, "left")}, source="a wrong class that leads or ties contributes 1"
        ),
        UpperBounds(target="zero_one", factor=(1 - TAU) / (2 ** (1 - TAU) - 1)).holds(
            when={"tau": Above(1)}, source="a wrong class that leads or ties contributes 1"
        ),
        UpperBounds(target="zero_one").fails(
            when={"tau": Between(0.5, 5), "C": AtLeast(2)}, source="C=2, equal scores: Phi_tau(1) < 1 for tau > 0"
        ),
        Lipschitz(on="logits", norm="linf", constant=2 * (C - 1) / RHO).holds(
            when={"C": AtLeast(2)},
            source="a term has slope 1 / rho in each of its two scores; Phi_tau' is 1 where the terms vanish",
        ),
        Differentiable(on="logits").fails(when={"C": AtLeast(2)}, source="kinks where z_y - z_k is 0 or rho"),
        Homogeneous(on=("logits", "rho"), degree=0.0).holds(source="only quotients of the two enter"),
        LabelSymmetric().fails(
            when={"C": AtLeast(2)}, source="C=2: 2 Phi_tau(1) at equal scores, Phi_tau(1) where one leads by rho"
        ),
    ),
    references=("mao2023cross",),
    examples=(
        Example(inputs=ROWS, expected=0.6804882766),
        Example(
            parameters={"tau": 2.0, "rho": 3.0}, reduction="none", inputs=ROWS, expected=[0.5588235294, 0.6666666667]
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores",
            expected="Phi_tau(C-1)",
            examples=(
                Example(inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=1.0986122886681098),
                Example(parameters={"tau": 0.0}, inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=2.0),
            ),
        ),
        EdgeCase(
            case="a margin of exactly 0 or rho",
            expected="the gradient is that of the slope between",
            examples=(
                Example(
                    inputs={"logits": [[1.0, 0.0, 1.0]], "target": [0]},
                    expected=0.6931471805599453,
                    gradients={"logits": [[-1.0, 0.5, 0.5]]},
                ),
            ),
        ),
        EdgeCase(
            case="huge scores",
            expected="a term is exactly 0 or 1",
            examples=(
                Example(inputs={"logits": [[1e4, -1e4, 0.0]], "target": [2]}, expected=0.6931471805599453),
                Example(inputs={"logits": [[1e4, -1e4, 0.0]], "target": [0]}, expected=0.0),
            ),
        ),
        LABEL_OUT_OF_RANGE,
        EdgeCase(
            case="nan or inf in the scores",
            expected="nan in that row only; inf on a wrong class alone counts 1, -inf on one counts 0",
        ),
    ),
    notes=(
        "The label's own term, phi_rho(0) = 1, is left out of the sum.",
        "Where the margin is exactly 0 or rho the gradient is that of the slope between.",
    ),
    graph_accepts=(FROM_THE_END, FIRST_LABEL_IN_MARGINS),
    module="losskit.plugins.classification.comp_sum_rho_margin.loss:CompSumRhoMarginLoss",
    oracle="losskit.plugins.classification.comp_sum_rho_margin.reference:comp_sum_rho_margin",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the comp-sum rho-margin family."""
    return SPEC
