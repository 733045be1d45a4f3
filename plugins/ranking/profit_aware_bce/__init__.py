"""Profit-aware binary cross-entropy: the most profitable items of a list in order, each pair by the log of its gap."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.expressions import item, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    ZeroAt,
)
from losskit.spec.tensors import real

SCORES, PNL = symbol("scores"), symbol("pnl")
PAIRS = {"top_k": AtLeast(2), "n": AtLeast(2)}
WHOLE = {"top_k": AtLeast(6), "n": Between(0, 6)}  # no item is left out
LIST = {"scores": [[0.2, 0.5, -0.1]], "pnl": [[10.0, 100.0, -5.0]]}
LISTS = {
    "scores": [[0.2, 0.5, -0.1, 0.0], [1.0, 0.0, 0.0, 2.0]],
    "pnl": [[10.0, 100.0, -5.0, 0.0], [3.0, 3.0, 3.0, 3.0]],
}
TIED = {"scores": [[1.0, 0.0]], "pnl": [[3.0, 3.0]]}


class ProfitAwareBCEParameters(Parameters):
    """Parameters of the profit-aware binary cross-entropy."""

    top_k: int = Field(6, ge=1, description="most profitable items of each list that are kept")
    log_base: float = Field(10.0, gt=1, description="base of the logarithm of the profit gap")
    skip_empty: bool = Field(True, description="leave lists without a weighted pair out of the mean's divisor")


SPEC = LossSpec(
    name="profit_aware_bce",
    title="Profit-aware binary cross-entropy (PA-BCE)",
    task="ranking",
    summary="The pairwise logistic loss of the most profitable items of each list, each pair weighted by the logarithm of its "
    "profit gap. For rankings in which a mistake costs what the items earn apart; the labels are amounts of money, not grades.",
    formula=r"\ell = \frac{1}{K} \sum_{1 \le i < j \le K} \log_b(1 + P_i - P_j) \log\big(1 + e^{-(s_i - s_j)}\big),\quad "
    r"P_1 \ge \dots \ge P_K \text{ the largest of the list},\ K = \min(k, n)",
    parameters=ProfitAwareBCEParameters,
    inputs=(
        real("scores", "B", "n", meaning="ranking scores, one list a row"),
        real("pnl", "B", "n", meaning="realised profit and loss of the items", role="target"),
    ),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="a mean over lists"),
        PermutationInvariant(over="points").holds(
            when=WHOLE,
            source="sorted by profit; a tied pair weighs log 1 = 0",
            note="with a cut, too, but for ties at it",
        ),
        PermutationInvariant(over="points").fails(
            when={"top_k": 2, "n": AtLeast(3)}, source="pnl (1, 0, 0): of the tied items the first is kept"
        ),
        ShiftInvariant(on="scores", axis="n").holds(source="only differences enter"),
        ShiftInvariant(on="pnl", axis="n").holds(source="only differences enter"),
        ScaleInvariant(on="scores", axis="n").fails(
            when=PAIRS, source="pnl (9, 0): scores (1, 0) give 0.156631, (2, 0) 0.063464"
        ),
        ScaleInvariant(on="pnl", axis="n").fails(
            when=PAIRS, source="scores (0, 0): pnl (9, 0) gives 0.346574, (18, 0) 0.443182"
        ),
        Convex(on="scores").holds(source="weights that are not negative times softplus of linear functions"),
        NonNegative().holds(source="weights and softplus are not negative"),
        Bounded().fails(when=PAIRS, source="about w (s_j - s_i) / K for a pair that is wrong by far"),
        ZeroAt(where={"scores": PNL}, reach="approached").holds(
            source="softplus tends to 0 for every pair of another profit, the others weigh nothing"
        ),
        ZeroAt(where={"pnl": 0.0}).holds(source="every weight is log 1 = 0"),
        Monotone(on="log_base", direction="decreasing").holds(source="every weight is divided by log b"),
        Differentiable(on="scores", order=0).holds(
            source="composition of smooth maps; order and weights are constants"
        ),
        ReducesTo(
            other="logistic",
            inputs={"logits": item(SCORES, 0) - item(SCORES, 1), "target": item(PNL, 0) / 9},
            relation="affine",
            scale=0.5,
            given={"pnl": (9.0, 0.0)},
        ).holds(
            when={"top_k": AtLeast(2), "log_base": 10.0, "n": 2},
            source="one pair of weight log10(1 + 9) = 1, over K = 2 items",
        ),
    ),
    references=("li2025learn",),
    examples=(
        Example(inputs=LIST, expected=0.8798540031),
        Example(inputs=LISTS, parameters={"top_k": 2}, reduction="none", expected=[0.543002435, 0.0]),
        Example(inputs=LISTS, parameters={"top_k": 2}, expected=0.543002435, note="the list without a gap is left out"),
        Example(inputs=LISTS, parameters={"top_k": 2, "skip_empty": False}, expected=0.2715012175),
    ),
    edge_cases=(
        EdgeCase(
            case="n = 1, top_k = 1 or all profits equal",
            expected="the list is 0 and left out of the mean; where none is left mean and sum 0 with zero gradient, none "
            "zeros; an error under losskit.debug()",
            examples=(
                Example(inputs={"scores": [[0.3]], "pnl": [[5.0]]}, expected=0.0),
                Example(inputs=LIST, parameters={"top_k": 1}, expected=0.0),
                Example(inputs=TIED, expected=0.0),
                Example(inputs=TIED, reduction="none", expected=[0.0]),
            ),
        ),
        EdgeCase(
            case="B = 0 or n = 0",
            expected="mean and sum 0 with zero gradient; an error under losskit.debug()",
            examples=(
                Example(inputs={"scores": [[], []], "pnl": [[], []]}, expected=0.0),
                Example(inputs={"scores": [[], []], "pnl": [[], []]}, reduction="none", expected=[0.0, 0.0]),
            ),
        ),
        EdgeCase(
            case="top_k > n",
            expected="n items are kept, and n divides",
            examples=(Example(inputs=LIST, parameters={"top_k": 50}, expected=0.8798540031),),
        ),
        EdgeCase(
            case="a tie at the cut",
            expected="the item that comes first in the list is kept",
            examples=(
                Example(
                    parameters={"top_k": 2},
                    inputs={
                        "scores": [[0.5, -0.3, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]],
                        "pnl": [[3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]],
                    },
                    expected=0.088530007682153,
                    note="the second of eight",
                ),
                Example(
                    inputs={"scores": [[0.0, 1.0, 5.0]], "pnl": [[0.0, 9.0, 0.0]]},
                    parameters={"top_k": 2},
                    expected=0.1566308437,
                ),
            ),
        ),
        EdgeCase(
            case="a gap of 1e9",
            expected="weight 9 with the base 10",
            examples=(Example(inputs={"scores": [[0.0, 0.0]], "pnl": [[1e9, 1.0]]}, expected=3.1191623125),),
        ),
        EdgeCase(
            case="nan or an infinity in pnl",
            expected="refused by name and index: there is no order, or no gap; lists of unequal lengths cannot be padded so",
            examples=(
                Example(inputs={**TIED, "pnl": [[3.0, float("nan")]]}, refused="pnl"),
                Example(inputs={**TIED, "pnl": [[3.0, -float("inf")]]}, refused="pnl"),
            ),
        ),
        EdgeCase(case="nan or inf in the scores", expected="nan in that list only, and only if the item is kept"),
    ),
    notes=(
        "The divisor of a list is K, its kept items, not the number of its pairs.",
        "The authors' LightGBM objective has the base e and 20 items, and divides by nothing.",
        "The label that says whether an item is risky does not enter.",
        "Items beyond the K most profitable get no gradient. Memory is O(B K^2) beside the inputs, in graphs O(B k n).",
    ),
    graph_accepts=(
        Accepted(input="pnl", wrong="not a number", answer="nan", meaning="nan"),
        Accepted(input="pnl", wrong="an axis of size 1", meaning="the first list, or the first item of each, alone"),
        # as the graphs are traced, with lists of five: of longer ones the first top_k, or fewer, are looked at
        Accepted(
            input="scores",
            wrong="an axis too long",
            meaning="lists and items without a profit are left out",
            when={"top_k": Between(1, 5)},
        ),
        Accepted(
            input="pnl",
            wrong="an axis too short",
            meaning="lists and items without a profit are left out",
            when={"top_k": Between(1, 4)},
        ),
        Accepted(
            input="pnl",
            wrong="an axis too long",
            meaning="profits without a score are left out",
            when={"top_k": Between(1, 2)},
        ),
    ),
    module="losskit.plugins.ranking.profit_aware_bce.loss:ProfitAwareBCELoss",
    oracle="losskit.plugins.ranking.profit_aware_bce.reference:profit_aware_bce",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the profit-aware binary cross-entropy."""
    return SPEC
