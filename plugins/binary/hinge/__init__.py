"""The hinge loss of one score: the loss of the support vector machine."""

from pydantic import Field

from losskit.spec import Above, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, LABEL_NOT_BINARY, NAN_ROW, SIGN_BY_ARITHMETIC, SIGNED, TWO_CLASSES
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DivergenceAxioms,
    FisherConsistent,
    HConsistencyBound,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    StrictlyConvex,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import binary_target, score

MARGIN, TARGET = symbol("margin"), symbol("target")
RIGHT = {"logits": MARGIN * (2 * TARGET - 1)}


class HingeParameters(Parameters):
    """Parameters of the hinge loss."""

    margin: float = Field(
        1.0, ge=0, description="score on the label's side that costs nothing; 0 is the perceptron loss"
    )


SPEC = LossSpec(
    name="hinge",
    title="Hinge loss (binary)",
    task="binary",
    summary="Max-margin loss of the support vector machine: linear below the margin, zero beyond it. Calibrated with the "
    "tightest bound of its kind, and blind to probabilities; take logistic where those are wanted.",
    formula=r"\ell(x, t) = \max(0,\ m - z),\quad z = (2t - 1)\, x",
    parameters=HingeParameters,
    inputs=(score("B"), binary_target("B")),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="z stays where score and label both change sides"),
        MarginBased().holds(source="the definition"),
        NonNegative().holds(source="the definition"),
        Bounded().fails(source="margin=1: z=-100 gives 101"),
        Homogeneous(on=("logits", "margin")).holds(source="maximum of linear functions"),
        Convex(on="logits").holds(source="maximum of affine functions"),
        StrictlyConvex(on="logits").fails(source="piecewise linear"),
        Monotone(on="logits", part="positives", direction="decreasing").holds(source="slope 0 or -1 in z"),
        Monotone(on="logits", part="negatives", direction="increasing").holds(source="slope 0 or -1 in z"),
        Monotone(on="margin", direction="increasing").holds(source="slope 0 or 1 in the margin"),
        DivergenceAxioms(of="logits", origin=RIGHT["logits"]).fails(source="zero beyond the margin, too"),
        ZeroAt(where=RIGHT).holds(source="z = margin, and beyond"),
        UpperBounds(target="zero_one", factor=1 / MARGIN).holds(
            when={"margin": Above(0)}, source="at least the margin where z <= 0, attained at z=0"
        ),
        UpperBounds(target="zero_one").fails(when={"margin": 0.0}, source="z=0 costs nothing"),
        Lipschitz(on="logits", constant=1.0).holds(source="slope 0 or -1 in z"),
        Differentiable(on="logits").fails(source="kink at z = margin: slopes -1 and 0"),
        LabelSymmetric().fails(
            source="margin=1: x=0 sums to 2, x=3 to 4",
            note="constant, 2 margin, as long as |x| is no more than the margin",
        ),
        ClassificationCalibrated().holds(
            when={"margin": Above(0)}, source="Bartlett et al. 2006, theorem 2: convex, slope -1 at z=0"
        ),
        ClassificationCalibrated().fails(when={"margin": 0.0}, source="x=0 has risk 0, the least, whatever p"),
        FisherConsistent(target="auc").fails(
            when={"margin": Above(0)}, source="all points with p > 1/2 share the minimiser x=margin, and tie"
        ),
        Proper().fails(when={"margin": Above(0)}, source="margin=1: p=0.6 and p=0.9 share the minimiser x=1"),
        NoiseTolerant(rate=0.5, rows="free").holds(
            when={"margin": 1.0},
            source="the minimiser is the margin on the likelier side, and noise keeps the side",
            note="true above 0; elsewhere the search meets kinks to 1e-9, too coarse beside a tie",
        ),
        NoiseTolerant(rate=0.5).fails(
            when={"margin": Above(0)}, source="the sum over labels, which noise adds to the risk, depends on the score"
        ),
        HConsistencyBound(transform=MARGIN * symbol("t")).holds(
            when={"margin": Above(0)}, source="Bartlett et al. 2006, attained at every t"
        ),
        HConsistencyBound().fails(
            when={"margin": 0.0}, source="x=0 has risk 0, the least, and may count as either class"
        ),
        ReducesTo(other="crammer_singer", parameters={"margin": MARGIN}, inputs=TWO_CLASSES).holds(
            source="with one wrong class its largest violation is the hinge of the difference"
        ),
    ),
    references=("bartlett2006convexity",),
    examples=(
        Example(inputs=SIGNED, expected=1.6),
        Example(parameters={"margin": 2.0}, inputs=SIGNED, reduction="none", expected=[1.5, 3.2, 4.0, 1.7]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="z exactly at the margin",
            expected="value 0, gradient 0",
            examples=(Example(inputs={"logits": [1.0, -1.0], "target": [1.0, 0.0]}, expected=0.0),),
        ),
        EdgeCase(
            case="all margins met",
            expected="0 with zero gradient",
            examples=(Example(inputs={"logits": [1.5, -2.0], "target": [1.0, 0.0]}, expected=0.0),),
        ),
        EdgeCase(
            case="scores of 1e4",
            expected="0 or 1e4 + margin, finite",
            examples=(
                Example(
                    inputs={"logits": [1e4, 1e4, -1e4], "target": [1.0, 0.0, 1.0]},
                    reduction="none",
                    expected=[0.0, 10001.0, 10001.0],
                ),
            ),
        ),
        LABEL_NOT_BINARY,
        NAN_ROW,
    ),
    notes=(
        "At the margin itself the gradient is 0.",
        "torch.nn.HingeEmbeddingLoss is another function; it is not the hinge of a decision.",
    ),
    graph_accepts=SIGN_BY_ARITHMETIC,
    module="losskit.plugins.binary.hinge.loss:HingeLoss",
    oracle="losskit.plugins.binary.hinge.reference:hinge",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the hinge loss."""
    return SPEC
