"""Categorical projection: cross-entropy to a shifted value distribution on a fixed support, the C51 loss."""

import math
from functools import reduce
from operator import add

from losskit.spec import Accepted, Between, EdgeCase, Example, Input, LossSpec, hookimpl
from losskit.spec.cases import EMPTY_BATCH, NAN_ROW
from losskit.spec.expressions import Expression, column, exp, item, log, maximum, minimum, positions, symbol
from losskit.spec.properties import (
    Bounded,
    Concave,
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
from losskit.spec.tensors import Distribution, Probability, Real, logits

LOW, HIGH, SCORES = symbol("min_value"), symbol("max_value"), symbol("logits")
REWARD, DISCOUNT, NEXT = symbol("reward"), symbol("discount"), symbol("next_probs")
COUNT = symbol("K")
SPACING = (HIGH - LOW) / (COUNT - 1)
LOG_SUM = log((exp(COUNT) - 1) / (math.e - 1))  # of the scores 0, 1, 2 and so on
ATOMS = 3  # of the support whose projection is written out below


def _share(atom: int) -> Expression:
    """What one atom brings to each location of a support of three."""
    moved = REWARD + DISCOUNT * (LOW + atom / (ATOMS - 1) * (HIGH - LOW))
    place = (minimum(maximum(moved, LOW), HIGH) - LOW) / (HIGH - LOW) * (ATOMS - 1)
    offset = positions(SCORES) - column(place)
    return column(item(NEXT, atom)) * maximum(1 - maximum(offset, -offset), 0.0)


PROJECTED = reduce(add, (_share(atom) for atom in range(ATOMS)))
SPLIT = {"logits": log(maximum(PROJECTED, 1e-300))}
OF_THREE = {"K": ATOMS}
UNIT = {"min_value": -1.0, "max_value": 1.0}
ONE_ROW = {"logits": [[0.1, 0.2, 0.3]], "next_probs": [[0.2, 0.5, 0.3]], "reward": [0.1], "discount": [0.5]}
TWO_ROWS = {
    "logits": [[0.0, 1.0, 0.0], [1.0, 0.0, -1.0]],
    "next_probs": [[0.0, 1.0, 0.0], [0.3, 0.3, 0.4]],
    "reward": [0.0, 5.0],
    "discount": [0.9, 0.9],
}


class CategoricalProjectionParameters(SupportParameters):
    """Parameters of the categorical projection loss."""


SPEC = LossSpec(
    name="categorical_projection",
    title="Categorical distributional TD loss (C51 projection)",
    task="regression",
    summary="Cross-entropy of a value distribution to its Bellman target: the next state's atoms are scaled by the discount, "
    "moved by the reward, and each one's mass is split linearly between its two neighbouring locations. Take it to learn "
    "the distribution of returns; two_hot learns from a scalar target.",
    formula=r"\ell = -\sum_{k=1}^{K} q_k \log \mathrm{softmax}(s)_k,\quad "
    r"q_k = \sum_j p_j \max\Big(0, 1 - \frac{|g_j - z_k|}{w}\Big),\quad g_j = \mathrm{clip}(r + \gamma z_j, a, b)",
    parameters=CategoricalProjectionParameters,
    inputs=(
        logits("B", "K", meaning="scores of the value distribution's K locations"),
        Input(
            name="next_probs",
            shape=("B", "K"),
            domain=Distribution(),
            role="target",
            differentiable=False,
            meaning="distribution of the next state's value over the locations, from the target network; a constant",
        ),
        Input(
            name="reward",
            shape=("B",),
            domain=Real(span=("min_value", "max_value")),
            role="target",
            differentiable=False,
            meaning="reward of one or several steps; a constant",
        ),
        Input(
            name="discount",
            shape=("B",),
            domain=Probability(),
            role="target",
            differentiable=False,
            meaning="gamma to the number of steps, 0 at terminal states; a constant",
        ),
    ),
    output=("B",),
    least={"K": 2},
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        ShiftInvariant(on="logits", axis="K").holds(source="softmax"),
        Convex(on="logits").holds(source="cross-entropy with a fixed target distribution"),
        Convex(on="next_probs").holds(source="the target distribution is linear in it"),
        Concave(on="next_probs").holds(source="the target distribution is linear in it"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        MinimisedAt(where=SPLIT).holds(
            when=OF_THREE,
            source="Gibbs inequality: least, the entropy of q, where softmax(s) = q",
            note="true for every K; q is written out for three locations",
        ),
        ZeroAt(where=SPLIT).fails(when=OF_THREE, source="spread over several locations q has a positive entropy"),
        NonNegative().holds(source="cross-entropy of a discrete distribution"),
        Bounded().fails(source="the logit of a location with a share tends to -infinity"),
        Lipschitz(on="logits", norm="linf", constant=2.0).holds(
            source="gradient softmax(s) - q, reached with q on one location and the softmax on another"
        ),
        Homogeneous(on=("reward", "min_value", "max_value"), degree=0.0).holds(source="the spacing scales too"),
        TranslationInvariant(on=("reward", "min_value", "max_value")).fails(
            source="the discounted atoms move by gamma times the shift beside the reward's own"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ReducesTo(
            other="two_hot",
            parameters={"min_value": LOW, "max_value": HIGH},
            inputs={"target": REWARD},
            given={"discount": (0.0,)},
        ).holds(source="every atom falls on the reward"),
        ReducesTo(
            other="torch.nn.CrossEntropyLoss",
            inputs={"input": SCORES, "target": NEXT},
            given={"reward": (0.0,), "discount": (1.0,)},
        ).holds(source="the atoms stay where they are: cross-entropy to next_probs"),
        ReducesTo(
            other="torch.nn.Identity",
            inputs={"input": (DISCOUNT * (LOW + NEXT @ positions(NEXT) * SPACING) - LOW) / SPACING},
            where={"logits": 0.0 * SCORES + positions(SCORES), "reward": 0.0 * REWARD},
            relation="affine",
            scale=-1.0,
            offset=LOG_SUM,
        ).holds(
            when={"min_value": Between(-10, -0.5), "max_value": Between(0.5, 10)},
            source="the scores 0, 1, .. cost minus the mean of q: q keeps the mean where no atom is clipped",
        ),
        ReducesTo(other="torch.nn.CrossEntropyLoss", inputs={"input": SCORES, "target": PROJECTED}).holds(
            when=OF_THREE, source="the definition, atom by atom"
        ),
    ),
    references=("bellemare2017distributional", "farebrother2024stop"),
    examples=(
        Example(inputs=ONE_ROW, parameters=UNIT, expected=1.086942848),
        Example(inputs=TWO_ROWS, parameters=UNIT, reduction="none", expected=[0.5514447139, 2.407605964]),
    ),
    edge_cases=(
        EdgeCase(
            case="all atoms beyond one end",
            expected="all mass on the location at that end",
            examples=(
                Example(
                    inputs={**ONE_ROW, "reward": [5.0]},
                    parameters=UNIT,
                    expected=1.0019428482292442,
                    note="as the cross-entropy of the last location's label",
                ),
            ),
        ),
        EdgeCase(
            case="discount 0, a terminal state",
            expected="the two-hot split of the reward",
            examples=(
                Example(
                    inputs={**ONE_ROW, "reward": [0.0], "discount": [0.0]},
                    parameters=UNIT,
                    expected=1.1019428482292443,
                    note="as the cross-entropy of the middle location's label",
                ),
            ),
        ),
        EdgeCase(
            case="a row of next_probs that does not sum to 1",
            expected="refused by name, sum and row where it is off by more than 0.004, which rounding to bfloat16 may do; where "
            "values are not checked the row's value scales with the sum",
            examples=(Example(inputs={**ONE_ROW, "next_probs": [[0.2, 0.5, 0.4]]}, refused="next_probs"),),
        ),
        EMPTY_BATCH,
        EdgeCase(
            case="K = 1",
            expected="refused: one location has no spacing",
            examples=(
                Example(
                    inputs={"logits": [[3.0]], "next_probs": [[1.0]], "reward": [0.0], "discount": [0.0]},
                    refused="logits",
                ),
            ),
        ),
        EdgeCase(
            case="max_value <= min_value",
            expected="refused when the loss is created, with a sentence that names the parameters",
            examples=(Example(inputs=ONE_ROW, parameters={"min_value": 1.0, "max_value": 1.0}, refused="min_value"),),
        ),
        NAN_ROW,
        EdgeCase(case="reward is nan", expected="nan in that row only"),
    ),
    notes=(
        "discount = gamma (1 - done); the support's locations are those of two_hot.",
        "The shares of all atoms at all locations are held at once, B K^2 numbers, and only until the forward pass ends: no "
        "gradient flows through them. Adding masses at rounded-down and rounded-up places, the form of K numbers a row, loses "
        "the mass of atoms that fall on a location, adds in an order that differs from run to run on a GPU, and exports badly.",
        "Where no atom is clipped, the mean of q is reward + discount times the mean of next_probs; q is linear in next_probs.",
    ),
    graph_accepts=(
        Accepted(
            input="logits", wrong="an axis too long", meaning="rows and locations that the target lacks have no share"
        ),
        Accepted(input="next_probs", wrong="an axis of size 1", meaning="taken for the distribution of every row"),
        Accepted(input="reward", wrong="an axis of size 1", meaning="taken for the reward of every row"),
        Accepted(input="discount", wrong="an axis of size 1", meaning="taken for the discount of every row"),
        Accepted(input="next_probs", wrong="outside the domain", meaning="not checked: the row's value scales along"),
        Accepted(input="next_probs", wrong="not a number", answer="nan", meaning="nan in its row"),
        Accepted(input="discount", wrong="outside the domain", meaning="not checked: the atoms are moved all the same"),
        Accepted(input="discount", wrong="not a number", answer="nan", meaning="nan in its row"),
    ),
    module="losskit.plugins.regression.categorical_projection.loss:CategoricalProjectionLoss",
    oracle="losskit.plugins.regression.categorical_projection.reference:categorical_projection",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the categorical projection loss."""
    return SPEC
