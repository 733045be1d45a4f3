"""The Mann-Whitney loss: every positive score above every negative one, a surrogate of the area under the ROC curve."""

from typing import Literal

from pydantic import Field

from losskit.spec import Accepted, AtLeast, EdgeCase, Example, Input, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.expressions import item, log, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    DuplicationInvariant,
    FisherConsistent,
    Homogeneous,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ScaleInvariant,
    ShiftInvariant,
    StrictlyConvex,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import Binary, logits

TEMPERATURE, SCORES = symbol("temperature"), symbol("logits")
GAP = item(SCORES, 0) - item(SCORES, 1)  # of one positive over one negative
ONE_PAIR = {"target": (1.0, 0.0)}
MATRIX = {"logits": [[0.9, 0.2, 0.4], [0.1, 0.8, 0.5]]}
LIST = {"logits": [1.0, -0.5, 0.2, 0.7], "target": [1.0, 0.0, 0.0, 1.0]}


class MannWhitneyParameters(Parameters):
    """Parameters of the Mann-Whitney loss."""

    temperature: float = Field(0.01, gt=0, description="divides every score difference; 0.01 for cosine similarities")
    normalize: Literal["positives", "pairs"] = Field(
        "positives", description="divide by the number of positives (paper, Eq. 3) or of pairs (Eq. 2, AUC scale)"
    )


