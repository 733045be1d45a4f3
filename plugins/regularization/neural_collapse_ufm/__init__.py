"""The unconstrained-features objective: a fit with quadratic penalties on free features and on every linear layer."""

from typing import Literal

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, Narrowing, OneOf, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END, HEAD_FEATURES, HEAD_LABELS, HEAD_WEIGHT
from losskit.spec.expressions import maximum, one_hot, positions, sqrt, symbol, transpose
from losskit.spec.graphs import CLASS_IDS
from losskit.spec.properties import (
    Convex,
    Differentiable,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    RotationInvariant,
)
from losskit.spec.tensors import class_target, real

HEAD = {"features": HEAD_FEATURES, "weight": HEAD_WEIGHT, "target": HEAD_LABELS}
DECAYS = {"weight_decay": 0.01, "feature_decay": 0.02}
MEMBER = one_hot(symbol("target"), symbol("C"))
PER_CLASS = maximum(transpose(MEMBER) @ (0.0 * symbol("features") + 1.0), 1e-300)  # (C, D), samples of each class
DECAY_W, DECAY_H, ROWS = symbol("weight_decay"), symbol("feature_decay"), symbol("B")
KEPT = maximum(1 - ROWS * sqrt(DECAY_W * DECAY_H / PER_CLASS), 0.0)  # score of the label, (C, D)
BALANCE = sqrt(DECAY_H * PER_CLASS / DECAY_W)  # squared length of a classifier row over that of its features
COLLAPSED = {
    "weight": one_hot(positions(transpose(symbol("weight"))), symbol("D")) * sqrt(KEPT * BALANCE),
    "features": one_hot(symbol("target"), symbol("D")) * (MEMBER @ sqrt(KEPT / BALANCE)),
}
ROOM = {"C": Between(2, 3), "D": AtLeast(3)}
UNPENALISED = {"weight_decay": 0.0, "feature_decay": 0.0}
FEW = {"L": Between(0, 2)}
RESOLVED = (
    "true of any number of layers, of which more make slopes so steep that the step of a difference jumps over them"
)
SCORES = {"logits": symbol("features") @ transpose(symbol("weight"))}
SQUARED, LOG = {"kind": OneOf(values=("mse",))}, {"kind": OneOf(values=("ce",))}
LIGHT = {"kind": "ce", "weight_decay": Between(0, 0.01), "feature_decay": Between(0, 0.01), "C": AtLeast(2)}


class NeuralCollapseUFMParameters(Parameters):
    """Parameters of the unconstrained-features objective."""

    kind: Literal["mse", "ce"] = Field(
        "mse", description="fit: half the squared error to one-hot labels, or the log loss"
    )
    weight_decay: float = Field(5e-4, ge=0, description="lambda_W, the same for all layers; the bias is not penalised")
    feature_decay: float = Field(5e-4, ge=0, description="lambda_H, on the squared norm of all features together")


