"""Z-loss: softplus of the label's standardised score, blind to shift and scale of the scores."""

from pydantic import Field

from losskit.spec import Above, AtLeast, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END, LABEL_OUT_OF_RANGE, LABELS_FOR_SOME_ROWS, NAN_ROW, ROWS
from losskit.spec.expressions import one_hot, softplus, sqrt, symbol
from losskit.spec.properties import (
    AffineInvariant,
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ScaleInvariant,
    ShiftInvariant,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

A, B, EPS, C = symbol("a"), symbol("b"), symbol("eps"), symbol("C")
EXACT = {"eps": 0.0}
# beyond these the softplus is flat or straight to many digits, and what fails does so by less than can be seen
BENT = {"a": Between(0.5, 2), "b": Between(-1, 1)}
LABEL = {"logits": one_hot(symbol("target"), C)}
FOUR_CLASSES = {"logits": [[2.0, 0.5, -1.0, 0.0], [-0.5, 1.5, 1.0, -2.0]], "target": [0, 2]}
EQUAL = {"logits": [[0.1, 0.1, 0.1], [1e4, 1e4, 1e4]], "target": [1, 0]}


class ZLossParameters(Parameters):
    """Parameters of the Z-loss; a and b are tuned to the task, b growing with the number of classes."""

    a: float = Field(1.0, gt=0, description="sharpness of the softplus")
    b: float = Field(1.0, description="location: the label's standardised score where the loss bends")
    eps: float = Field(0.0, ge=0, description="added to the variance; above 0 the loss feels the scale of the scores")


SPEC = LossSpec(
    name="z_loss",
    title="Z-loss (standardised-score softplus loss)",
    task="classification",
    summary="Softplus of the label's standardised score; depends on where the label stands among the scores rather than on "
    "their scale. For very many classes and ranking metrics. Not the log-partition penalty of the same name.",
    formula=r"\ell(o, c) = \frac1a \log\big(1 + e^{a (b - z_c)}\big),\quad z_c = \frac{o_c - \mu}{\sigma},\quad "
    r"\sigma^2 = \frac1C \sum_k (o_k - \mu)^2 + \varepsilon",
    parameters=ZLossParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="standardisation"),
        ScaleInvariant(on="logits", axis="C").holds(when=EXACT, source="standardisation"),
        ScaleInvariant(on="logits", axis="C", factor="negative").fails(
            when={**BENT, "eps": Between(0, 1), "C": AtLeast(2)}, source="z changes its sign: y=0, (1, 0, 0)"
        ),
        AffineInvariant(on="logits", axis="C").holds(when=EXACT, source="standardisation"),
        AffineInvariant(on="logits", axis="C").fails(
            when={**BENT, "eps": Between(0.1, 1), "C": AtLeast(2)}, source="eps keeps the variance from scaling along"
        ),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        NonNegative().holds(source="softplus is positive"),
        Bounded(
            lower=softplus(A * (B - sqrt(C - 1))) / A, upper=softplus(A * (B + sqrt(C - 1))) / A, reach="attained"
        ).holds(when={**EXACT, "C": AtLeast(2)}, source="|z| <= sqrt(C - 1), where all other scores are equal"),
        Convex(on="logits").fails(
            when={**BENT, "eps": Between(0, 1), "C": AtLeast(2)},
            source="y=0, a=b=1: the midpoint of (-4.1, -3.6, 0.3) and (2.0, 2.3, -1.7) exceeds the average by 1.05",
        ),
        QuasiConvex(on="logits").fails(
            when={**BENT, "eps": Between(0, 1), "C": AtLeast(3)},
            source="below the mean the rows with z_c >= -t are those outside a cone, not within",
        ),
        MinimisedAt(where=LABEL).holds(when=EXACT, source="z_c = sqrt(C - 1), its largest value, where all others tie"),
        MinimisedAt(where=LABEL).fails(
            when={**BENT, "eps": Between(0.1, 1), "C": AtLeast(2)}, source="larger scores shrink the part of eps"
        ),
        MinimisedAt(where=LABEL, reach="approached").holds(source="z_c tends to sqrt(C - 1) whatever eps"),
        ZeroAt(where=LABEL, reach="approached").fails(when=BENT, source="softplus is positive"),
        UpperBounds(target="zero_one", factor=A / softplus(A * (B - sqrt(C / 2 - 1))), tight=False).holds(
            when={**BENT, "eps": Between(0, 1), "C": AtLeast(2)},
            source="if another class leads or ties, z_c is at most sqrt(C/2 - 1), reached where the two tie and the rest do",
        ),
        UpperBounds(target="zero_one").fails(
            when={**BENT, "C": AtLeast(4)}, source="C=4, a=b=1: (1, 1, 0, 0) gives 0.693 and errs"
        ),
        Monotone(on="logits", part="label", direction="decreasing").holds(
            source="dz_c/do_c = (1 - 1/C - z_c^2/C) / sigma is not negative; across equal scores z_c jumps up"
        ),
        Lipschitz(on="logits").fails(
            when={**EXACT, **BENT, "C": AtLeast(3)},
            source="the gradient grows like 1 / sigma as the scores draw together",
        ),
        Lipschitz(on="logits", constant=0.0, tight=False, region="same_order").holds(
            when={**EXACT, "C": 2}, source="z is +1 or -1: the value is constant until the scores cross"
        ),
        Lipschitz(on="logits", constant=sqrt((1 - 1 / C) / EPS), tight=False).holds(
            when={"eps": Above(0), "C": AtLeast(2)}, source="a vector no longer than sqrt(1 - 1/C), divided by sigma"
        ),
        Differentiable(on="logits", region="distinct").holds(
            when=EXACT, source="sigma > 0 unless all scores are equal"
        ),
        LabelSymmetric().fails(
            when={**BENT, "eps": Between(0, 1), "C": AtLeast(3)},
            source="C=3, a=b=1: (1, 0, 0) sums to 4.2549, (2, 1, 0) to 4.2277",
        ),
        LabelSymmetric().fails(
            when={**BENT, "eps": Between(0.1, 1), "C": 2},
            source="a=b=1, eps=0.5: (1, 0) sums to 2.6917, (3, 0) to 2.7854",
        ),
        LabelSymmetric(region="distinct").holds(
            when={**EXACT, "C": 2}, source="the standardised scores are 1 and -1 in one order or the other"
        ),
        ClassificationCalibrated().holds(
            when={**BENT, "eps": Between(0.01, 1)},
            source="standardised rows fill the ball |z|^2 < C, on which the risk is strictly convex and keeps the order",
            note="true for every a, b and eps > 0; where the softplus is nearly flat or straight the gap shrinks out of sight",
        ),
        ClassificationCalibrated().fails(
            when={**EXACT, **BENT, "C": AtLeast(2)},
            source="a=b=1, q=(0.36, 0.32, 0.32): the risk is 1.3133 at equal scores, at least 1.3744 elsewhere",
            note="all other rows lie on the sphere |z|^2 = C; equal scores, z = 0, beat them for q close to uniform",
        ),
        TopKCalibrated(k=2).holds(
            when={**BENT, "eps": Between(0.01, 1), "C": AtLeast(3)},
            source="the minimiser keeps the order of all classes strictly",
        ),
        TopKCalibrated(k=2).fails(
            when={**EXACT, **BENT, "C": AtLeast(3)},
            source="a=b=1, q=(0.36, 0.33, 0.31): the risk is 1.3133 at equal scores, more elsewhere",
        ),
        NoiseTolerant(rate=1 - 1 / C, rows="free").fails(
            when={**EXACT, **BENT, "C": AtLeast(2)},
            source="noise brings q so close to uniform that equal scores are optimal",
        ),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={**BENT, "eps": Between(0, 1), "C": AtLeast(3)}, source="the sum over labels depends on the row"
        ),
    ),
    references=("debrebisson2016zloss",),
    examples=(
        Example(parameters={"a": 1.0, "b": 1.0}, reduction="none", inputs=ROWS, expected=[0.599651812, 2.218089289]),
        Example(parameters={"a": 0.5, "b": 2.0}, inputs=FOUR_CLASSES, expected=1.885755847),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="C = 1, or all scores equal",
            expected="z = 0: softplus(a b) / a; with eps = 0 or C = 1 zero gradient, no nan",
            examples=(
                Example(inputs={"logits": [[3.0]], "target": [0]}, expected=1.3132616875182228),
                Example(inputs=EQUAL, reduction="none", expected=[1.3132616875182228, 1.3132616875182228]),
                Example(
                    parameters={"eps": 0.25},
                    inputs={"logits": [[2.0, 2.0, 2.0]], "target": [0]},
                    expected=1.3132616875182228,
                    gradients={"logits": [[-0.9747447715066732, 0.4873723857533366, 0.4873723857533366]]},
                    note="eps leaves a slope",
                ),
            ),
        ),
        EdgeCase(
            case="scores that differ by less than 1e-20, eps = 0",
            expected="count as equal: the gradient, of the order of 1 / sigma, would overflow in float32",
            examples=(Example(inputs={"logits": [[1e-30, 0.0, 0.0]], "target": [0]}, expected=1.3132616875182228),),
        ),
        EdgeCase(
            case="C = 2",
            expected="z is +1 or -1: the loss takes two values and its gradient is 0 unless the scores are equal",
            examples=(
                Example(
                    inputs={"logits": [[2.0, -1.0], [0.1, 0.3]], "target": [0, 0]},
                    reduction="none",
                    expected=[0.6931471805599453, 2.1269280110429727],
                ),
            ),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite",
            examples=(Example(inputs={"logits": [[1e4, -1e4]], "target": [1]}, expected=2.1269280110429727),),
        ),
        LABEL_OUT_OF_RANGE,
        NAN_ROW,
    ),
    notes=(
        "Not the penalty on the squared log-partition function that language-model code calls z-loss.",
        "With eps = 0 the value jumps where the last two unequal scores meet, and the gradient grows like 1 / sigma.",
        "With eps > 0 equal scores have a gradient: the label is pulled up with the force sigmoid(a b) / sqrt(eps).",
        "a = b = 1 is only a start: the paper tunes both, b growing with C up to the order of sqrt(C).",
    ),
    graph_accepts=(FROM_THE_END, *LABELS_FOR_SOME_ROWS),
    module="losskit.plugins.classification.z_loss.loss:ZLoss",
    oracle="losskit.plugins.classification.z_loss.reference:z_loss",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Z-loss."""
    return SPEC
