"""LDR-KL: the worst-case average of margin violations over label distributions near the uniform one."""

from pydantic import Field

from losskit.spec import (
    Above,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    LossSpec,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import EMPTY_BATCH, FIRST_LABEL_IN_MARGINS, FROM_THE_END, LABEL_OUT_OF_RANGE, ONE_CLASS, ROWS
from losskit.spec.expressions import log, one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    Smooth,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

INF = float("inf")
LAM, MARGIN, C = symbol("lam"), symbol("margin"), symbol("C")
FINITE = {"lam": AtLeast(0), "C": AtLeast(2)}
FOUR_CLASSES = {"logits": [[2.0, 0.5, -1.0, 0.0], [-0.5, 1.5, 1.0, -2.0]], "target": [0, 2]}


class LDRKLParameters(Parameters):
    """Parameters of LDR-KL."""

    lam: float = Field(1.0, ge=0, allow_inf_nan=True, description="temperature; 0 and inf are the limits")
    margin: float = Field(0.0, ge=0, description="added to the score of every wrong class")


SPEC = LossSpec(
    name="ldr_kl",
    title="LDR-KL loss (temperature-scaled cross-entropy with margin)",
    task="classification",
    summary="Worst-case average of margin violations over label distributions near uniform. Small lam behaves like a "
    "multi-class SVM, lam=1 is cross-entropy, large lam becomes linear and noise-tolerant.",
    formula=r"\ell(z, y) = \lambda \log\Big(\frac1C \sum_k e^{\delta_k / \lambda}\Big),\quad "
    r"\delta_k = z_k - z_y + m\,[k \ne y]",
    parameters=LDRKLParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(source="the definition is symmetric in the classes"),
        Homogeneous(on=("logits", "lam", "margin")).holds(source="definition"),
        NonNegative().holds(when={"lam": 0.0}, source="the Crammer-Singer hinge"),
        NonNegative().fails(
            when={"lam": Between(0, INF, "right"), "C": AtLeast(2)},
            source="lam=1, margin=0, y=0: (10, 0, 0) gives -1.0985; the infimum is -lam log C",
        ),
        Bounded().fails(when={"C": AtLeast(2)}, source="linear growth; for lam=inf on both sides"),
        Monotone(on="lam", direction="decreasing").holds(source="the KL term in the max form is not negative"),
        Convex(on="logits").holds(source="maximum of affine functions minus a constant"),
        StrictlyConvex(on="logits").fails(source="constant along (1, ..., 1)"),
        ZeroAt(where={"logits": MARGIN * one_hot(symbol("target"), C)}).holds(
            when={"lam": 0.0}, source="the Crammer-Singer hinge"
        ),
        ZeroAt(where={"logits": one_hot(symbol("target"), C)}, reach="approached").fails(
            when={"lam": Between(0.01, INF), "C": AtLeast(2)}, source="tends to -lam log C, for lam=inf without end"
        ),
        UpperBounds(target="zero_one").fails(
            when={"lam": Between(0.01, INF), "C": AtLeast(2)}, source="negative where the label leads far enough"
        ),
        Lipschitz(on="logits", constant=sqrt(2)).holds(
            when=FINITE, source="gradient p - e_y, longest as p nears a wrong vertex"
        ),
        Lipschitz(on="logits", norm="l1", constant=1.0).holds(when=FINITE, source="entries of p - e_y"),
        Lipschitz(on="logits", norm="linf", constant=2.0).holds(when=FINITE, source="|p - e_y|_1 = 2 (1 - p_y)"),
        Lipschitz(on="logits", constant=sqrt(1 - 1 / C)).holds(
            when={"lam": INF, "C": AtLeast(2)}, source="the gradient is 1/C - e_y everywhere"
        ),
        Smooth(on="logits", constant=1 / (2 * LAM)).holds(
            when={"lam": Above(0), "C": AtLeast(2)}, source="the Hessian is (diag(p) - p p^T) / lam"
        ),
        Differentiable(on="logits", order=0).holds(
            when={"lam": Between(0.1, INF)},
            source="composition of smooth maps",
            note="true for every lam > 0; differences of the value see a kink where lam is small",
        ),
        Differentiable(on="logits").fails(when={"lam": 0.0, "C": AtLeast(2)}, source="ties of the maximum"),
        LabelSymmetric().holds(when={"lam": INF}, source="linear: the sum over labels is margin (C - 1)"),
        LabelSymmetric().fails(
            when={"lam": Between(0, 10), "margin": Between(0, 2), "C": AtLeast(2)},
            source="lam=1, margin=0: (0, 0) sums to 0, (3, 0) to 1.711",
            note="true for every finite lam; like 1 / lam the witness shrinks",
        ),
        ClassificationCalibrated().holds(
            when={"lam": Above(0), "margin": 0.0},
            source="cross-entropy of the scores divided by lam: the minimiser keeps the order of the classes",
        ),
        ClassificationCalibrated().holds(
            when={"lam": Between(0.5, 100), "margin": Between(0, 2)},
            source="exchanging two scores: the minimiser strictly keeps the order of the classes",
            note="true for 0 < lam < inf and any margin; where margin / lam is large the gap shrinks with it towards "
            "the Crammer-Singer hinge's 0, below what float64 resolves",
        ),
        ClassificationCalibrated().fails(
            when={"lam": 0.0, "C": AtLeast(3)},
            source="the Crammer-Singer hinge: for q=(0.4, 0.3, 0.3) equal scores are optimal",
        ),
        TopKCalibrated(k=2).holds(
            when={"lam": Between(0.5, 100), "margin": Between(0, 2), "C": AtLeast(3)},
            source="exchanging two scores: the minimiser strictly keeps the order of the classes",
            note="true for 0 < lam < inf and any margin",
        ),
        TopKCalibrated(k=2).fails(
            when={"lam": 0.0, "C": AtLeast(3)}, source="the Crammer-Singer hinge: equal scores are optimal"
        ),
        StrictlyProper().holds(when={"lam": 1.0, "margin": 0.0}, source="cross-entropy less a constant"),
        Proper().fails(
            when={"lam": Between(0, 0.5), "margin": 0.0, "C": AtLeast(2)},
            source="the minimiser states q at temperature lam: q=(0.8, 0.2), lam=0.5 gives (2/3, 1/3)",
        ),
        NoiseTolerant(rate=1 - 1 / C).holds(when={"lam": INF, "C": AtLeast(2)}, source="a label-symmetric loss"),
        NoiseTolerant(rate=1 - 1 / C).fails(
            when={"lam": Between(0, 10), "margin": Between(0, 2), "C": AtLeast(2)},
            source="the sum over labels, which noise adds to the risk, depends on the row",
        ),
        ReducesTo(
            other="cross_entropy",
            parameters={"class_weights": None, "label_smoothing": 0.0},
            relation="affine",
            offset=-log(C),
        ).holds(when={"lam": 1.0, "margin": 0.0}, source="the mean over the classes inside the logarithm"),
        ReducesTo(
            other="cross_entropy",
            parameters={"class_weights": None, "label_smoothing": 0.0},
            inputs={"logits": symbol("logits") / LAM},
            relation="affine",
            scale=LAM,
            offset=-LAM * log(C),
        ).holds(when={"lam": Between(0.01, 100), "margin": 0.0}, source="cross-entropy at temperature lam"),
        ReducesTo(other="crammer_singer", parameters={"margin": MARGIN}).holds(when={"lam": 0.0}),
        ReducesTo(
            other="crammer_singer",
            parameters={"margin": MARGIN},
            relation="limit",
            limit={"lam": 0.0},
            rate=LAM * log(C),
        ).holds(source="the mean of C exponentials lies between a C-th of the largest and the largest"),
    ),
    references=("zhu2023label", "crammer2001algorithmic"),
    examples=(
        Example(reduction="none", inputs=ROWS, expected=[-0.5564534395, 2.083172197]),
        Example(parameters={"lam": 0.5, "margin": 1.0}, inputs=ROWS, expected=1.746312018),
        Example(parameters={"lam": 10.0, "margin": 0.1}, inputs=FOUR_CLASSES, expected=-1.165104577),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores",
            expected="lam log((1 + (C-1) exp(margin / lam)) / C); 0 without margin",
            examples=(
                Example(inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=0.0),
                Example(
                    parameters={"lam": 1.0, "margin": 1.0},
                    inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]},
                    expected=0.7633825153901415,
                ),
            ),
        ),
        EdgeCase(
            case="tiny lam with huge scores",
            expected="finite",
            examples=(
                Example(
                    parameters={"lam": 1e-9}, inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]}, expected=20000.0
                ),
            ),
        ),
        EdgeCase(
            case="lam = 0 and lam = inf",
            expected="the limits: the largest violation, and the mean violation",
            examples=(
                Example(parameters={"lam": 0.0, "margin": 1.0}, inputs=ROWS, expected=2.15),
                Example(parameters={"lam": INF, "margin": 1.0}, inputs=ROWS, expected=0.9833333333333333),
            ),
        ),
        EdgeCase(
            case="huge lam",
            expected="the mean violation without cancellation",
            examples=(Example(parameters={"lam": 1e12, "margin": 1.0}, inputs=ROWS, expected=0.983333333334028),),
        ),
        EdgeCase(case="lam < 0", expected="refused as a parameter"),
        LABEL_OUT_OF_RANGE,
        EdgeCase(case="nan or inf in the scores", expected="nan in that row only; -inf on a wrong class leaves it out"),
    ),
    notes=(
        "Mind the 1/C inside the logarithm: values may be negative, and at lam=1 the loss is cross-entropy minus log C.",
        "The authors' training code first maps scores through softplus and divides each row by its mean; this is the "
        "formula of the paper.",
        "At lam=0 the gradient is that of one maximiser: the label where it is among them, else the first. It is not "
        "the limit for lam towards 0, which shares among all maximisers.",
    ),
    graph_accepts=(
        FROM_THE_END,
        *(
            FIRST_LABEL_IN_MARGINS.model_copy(update={"when": {"lam": end}})
            for end in (OneOf(values=(0.0,)), Between(1e30, float("inf"), "right"))
        ),
    ),
    module="losskit.plugins.classification.ldr_kl.loss:LDRKLLoss",
    oracle="losskit.plugins.classification.ldr_kl.reference:ldr_kl",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of LDR-KL."""
    return SPEC
