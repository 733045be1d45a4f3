"""Multi-similarity loss: hard pairs of a labelled batch, weighted softly."""

from pydantic import Field

from losskit.spec import Accepted, Between, EdgeCase, Example, Input, LossSpec, Narrowing, OneOf, Parameters, hookimpl
from losskit.spec.properties import (
    Continuous,
    Differentiable,
    NonNegative,
    PermutationInvariant,
    RotationInvariant,
    ScaleInvariant,
    TranslationInvariant,
)
from losskit.spec.tensors import ClassIndex, real

PLANE = {"embeddings": [[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1], [-0.6, 0.8]], "labels": [0, 0, 1, 1, 1]}
SPACE = {
    "embeddings": [[1, 0.2, 0], [0.9, -0.3, 0.4], [0.2, 1, 0.1], [0.5, 0.5, 0.5], [0.1, 0.2, -0.9]],
    "labels": [0, 0, 1, 1, 2],
}
FAR = {"embeddings": [[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]], "labels": [0, 0, 1, 1]}
ALIKE = {"embeddings": [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], "labels": [0, 0, 1]}
LONE = {"embeddings": [[1.0, 0.0], [1.0, 0.0]], "labels": [0, 1]}


class MultiSimilarityParameters(Parameters):
    """Parameters of the multi-similarity loss."""

    alpha: float = Field(2.0, gt=0, description="sharpness of the positive term")
    beta: float = Field(50.0, gt=0, description="sharpness of the negative term")
    lam: float = Field(0.5, description="similarity both terms are centred on; the paper's text has 1, its code 0.5")
    epsilon: float = Field(0.1, description="slack of the mining")
    mining: bool = Field(True, description="keep only pairs that are hard beside the anchor's other pairs")
    normalize: bool = Field(True, description="divide every vector by max(its length, 1e-12) first")