SPEC = LossSpec(
    name="neural_collapse_ufm",
    title="Unconstrained-features objective of deep linear heads",
    task="regularization",
    summary="The objective in which the last-layer features are free variables: a fit (squared error or log loss) plus "
    "quadratic penalties on the features and on every linear layer. Take it to study neural collapse, or to test measures "
    "of it where the minimisers are known in closed form.",
    formula=r"\ell_i = \mathrm{fit}(o_i, y_i) + \frac{\lambda_W}{2} \sum_j \|W_j\|_F^2 + \frac{N \lambda_H}{2} \|h_i\|^2,"
    r"\quad o_i = W_M \cdots W_1 h_i + b,\quad "
    r"\mathrm{fit} = \tfrac12 \|o_i - e_{y_i}\|^2 \text{ or } -\log \mathrm{softmax}(o_i)_{y_i}",
    parameters=NeuralCollapseUFMParameters,
    inputs=(
        real("features", "B", "D", meaning="last-layer features, one row a sample"),
        real("weight", "C", "D", role="parameter", meaning="last layer"),
        class_target("B"),
        real(
            "hidden_weights",
            "L",
            "D",
            "D",
            role="parameter",
            optional=True,
            meaning="earlier linear layers, the first to be applied first; L = 0 as if left out",
        ),
        real("bias", "C", role="parameter", optional=True, meaning="bias of the last layer"),
    ),
    output=("B",),
    unrolled=("L",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sums over samples"),
        PermutationInvariant(over="classes").holds(source="rows of weight and entries of bias move with the target"),
        RotationInvariant(on=("features", "weight")).holds(
            when={"L": 0}, source="inner products and Frobenius norms are unchanged"
        ),
        RotationInvariant(on=("features", "hidden_weights")).holds(
            when={"L": 1},
            source="W_1 R' R h = W_1 h, and the norms are unchanged",
            note="true of the first of any number of layers, the others left as they are",
        ),
        RotationInvariant(on=("features", "weight")).fails(
            when={"L": AtLeast(1), "D": AtLeast(2)}, source="the layers between them stay where they were"
        ),
        RotationInvariant(on="features").fails(when={"D": AtLeast(2)}, source="the layers stay where they were"),
        NonNegative().holds(source="every term is"),
        MinimisedAt(where=COLLAPSED, absent=("hidden_weights", "bias")).holds(
            when={"kind": "mse", "weight_decay": Between(1e-3, 1), "feature_decay": Between(1e-3, 1), **ROOM},
            source="singular-value thresholding of the one-hot matrix: class means along axes of their own, features of a "
            "class alike, W h_k = c_k e_k with c_k = max(0, 1 - N (lambda_W lambda_H / n_k)^(1/2))",
            note="true wherever D >= C, and of every rotation of it",
        ),
        MinimisedAt(where=COLLAPSED, absent=("hidden_weights", "bias")).fails(
            when={"kind": "ce", "weight_decay": Between(1e-3, 0.1), "feature_decay": Between(1e-3, 0.1), **ROOM},
            source="the log loss has its minimum elsewhere: it does not stop at scores of 1",
        ),
        Convex(on="features").holds(source="the fit of a linear map plus squares"),
        Convex(on="weight").holds(source="the fit of a linear map plus squares"),
        Convex(on="bias").holds(source="the fit of a linear map"),
        Convex(on="hidden_weights").holds(
            when={"L": 1},
            source="the fit of a linear map plus squares",
            note="true of each of several layers, the others fixed",
        ),
        Convex(on="hidden_weights").fails(when={"kind": "mse", "L": AtLeast(2)}, source="a product of layers"),
        Convex(on=("features", "weight")).fails(
            when={"kind": "mse"},
            source="w = h = t, both decays d, y = 0: the Hessian's determinant (d + 1 - t^2)(3 t^2 + d - 1) is negative far out",
        ),
        Convex(on=("features", "weight")).fails(
            when=LIGHT,
            source="C=2, D=1, no decay, y = 0: h = 3, w = (3, 0) and their opposites give 0.000123, their midpoint log 2",
            note="heavy penalties outweigh the product: with both decays 2 one sample of these sizes has a convex objective",
        ),
        Differentiable(on=("features", "weight"), order=0).holds(
            when=FEW, source="composition of smooth maps", note=RESOLVED
        ),
        Differentiable(on="hidden_weights", order=0).holds(
            when=FEW, source="composition of smooth maps", note=RESOLVED
        ),
        Differentiable(on="bias", order=0).holds(when=FEW, source="composition of smooth maps", note=RESOLVED),
        ReducesTo(
            other="one_hot_mse", parameters={"factor": 0.5}, inputs=SCORES, absent=("hidden_weights", "bias")
        ).holds(when={"kind": "mse", **UNPENALISED}, source="the definition"),
        ReducesTo(other="cross_entropy", inputs=SCORES, absent=("hidden_weights", "bias")).holds(
            when={"kind": "ce", **UNPENALISED}, source="the definition"
        ),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            reason="features are parameters: the penalty on a row grows with the number of rows",
        ),
    ),
    coupling="batch",
    references=("dang2023neural",),
    examples=(
        Example(parameters=DECAYS, inputs=HEAD, expected=0.7525833333),
        Example(
            parameters={"kind": "ce", **DECAYS},
            inputs=HEAD,
            reduction="none",
            expected=[0.3932565531, 0.5186009426, 0.3151493018, 0.2991125214, 0.3152494503, 0.2819289913],
        ),
        Example(
            parameters={"weight_decay": 0.1, "feature_decay": 0.5},
            inputs={
                "features": [[1.0, 2.0]],
                "weight": [[1.0, 0.0], [0.0, 1.0]],
                "target": [0],
                "hidden_weights": [[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 2.0]]],
                "bias": [-1.0, 1.0],
            },
            expected=6.2,
            note="the scores are (1, 3): 4.5 of fit, 0.45 of layers, 1.25 of features",
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="a class absent",
            expected="allowed; its row of weight is only shrunk",
            examples=(
                Example(
                    parameters=UNPENALISED,
                    inputs={"features": [[1.0]], "weight": [[1.0], [0.5], [0.0]], "target": [0]},
                    expected=0.125,
                ),
            ),
        ),
        EdgeCase(case="D < C", expected="allowed; the closed form of the minimum does not apply"),
        EdgeCase(case="hidden_weights of no layers", expected="as if left out"),
        EdgeCase(
            case="target outside 0..C-1",
            expected="refused by name and index, never wrapped around",
            examples=(Example(inputs={**HEAD, "target": [0, 0, 1, 1, 2, 3]}, refused="target"),),
        ),
        EdgeCase(
            case="layers that are not D x D",
            expected="refused",
            examples=(
                Example(inputs={**HEAD, "hidden_weights": [[[1.0, 0.0], [0.0, 1.0]]]}, refused="hidden_weights"),
            ),
        ),
    ),
    notes=(
        "The mean is the objective, (1/N) sum fit + (lambda_W/2) sum ||W_j||^2 + (lambda_H/2) ||H||^2: the penalty on the "
        "features is of their sum, not of their mean. sum is N times the mean.",
        "N counts the samples; with sample_weight it is the sum of the weights, as if samples were repeated.",
        "At a stationary point with lambda_W > 0 the layers are balanced, W_{j+1}' W_{j+1} = W_j W_j' and "
        "lambda_W W_1' W_1 = lambda_H H' H for H with a row a sample.",
        "One layer, squared error, no bias, D >= C, n_k samples of class k: the minimum is the sum over the classes of "
        "n_k (1 - c_k)^2 / (2N) + c_k sqrt(n_k lambda_W lambda_H), c_k = max(0, 1 - N sqrt(lambda_W lambda_H / n_k)). There "
        "rows of a class coincide, rows of weight are orthogonal, weight maps the mean of class k to c_k e_k, and classes "
        "with c_k = 0 vanish (minority collapse).",
        "A graph has the number of layers it was traced with.",
    ),
    graph_accepts=(
        *(
            Accepted(
                input="target", wrong=wrong, meaning="no class is the label: the squares of all scores", when=SQUARED
            )
            for wrong in CLASS_IDS
        ),
        Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every row", when=SQUARED),
        FROM_THE_END.model_copy(update={"when": LOG}),
        Accepted(
            input="target",
            wrong="an axis of size 1",
            meaning="the first row's log loss stands for every row's",
            when=LOG,
        ),
        Accepted(input="bias", wrong="an axis of size 1", meaning="added to the score of every class"),
    ),
    module="losskit.plugins.regularization.neural_collapse_ufm.loss:NeuralCollapseUFMLoss",
    oracle="losskit.plugins.regularization.neural_collapse_ufm.reference:neural_collapse_ufm",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the unconstrained-features objective."""
    return SPEC