SPEC = LossSpec(
    name="mann_whitney",
    title="Mann-Whitney loss (pairwise logistic loss of the AUC)",
    task="ranking",
    summary="Pushes every positive score above every negative score of the whole batch, also across queries; an upper bound "
    "on one minus the AUC. Choose it when scores must be comparable between queries, which InfoNCE does not give.",
    formula=r"\ell_p = \sum_{n \in N} \log\big(1 + e^{-(s_p - s_n)/T}\big),\quad "
    r"\text{mean} = \frac{1}{|P|} \sum_{p \in P} \ell_p\ \Big(\text{pairs: } \frac{1}{|P||N|} \sum_p \ell_p\Big)",
    parameters=MannWhitneyParameters,
    inputs=(
        logits("*shape", meaning="scores of any shape; without target a matrix (B, M), M >= B"),
        Input(
            name="target",
            shape=("*shape",),
            domain=Binary(),
            role="target",
            differentiable=False,
            optional=True,
            meaning="1 for positives, 0 for negatives; left out, the diagonal of the matrix holds the positives",
        ),
    ),
    output=("P",),
    claims=(
        PermutationInvariant(over="set").holds(source="a sum over pairs; with target given"),
        DuplicationInvariant().holds(when={"normalize": "pairs"}, source="a mean over pairs; with target given"),
        DuplicationInvariant().fails(
            when={"normalize": "positives"}, source="target [1, 0], T=1: [1, 0] gives 0.31326, twice over 0.62652"
        ),
        ShiftInvariant(on="logits", axis="all").holds(source="only differences enter"),
        ShiftInvariant(on="logits", axis="last").fails(
            source="[[.9, .2], [.1, .8]], T=1: 0.80748, and 2.51247 with 5 added to the second row"
        ),
        ScaleInvariant(on="logits", axis="all").fails(source="target [1, 0], T=1: [1, 0] gives 0.3133, [2, 0] 0.1269"),
        Homogeneous(on=("logits", "temperature"), degree=0.0).holds(source="only the quotient enters"),
        Convex(on="logits").holds(source="softplus of linear functions"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        ZeroAt(where={"logits": symbol("target")}, reach="approached").holds(
            source="softplus tends to 0, and never reaches it"
        ),
        ZeroAt(where={"logits": symbol("target")}).fails(
            when={"temperature": AtLeast(0.5)}, source="every pair costs something: log(1 + exp(-1/T)) here"
        ),
        UpperBounds(target="one_minus_auc", factor=1 / log(2)).holds(
            source="1[z <= 0] <= log(1 + exp(-z)) / log 2 for every pair",
            note="with normalize='positives' the value is that of pairs times the number of negatives",
        ),
        UpperBounds(target="one_minus_auc").fails(
            when={"normalize": "pairs"}, source="one pair with equal scores: log 2 < 1"
        ),
        FisherConsistent(target="auc").holds(
            source="Gao & Zhou 2015: the pairwise logistic loss is consistent with AUC"
        ),
        NonNegative().holds(source="softplus is positive"),
        Bounded().fails(source="grows with the gap of a wrongly ordered pair"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="sign of the derivative"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="sign of the derivative"),
        Lipschitz(on="logits", norm="linf", constant=2 / TEMPERATURE).holds(
            when={"normalize": "pairs"}, source="every pair pulls its two ends with a weight of at most 1/(|P||N| T)"
        ),
        Lipschitz(on="logits", norm="l2", constant=sqrt(2) / TEMPERATURE, tight=False).holds(
            when={"normalize": "pairs"}, source="sqrt(1/|P| + 1/|N|)/T, largest for a single pair"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        ReducesTo(
            other="torch.nn.BCEWithLogitsLoss",  # SoftMarginLoss is the same on paper and overflows to inf
            inputs={"input": GAP / TEMPERATURE, "target": item(symbol("target"), 0)},
            given=ONE_PAIR,
        ).holds(source="one positive and one negative: the logistic loss of their gap"),
        ReducesTo(
            other="dpo",
            inputs={"policy_chosen_logps": item(SCORES, 0), "policy_rejected_logps": item(SCORES, 1)},
            parameters={"beta": 1 / TEMPERATURE, "reference_free": True},
            given=ONE_PAIR,
        ).holds(source="one positive and one negative: a preference without a reference"),
    ),
    narrowed=(Narrowing(property="BatchDecomposable", reason="every positive meets the negatives of the whole batch"),),
    coupling="set",
    weights="logits",
    references=("sheikholeslami2025optimizing", "gao2015consistency"),
    examples=(
        Example(inputs=MATRIX, parameters={"temperature": 0.1}, expected=0.04811829016),
        Example(inputs=LIST, parameters={"temperature": 1.0, "normalize": "pairs"}, expected=0.3274683489),
        Example(inputs=LIST, parameters={"temperature": 0.5}, reduction="none", expected=[0.2324880925, 0.4000978397]),
    ),
    edge_cases=(
        EdgeCase(
            case="no negative",
            expected="every value 0; mean and sum 0 with zero gradient",
            examples=(
                Example(inputs={"logits": [0.3, 0.1], "target": [1.0, 1.0]}, expected=0.0),
                Example(inputs={"logits": [[0.3]]}, parameters={"normalize": "pairs"}, expected=0.0),
                Example(inputs={"logits": [0.3, 0.1], "target": [1.0, 1.0]}, reduction="none", expected=[0.0, 0.0]),
            ),
        ),
        EdgeCase(
            case="no positive",
            expected="mean and sum 0 with zero gradient; none the empty tensor",
            examples=(
                Example(inputs={"logits": [0.3, 0.1], "target": [0.0, 0.0]}, expected=0.0),
                Example(inputs={"logits": [0.3, 0.1], "target": [0.0, 0.0]}, reduction="none", expected=[]),
            ),
        ),
        EdgeCase(
            case="weights, of which none need be a whole number",
            expected="a pair weighs the product of its two, each over the sum of its side where pairs are averaged",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]},
                    sample_weight=[[1.0, 2.0, 0.0], [4.0, 3.0, 1.0]],
                    expected=4.852030263919617,
                    note="7 log 2: negatives weigh 2 + 4 + 1",
                ),
                Example(
                    inputs=MATRIX,
                    parameters={"temperature": 0.5},
                    sample_weight=[[1.0, 2.0, 0.0], [4.0, 3.0, 1.0]],
                    reduction="none",
                    expected=[1.5475384493380349, 5.537167574507255],
                ),
                Example(
                    inputs=LIST,
                    parameters={"temperature": 1.0, "normalize": "pairs"},
                    sample_weight=[1.0, 0.25, 0.5, 3.0],
                    expected=0.38149365974775346,
                ),
            ),
        ),
        EdgeCase(
            case="equal scores",
            expected="log 2 a pair",
            examples=(Example(inputs={"logits": [0.5, 0.5, 0.5], "target": [0.0, 1.0, 0.0]}, expected=1.3862943611),),
        ),
        EdgeCase(
            case="score gap over temperature of 1e6",
            expected="finite; gradient -1/temperature a pair where wrongly ordered",
            examples=(
                Example(inputs={"logits": [-1e4, 0.0], "target": [1.0, 0.0]}, expected=1e6),
                Example(inputs={"logits": [1e4, 0.0], "target": [1.0, 0.0]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="target entries other than 0 and 1",
            expected="refused by name and index",
            examples=(Example(inputs={"logits": [0.3, 0.1], "target": [1.0, 0.5]}, refused="target"),),
        ),
        EdgeCase(
            case="matrix form with M < B, or scores that are no matrix",
            expected="refused",
            examples=(
                Example(inputs={"logits": [[0.3], [0.1]]}, refused="logits"),
                Example(inputs={"logits": [0.3, 0.1]}, refused="logits"),
            ),
        ),
    ),
    notes=(
        "normalize='positives' with mean divides by the number of positives alone, as the paper's batch loss does: the value "
        "grows with the number of negatives.",
        "In eager mode pairs are swept in blocks of positives: O(|P| |N|) time, O(|P| + |N|) memory. Graphs hold all pairs.",
        "With target given, mean and sum have a form of fixed shape for accelerators, compilers and graphs, which pairs every "
        "score with every score at weight 0 or 1. reduction='none' selects the positives: its shape depends on the data, so "
        "it makes an accelerator wait and does not work under vmap. Without target the shape is (B,).",
    ),
    graph_accepts=(
        Accepted(input="target", wrong="not 0 or 1", meaning="taken for a negative"),
        Accepted(input="target", wrong="not a number", meaning="taken for a negative"),
    ),
    module="losskit.plugins.ranking.mann_whitney.loss:MannWhitneyLoss",
    oracle="losskit.plugins.ranking.mann_whitney.reference:mann_whitney",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Mann-Whitney loss."""
    return SPEC
