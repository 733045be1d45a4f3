"""Smooth adversarial comp-sum losses: a comp-sum loss of clean scores plus how far an attack moves the margins."""

from pydantic import Field

from losskit.spec import Above, Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END, NAN_ROW, SCORES
from losskit.spec.expressions import log, sqrt, symbol
from losskit.spec.properties import (
    Convex,
    Differentiable,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    UpperBounds,
)
from losskit.spec.tensors import class_target, logits, real

TAU, RHO, NU, C = symbol("tau"), symbol("rho"), symbol("nu"), symbol("C")
ATTACKED = [[0.9, 0.0, 0.6], [0.3, 1.5, -1.2]]
ROWS = {"logits": SCORES, "adversarial_logits": ATTACKED, "target": [0, 2]}
BOTH = ("logits", "adversarial_logits")
AT_THE_ATTACK = UpperBounds(
    target="comp_sum_rho_margin",
    parameters={"tau": TAU, "rho": RHO},
    inputs={"logits": symbol("adversarial_logits")},
)
CLEAN = ReducesTo(other="comp_sum", parameters={"tau": TAU}, inputs={"logits": symbol("logits") / RHO})
TERMS = "Phi_tau is 1-Lipschitz, phi_rho 1/rho-Lipschitz and below exp(-u/rho), |v|_1 <= sqrt(C-1) |v|_2"


class SmoothAdversarialCompSumParameters(Parameters):
    """Parameters of the smooth adversarial comp-sum family."""

    tau: float = Field(
        1.0, ge=0, description="member, as of comp_sum: 0 sum-exponential, 1 logistic, 2 mean absolute error"
    )
    rho: float = Field(1.0, gt=0, description="margin width: divides the clean margins")
    nu: float = Field(
        1.0, ge=0, description="weight of the margins' displacement; sqrt(C-1)/rho makes the loss an upper bound"
    )


