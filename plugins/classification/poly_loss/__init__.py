"""PolyLoss: cross-entropy with the first coefficient of its expansion in 1 - p changed."""

from pydantic import Field

from losskit.spec import Above, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import (
    EMPTY_BATCH,
    FROM_THE_END,
    LABEL_OUT_OF_RANGE,
    LABELS_FOR_SOME_ROWS,
    MIXED_ROWS,
    NAN_ROW,
    ONE_CLASS,
)
from losskit.spec.expressions import log, one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    QuasiConvex,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

EPSILON, C = symbol("epsilon"), symbol("C")
RIGHT = {"logits": one_hot(symbol("target"), C)}
SEVERAL = {"C": AtLeast(2)}


class PolyLossParameters(Parameters):
    """Parameters of PolyLoss."""

    epsilon: float = Field(2.0, ge=-1, description="added to the coefficient 1 of 1 - p; 0 is cross-entropy")


SPEC = LossSpec(
    name="poly_loss",
    title="PolyLoss (Poly-1 cross-entropy)",
    task="classification",
    summary="Cross-entropy plus epsilon times one minus the label's probability. One number to tune: above 0 it presses "
    "for confident predictions, below 0 it lets go of them. The probabilities it states are no longer calibrated.",
    formula=r"\ell(z, y) = -\log p_y + \epsilon\,(1 - p_y),\quad p = \mathrm{softmax}(z)",
    parameters=PolyLossParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="-log p >= 1 - p, so the value is at least (1 + epsilon) (1 - p)"),
        Bounded().fails(when=SEVERAL, source="-log p_y as p_y tends to 0"),
        Monotone(on="epsilon", direction="increasing").holds(source="1 - p_y is not negative"),
        Monotone(on="logits", part="label", direction="decreasing").holds(
            source="the slope in p_y, -1/p_y - epsilon, is at most 0"
        ),
        Convex(on="logits").holds(
            when={"epsilon": Between(-1, 1)},
            source="Hessian (1 + epsilon p) H - epsilon p g g^T: not negative where 1 - epsilon (1 - 2 p) >= 0",
        ),
        Convex(on="logits").fails(
            when={"epsilon": Above(1), "C": AtLeast(2)},
            source="epsilon=10, y=0: (-6, 0), (-3, 0), (0, 0) give 15.97775, 12.57433, 5.69315",
        ),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        QuasiConvex(on="logits").holds(source="-log p_y is convex, and the value increases with it"),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_y tends to 1"),
        UpperBounds(target="zero_one", factor=1 / (log(2) + EPSILON / 2)).holds(
            source="with a class that leads or ties p_y is at most 1/2, and the value falls with p_y"
        ),
        UpperBounds(target="cross_entropy", parameters={"class_weights": None, "label_smoothing": 0.0}).holds(
            when={"epsilon": AtLeast(0)}, source="epsilon (1 - p_y) is not negative"
        ),
        UpperBounds(target="mae_classification", parameters={"scale": 1.0}, factor=1 / (1 + EPSILON)).holds(
            when={"epsilon": Above(-1)}, source="-log p >= 1 - p"
        ),
        Lipschitz(on="logits", constant=sqrt(2)).holds(
            when={"epsilon": Between(-1, 1), "C": AtLeast(2)},
            source="the gradient (1 + epsilon p_y) (p - e_y) is no longer than sqrt(2) (1 + epsilon p_y) (1 - p_y)",
        ),
        Lipschitz(on="logits", constant=sqrt(2) * (1 + EPSILON) ** 2 / (4 * EPSILON)).holds(
            when={"epsilon": AtLeast(1), "C": AtLeast(2)}, source="the same, largest at p_y = (1 - 1/epsilon) / 2"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        LabelSymmetric().fails(when=SEVERAL, source="epsilon=0, C=2: (0, 0) sums to 1.38629, (1, 0) to 1.62652"),
        ClassificationCalibrated().holds(
            source="the risk is strictly convex in p; its minimiser p_k = q_k / (lambda - epsilon q_k) increases with q_k"
        ),
        TopKCalibrated(k=2).holds(
            when={"epsilon": Between(-1, 5), "C": AtLeast(3)},
            source="the minimiser keeps the order of all classes",
            note="true for every epsilon; as it grows the classes behind the first sink below what float64 resolves",
        ),
        StrictlyProper().holds(when={"epsilon": 0.0}, source="the logarithmic score"),
        Proper().fails(
            when={"epsilon": Between(-1, 0, "left"), "C": AtLeast(2)}, source="the minimiser is flatter than q"
        ),
        Proper().fails(
            when={"epsilon": Above(0), "C": AtLeast(2)},
            source="over-confident: epsilon=2, q=(0.6, 0.3, 0.1) gives (0.73344, 0.21156, 0.05500)",
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={"epsilon": Between(-1, 10), "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
        ),
        ReducesTo(other="cross_entropy", parameters={"class_weights": None, "label_smoothing": 0.0}).holds(
            when={"epsilon": 0.0}, source="nothing is added"
        ),
        ReducesTo(other="symmetric_cross_entropy", parameters={"alpha": 1.0, "beta": EPSILON, "log_clip": -1.0}).holds(
            when={"epsilon": AtLeast(0)}, source="reverse cross-entropy is a multiple of 1 - p_y"
        ),
    ),
    references=("leng2022polyloss",),
    examples=(
        Example(inputs=MIXED_ROWS, expected=1.553805044),
        Example(parameters={"epsilon": -0.5}, reduction="none", inputs=MIXED_ROWS, expected=[0.134109814, 0.768055345]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="huge scores",
            expected="finite; exactly 0 where the label leads",
            examples=(
                Example(
                    reduction="none",
                    inputs={"logits": [[1e4, -1e4], [1e4, -1e4]], "target": [0, 1]},
                    expected=[0.0, 20002.0],
                ),
            ),
        ),
        EdgeCase(
            case="equal scores",
            expected="log C + epsilon (1 - 1/C)",
            examples=(Example(inputs={"logits": [[0.5, 0.5]], "target": [1]}, expected=1.6931471805599453),),
        ),
        EdgeCase(case="epsilon < -1", expected="refused as a parameter: values would fall below 0"),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "epsilon = 2 is the paper's choice for ImageNet; peers start from 1.",
        "The general Poly-N adds epsilon_j (1 - p_y)^j for every j up to N; this is N = 1.",
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.poly_loss.loss:PolyLoss",
    oracle="losskit.plugins.classification.poly_loss.reference:poly_loss",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of PolyLoss."""
    return SPEC