SPEC = LossSpec(
    name="multi_similarity",
    title="Multi-similarity loss",
    task="metric_learning",
    summary="Mines hard positive and negative pairs in the batch, then weights them softly by three similarities (their "
    "own, relative to the negatives, relative to the positives). A strong default for retrieval with several samples a class.",
    formula=r"\ell_i = \frac{1}{\alpha}\log\Big(1 + \sum_{j \in P'_i} e^{-\alpha(S_{ij} - \lambda)}\Big) + "
    r"\frac{1}{\beta}\log\Big(1 + \sum_{j \in N'_i} e^{\beta(S_{ij} - \lambda)}\Big),\quad "
    r"P'_i = \{j \in P_i : S_{ij} - \epsilon < \max_{N_i} S_{ik}\},\; N'_i = \{j \in N_i : S_{ij} + \epsilon > \min_{P_i} S_{ik}\}",
    parameters=MultiSimilarityParameters,
    inputs=(
        real("embeddings", "B", "D", meaning="one vector a sample"),
        Input(
            name="labels",
            shape=("B",),
            dtype="int64",
            domain=ClassIndex(of=None),
            role="target",
            differentiable=False,
            meaning="class of each row, any integer",
        ),
    ),
    output=("B",),
    coupling="pairs",
    gradient="surrogate",
    detached="the mining decision, the sets P' and N': the gradient is that of the value with the kept pairs held fixed; "
    "with mining=False nothing is detached",
    claims=(
        RotationInvariant(on="embeddings").holds(source="depends on inner products only"),
        ScaleInvariant(on="embeddings", axis="D").holds(when={"normalize": True}, source="each row has its own factor"),
        TranslationInvariant(on="embeddings").fails(
            when={"mining": False, "beta": Between(1, 50)}, source="angles are seen from the origin"
        ),
        PermutationInvariant(over="batch").holds(source="sets of pairs have no order"),
        PermutationInvariant(over="classes").holds(source="labels are only compared with each other"),
        NonNegative().holds(source="logarithms of 1 and more"),
        Continuous(on="embeddings").holds(
            when={"mining": False, "normalize": False}, source="log-sum-exp of inner products"
        ),
        Continuous(on="embeddings").fails(
            when={"mining": True, "beta": Between(1, 50), "epsilon": Between(0.05, 0.5)},
            source="a pair enters with a weight: unit vectors at angles 0, 0.3 (class 0) and -a, -(a + 0.3) (class 1), "
            "defaults, fall from 0.58193 to 0.31961 between a = 0.2444 and a = 0.2448",
        ),
        Differentiable(on="embeddings", order=0).holds(
            when={"mining": False, "normalize": False},
            source="log-sum-exp of inner products",
            note="also with normalize=True away from zero vectors; with mining almost everywhere",
        ),
    ),
    narrowed=(
        Narrowing(property="BatchDecomposable", reason="each anchor is compared with the whole batch"),
        Narrowing(
            property="Weighted",
            reason="a repeated row is a new partner for every anchor; sample_weight weights the anchor's own term alone",
        ),
    ),
    references=("wang2019multi",),
    examples=(
        Example(inputs=PLANE, expected=0.3409379896, note="two classes in the plane"),
        Example(inputs=PLANE, parameters={"mining": False}, expected=0.6120101948),
        Example(
            inputs=SPACE,
            parameters={"alpha": 4.0, "beta": 10.0, "lam": 1.0, "epsilon": 0.2},
            reduction="none",
            expected=[0.2967207186, 0.0, 0.0, 0.3464052809, 0.0],
            note="three classes, one a singleton",
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="anchor without positives, mining=True",
            expected="contributes 0, still counted in the mean",
            examples=(Example(inputs=LONE, expected=0.0),),
        ),
        EdgeCase(
            case="anchor without positives, mining=False",
            expected="contributes its negative term",
            examples=(
                Example(
                    inputs=LONE,
                    parameters={"mining": False, "beta": 2.0},
                    expected=0.6566308434,
                    note="log(1 + e) / 2 in both anchors",
                ),
            ),
        ),
        EdgeCase(
            case="one class only",
            expected="mining=True: 0; mining=False: only the positive terms",
            examples=(
                Example(inputs={**LONE, "labels": [4, 4]}, expected=0.0),
                Example(
                    inputs={**LONE, "labels": [4, 4]},
                    parameters={"mining": False},
                    expected=0.1566308437591,
                    note="log(1 + 1/e) / 2 in both anchors",
                ),
            ),
        ),
        EdgeCase(
            case="all pairs mined away",
            expected="exactly 0 with zero gradient",
            examples=(Example(inputs=FAR, expected=0.0),),
        ),
        EdgeCase(
            case="a pair right at the end of the slack",
            expected="is left out: both sets are open",
            examples=tuple(
                Example(
                    inputs=ALIKE,
                    parameters={"epsilon": 0.0, **sharp},
                    reduction="none",
                    expected=[0.0, 0.0, 0.0],
                    gradients={"embeddings": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]},
                )
                for sharp in ({"beta": 1e4}, {"alpha": 1e4, "lam": 2.0})
            ),
        ),
        EdgeCase(
            case="B = 1",
            expected="0",
            examples=(Example(inputs={"embeddings": [[3.0, 4.0]], "labels": [7]}, expected=0.0),),
        ),
        EdgeCase(case="B = 0", expected="mean and sum 0 with zero gradient, none the empty tensor"),
        EdgeCase(
            case="zero vector",
            expected="normalises to the zero vector: similarity 0, a finite gradient of up to 1e12 times the usual",
            examples=(
                Example(
                    inputs={"embeddings": [[0.0, 0.0], [1.0, 0.0]], "labels": [0, 0]},
                    parameters={"mining": False},
                    expected=0.6566308434,
                ),
            ),
        ),
        EdgeCase(
            case="beta = 1e4",
            expected="finite",
            examples=(
                Example(
                    inputs=LONE, parameters={"mining": False, "beta": 1e4}, expected=0.5, note="the largest excess"
                ),
            ),
        ),
    ),
    notes=(
        "In eager mode the similarities of a block of anchors are held, never all B x B: an unweighted sum or mean makes its "
        "gradient in the forward pass, the value of each anchor and a weighted mean sweep again in the backward pass.",
        "What the backward of the blocks supports: retain_graph and a second backward pass; double backward "
        "(create_graph=True) holds all B x B similarities, and with mining=True differentiates with the kept pairs held "
        "fixed. torch.func transforms, torch.compile, TorchScript and exported graphs use the plain form, B x B too. "
        "Forward-mode derivatives need torch.func.jvp.",
        "The value jumps where a pair enters or leaves the mined sets, for it enters with a non-zero weight; where two "
        "similarities tie at the threshold, rounding decides.",
        "The self pair is left out by index, so true duplicates of a row stay positives; the paper's code drops them, and "
        "raises for an anchor without positives.",
        "Anchors with nothing left count as zeros in the mean; some libraries average over the others only.",
        "As a function of the similarities the loss is convex with mining=False, monotone and 2-Lipschitz in the sup norm; "
        "the similarities are no input, so these are no claims.",
        "At a zero vector the gradient is 1e12 times that of a unit vector: finite in float32, beyond float16.",
    ),
    graph_accepts=(
        Accepted(
            input="labels",
            wrong="an axis of size 1",
            meaning="0: no row is compared with another",
            when={"mining": OneOf(values=(False,))},
        ),
    ),
    module="losskit.plugins.metric_learning.multi_similarity.loss:MultiSimilarityLoss",
    oracle="losskit.plugins.metric_learning.multi_similarity.reference:multi_similarity",
    oracle_gradient="losskit.plugins.metric_learning.multi_similarity.reference:multi_similarity_gradient",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the multi-similarity loss."""
    return SPEC