SPEC = LossSpec(
    name="smooth_adversarial_comp_sum",
    title="Smooth adversarial comp-sum loss",
    task="classification",
    summary="Robust training: a comp-sum loss of the clean scores plus a penalty on how far the vector of margins moves "
    "under the attack, which the caller makes. Take it instead of TRADES when a consistency guarantee for the "
    "adversarial 0-1 loss is wanted.",
    formula=r"\ell(z, z', y) = \Phi_\tau\Big(\sum_{k \ne y} e^{-\Delta_k(z)/\rho}\Big) + \nu \|\Delta(z') - \Delta(z)\|_2,"
    r"\quad \Delta_k(z) = z_y - z_k,\ k \ne y",
    parameters=SmoothAdversarialCompSumParameters,
    inputs=(
        logits("B", "C", meaning="scores of the clean input"),
        real("adversarial_logits", "B", "C", meaning="scores of the attacked input"),
        class_target("B"),
    ),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        ShiftInvariant(on="adversarial_logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="neither term is negative"),
        Monotone(on="nu", direction="increasing").holds(source="the factor of a norm"),
        Monotone(on="tau", direction="decreasing").holds(source="Phi_tau(u) decreases with tau"),
        Convex(on=BOTH).holds(when={"tau": Between(0, 1)}, source="a convex comp-sum loss plus a norm of a linear map"),
        Convex(on=BOTH).fails(
            when={"tau": Above(1), "C": AtLeast(2)}, source="the comp-sum loss alone where both scores move together"
        ),
        StrictlyConvex(on=BOTH).fails(source="constant along (1, ..., 1)"),
        AT_THE_ATTACK.holds(
            when={"nu": AtLeast(3), "rho": AtLeast(1), "C": Between(1, 10)},
            source=TERMS,
            note="so wherever nu >= sqrt(C-1)/rho; equal scores that no attack moves reach it",
        ),
        AT_THE_ATTACK.holds(when={"nu": 1.0, "rho": 1.0, "C": 2}, source=f"{TERMS}; here nu = sqrt(C-1)/rho"),
        AT_THE_ATTACK.holds(when={"nu": 1.0, "rho": 2.0, "C": 5}, source=f"{TERMS}; here nu = sqrt(C-1)/rho"),
        AT_THE_ATTACK.fails(
            when={"nu": 0.0, "C": AtLeast(2)},
            source="the attack does not enter: clean margins of any size cost nothing",
        ),
        UpperBounds(target="zero_one", factor=1 / log(2)).holds(
            when={"tau": 1.0},
            source="of the clean scores: a wrong class that leads or ties contributes Phi_1(1) = log 2",
        ),
        Lipschitz(on="adversarial_logits", constant=NU * sqrt(C)).holds(
            when={"nu": Above(0), "C": AtLeast(2)},
            source="the map to the C - 1 differences stretches by sqrt(C) at most",
        ),
        Differentiable(on=BOTH).fails(
            when={"nu": Above(0), "C": AtLeast(2)}, source="a norm has a kink at 0, where the scores differ by a shift"
        ),
        Differentiable(on=BOTH, order=0).holds(when={"nu": 0.0}, source="composition of smooth maps"),
        CLEAN.holds(when={"nu": 0.0, "tau": AtLeast(1)}, source="comp-sum loss of the clean scores over rho"),
        CLEAN.holds(
            when={"nu": 0.0, "tau": Between(0, 1, "left"), "rho": AtLeast(2)},
            source="comp-sum loss of the clean scores over rho",
            note="true for every rho; where (1 - tau) margin / rho exceeds 709 both are inf and have no gradient",
        ),
        ReducesTo(other="cross_entropy", parameters={"class_weights": None, "label_smoothing": 0.0}).holds(
            when={"nu": 0.0, "tau": 1.0, "rho": 1.0}, source="the logistic member of the clean scores"
        ),
    ),
    narrowed=(
        Narrowing(
            property="FiniteOn",
            when={"tau": Between(0, 1, "left")},
            reason="the value grows like exp((1 - tau) margin / rho) and overflows to inf beyond 709 (88 in float32)",
        ),
        Narrowing(
            property="DTypeStable",
            when={"tau": Between(0, 1, "left"), "rho": Between(0, 1, "neither")},
            reason="slopes grow like exp((1 - tau) margin / rho) / rho, and beyond 65504 no float16 gradient holds them",
        ),
    ),
    references=("mao2023cross",),
    examples=(
        Example(inputs=ROWS, expected=2.472526795),
        Example(
            parameters={"tau": 0.5, "rho": 2.0, "nu": 0.5},
            reduction="none",
            inputs=ROWS,
            expected=[1.311524217, 3.622128847],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="adversarial_logits equal to logits, or shifted by a constant",
            expected="the comp-sum loss alone, with zero gradient of the norm",
            examples=(
                Example(inputs={**ROWS, "adversarial_logits": SCORES}, expected=1.861971667, note="cross-entropy"),
                Example(
                    inputs={"logits": [[1.0, 0.0]], "adversarial_logits": [[3.0, 2.0]], "target": [0]},
                    expected=0.31326168751822286,
                ),
            ),
        ),
        EdgeCase(
            case="scores moved so far, or so little, that squares overflow or vanish",
            expected="the norm as of a scaled row",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 0.0]], "adversarial_logits": [[0.0, 1e200]], "target": [0]}, expected=1e200
                ),
                Example(
                    inputs={"logits": [[0.0, 0.0]], "adversarial_logits": [[0.0, 1e-200]], "target": [0]},
                    expected=0.6931471805599453,
                    gradients={"adversarial_logits": [[-1.0, 1.0]]},
                ),
            ),
        ),
        EdgeCase(
            case="C = 1",
            expected="0 with zero gradient",
            examples=(
                Example(inputs={"logits": [[3.0]], "adversarial_logits": [[-1.0]], "target": [0]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="scores of two shapes",
            expected="refused: clean and attacked scores belong to the same samples and classes",
            examples=(
                Example(
                    inputs={"logits": SCORES, "adversarial_logits": [[0.9, 0.0], [0.3, 1.5]], "target": [0, 1]},
                    refused="adversarial_logits",
                ),
            ),
        ),
        EdgeCase(
            case="target outside 0..C-1",
            expected="refused by name and index, never wrapped around",
            examples=(Example(inputs={**ROWS, "target": [0, 3]}, refused="target"),),
        ),
        NAN_ROW,
    ),
    notes=(
        "The paper's second term is the supremum over the ball of attacks. adversarial_logits are the scores at one "
        "attack, made outside, by ascent on this loss or on its second term; the guarantee is as good as the attack.",
        "Gradients flow through both scores. Detaching the attacked scores is another loss.",
        "The weight decay of the paper's objective belongs to the optimiser.",
    ),
    graph_accepts=(
        FROM_THE_END,
        Accepted(
            input="adversarial_logits",
            wrong="an axis of size 1",
            meaning="taken for the attacked scores of every class or row",
        ),
    ),
    module="losskit.plugins.classification.smooth_adversarial_comp_sum.loss:SmoothAdversarialCompSumLoss",
    oracle="losskit.plugins.classification.smooth_adversarial_comp_sum.reference:smooth_adversarial_comp_sum",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the smooth adversarial comp-sum family."""
    return SPEC
