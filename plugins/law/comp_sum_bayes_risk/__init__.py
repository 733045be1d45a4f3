"""Conditional Bayes risk of the comp-sum losses: the least risk that any row of scores reaches, a generalised entropy."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, Input, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH
from losskit.spec.expressions import ids, item, log, maximum, one_hot, symbol
from losskit.spec.properties import (
    Bounded,
    Concave,
    Convex,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ZeroAt,
)
from losskit.spec.tensors import Distribution

TAU, C, PROBS = symbol("tau"), symbol("C"), symbol("probs")
VERTEX = {"probs": one_hot(ids(0 * item(PROBS, 0)), C)}
AT_EVEN = Bounded(lower=0.0, upper=(C ** (1 - TAU) - 1) / (1 - TAU), reach="attained")
EVEN = "zero at a vertex, and concave and symmetric, so largest at the even row: Phi_tau(C-1)"
TWO_ROWS = {"probs": [[0.5, 0.3, 0.2], [0.9, 0.1, 0.0]]}


class CompSumBayesRiskParameters(Parameters):
    """Parameters of the Bayes risk."""

    tau: float = Field(1.0, ge=0, description="member of the comp-sum family: 1 gives Shannon's entropy")


SPEC = LossSpec(
    name="comp_sum_bayes_risk",
    title="Conditional Bayes risk of the comp-sum loss (generalised entropy)",
    task="law",
    summary="The smallest conditional comp-sum risk at given class probabilities. Its mean is what the minimizability gap "
    "subtracts; alone it measures how uncertain a row of probabilities is.",
    formula=r"\inf_z \sum_k q_k \ell_\tau(z, k) = \frac{\big(\sum_k q_k^{1/(2-\tau)}\big)^{2-\tau} - 1}{1-\tau},\quad "
    r"-\sum_k q_k \log q_k \ (\tau = 1),\quad \frac{1 - \max_k q_k}{\tau - 1} \ (\tau \ge 2)",
    parameters=CompSumBayesRiskParameters,
    inputs=(
        Input(name="probs", shape=("B", "C"), domain=Distribution(), meaning="class probabilities, rows that sum to 1"),
    ),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over rows"),
        PermutationInvariant(over="classes").holds(source="a symmetric function"),
        NonNegative().holds(source="the loss is not negative"),
        ZeroAt(where=VERTEX).holds(source="the loss of a certain class comes as close to 0 as one likes"),
        AT_EVEN.holds(when={"tau": Between(0, 1, "left"), "C": AtLeast(2)}, source=EVEN),
        Bounded(lower=0.0, upper=log(C), reach="attained").holds(when={"tau": 1, "C": AtLeast(2)}, source=EVEN),
        AT_EVEN.holds(when={"tau": Between(1, 2, "neither"), "C": AtLeast(2)}, source=EVEN),
        Bounded(lower=0.0, upper=(1 - 1 / C) / (TAU - 1), reach="attained").holds(
            when={"tau": AtLeast(2), "C": AtLeast(2)}, source="the largest share is at least 1/C"
        ),
        Concave(on="probs").holds(source="an infimum of linear functions"),
        Convex(on="probs").fails(
            when={"tau": Between(0, 10), "C": AtLeast(2)}, source="zero at two vertices, positive between them"
        ),
        Monotone(on="tau", direction="decreasing").holds(source="so is the loss, at every row of scores"),
        ReducesTo(
            other="torch.nn.KLDivLoss",
            inputs={"input": 0 * PROBS, "target": maximum(PROBS, 1e-37)},
            relation="affine",
            scale=-C,
        ).holds(when={"tau": 1}, source="Shannon's entropy: less the divergence from the weights 1, C times its mean"),
    ),
    references=("mao2023cross",),
    examples=(
        Example(inputs=TWO_ROWS, reduction="none", expected=[1.029653014, 0.3250829734]),
        Example(parameters={"tau": 0.5}, inputs=TWO_ROWS, reduction="none", expected=[1.384594455, 0.4588005967]),
        Example(parameters={"tau": 2.0}, inputs=TWO_ROWS, expected=0.3),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="a probability of 0",
            expected="contributes 0 to the value and to the gradient, whose limit is infinite for tau <= 1; so does one below "
            "1e-37",
            examples=(
                Example(inputs={"probs": [[1.0, 0.0, 0.0]]}, expected=0.0, gradients={"probs": [[-1.0, 0.0, 0.0]]}),
            ),
        ),
        EdgeCase(
            case="a row that does not sum to 1",
            expected="refused by name, sum and row where it is off by more than 0.004, which rounding to bfloat16 may do",
            examples=(Example(inputs={"probs": [[0.5, 0.3, 0.3]]}, refused="probs"),),
        ),
        EdgeCase(
            case="tau within 1e-8 of 1 or close to it",
            expected="continuous: no cancellation",
            examples=(
                Example(parameters={"tau": 1 + 1e-9}, inputs={"probs": [[0.5, 0.3, 0.2]]}, expected=1.029653014),
                Example(
                    parameters={"tau": 1 + 2e-8}, inputs={"probs": [[0.5, 0.25, 0.25]]}, expected=1.0397207588285926
                ),
                Example(
                    parameters={"tau": 1 - 2e-8}, inputs={"probs": [[0.5, 0.25, 0.25]]}, expected=1.0397207828512434
                ),
            ),
        ),
        EdgeCase(case="C = 1", expected="0", examples=(Example(inputs={"probs": [[1.0], [1.0]]}, expected=0.0),)),
        EdgeCase(case="classes that tie for the largest share, tau >= 2", expected="share the gradient evenly"),
    ),
    notes=(
        "Minimizability gap of a hypothesis set that reaches every row of scores: its best risk less the mean of this.",
        "The gradient is that of the formula as written, off the simplex, too: a row that sums to 1 + d is off by about "
        "d / (1 - tau), so give rows in float64 where tau comes within 1e-3 of 1 without being 1.",
        "The minimising probabilities are proportional to q^(1 / (2 - tau)) for tau < 2, the top vertex from 2 on.",
    ),
    graph_accepts=(
        Accepted(
            input="probs", wrong="outside the domain", meaning="not checked: the formula, in which below 0 counts as 0"
        ),
        Accepted(input="probs", wrong="not a number", answer="nan", meaning="nan in its row"),
    ),
    module="losskit.plugins.law.comp_sum_bayes_risk.loss:CompSumBayesRisk",
    oracle="losskit.plugins.law.comp_sum_bayes_risk.reference:comp_sum_bayes_risk",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Bayes risk."""
    return SPEC
