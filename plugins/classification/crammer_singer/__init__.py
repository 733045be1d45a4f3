"""Crammer-Singer multi-class hinge: the largest margin violation over the wrong classes."""

from pydantic import Field

from losskit.spec import Above, AtLeast, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FIRST_LABEL_IN_MARGINS, FROM_THE_END, LABEL_OUT_OF_RANGE, ONE_CLASS, ROWS
from losskit.spec.expressions import one_hot, sqrt, symbol
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    DivergenceAxioms,
    HConsistencyBound,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    StrictlyConvex,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

MARGIN = symbol("margin")
LEADING = {"logits": MARGIN * one_hot(symbol("target"), symbol("C"))}


class CrammerSingerParameters(Parameters):
    """Parameters of the Crammer-Singer hinge."""

    margin: float = Field(1.0, ge=0, description="by how much the label's score must lead")


SPEC = LossSpec(
    name="crammer_singer",
    title="Crammer-Singer multi-class hinge",
    task="classification",
    summary="Largest margin violation over the wrong classes; the loss of the multi-class support vector machine. "
    "Zero-temperature member of the label-distributionally robust family; not calibrated where no class has a majority.",
    formula=r"\ell(z, y) = \max\Big(0,\ m + \max_{k \ne y} z_k - z_y\Big)",
    parameters=CrammerSingerParameters,
    inputs=(logits("B", "C"), class_target("B")),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            source="the definition is symmetric in the classes",
            note="of the value; where wrong classes tie, the gradient is that of the first of them",
        ),
        MarginBased().holds(source="the definition"),
        NonNegative().holds(source="the label's own term is 0"),
        Bounded().fails(when={"C": AtLeast(2)}, source="linear growth"),
        Convex(on="logits").holds(source="maximum of affine functions"),
        StrictlyConvex(on="logits").fails(source="piecewise linear"),
        DivergenceAxioms(of="logits", origin=LEADING["logits"]).fails(
            source="zero wherever the label leads by more than the margin, too"
        ),
        ZeroAt(where=LEADING).holds(source="wherever the label leads by the margin or more"),
        UpperBounds(target="zero_one", factor=1 / MARGIN).holds(
            when={"margin": Above(0)}, source="a wrong class that leads or ties leaves the whole margin"
        ),
        UpperBounds(target="zero_one").fails(when={"margin": 0.0, "C": AtLeast(2)}, source="equal scores give 0"),
        UpperBounds(target="ldr_kl", parameters={"lam": 1.0, "margin": MARGIN}).holds(
            source="Zhu et al. 2023: the temperature 0 gives the largest member"
        ),
        Lipschitz(on="logits", constant=sqrt(2)).holds(when={"C": AtLeast(2)}, source="subgradient e_k - e_y"),
        Differentiable(on="logits").fails(when={"C": AtLeast(2)}, source="margin=1, y=0: kink at (1, 0, 0)"),
        Homogeneous(on=("logits", "margin")).holds(source="maximum of linear functions"),
        LabelSymmetric().fails(
            when={"C": AtLeast(2)},
            source="C=3, margin=1: (0, 0, 0) sums to 3, (3, 0, 0) to 8",
            note="for C=2 constant, 2 margin, as long as the scores differ by no more than the margin",
        ),
        ClassificationCalibrated().fails(
            when={"margin": Above(0), "C": AtLeast(3)},
            source="q=(0.4, 0.3, 0.3), margin=1: the risk is 1 at (0, 0, 0) and 1 + 0.2 t at (t, 0, 0)",
        ),
        ClassificationCalibrated().fails(
            when={"margin": 0.0, "C": AtLeast(2)}, source="equal scores have risk 0, the least, whatever q"
        ),
        ClassificationCalibrated().holds(when={"margin": Above(0), "C": 2}, source="the binary hinge"),
        ClassificationCalibrated(distributions="majority").holds(
            when={"margin": Above(0)}, source="the risk gains (2 max q - 1) margin by letting the top class lead"
        ),
        TopKCalibrated(k=2).fails(
            when={"C": AtLeast(3)},
            source="q=(0.4, 0.35, 0.25): equal scores are optimal, as for every q without a majority",
        ),
        Proper().fails(
            when={"margin": Above(0), "C": AtLeast(2)}, source="the minimiser does not depend on q in detail"
        ),
        NoiseTolerant(rate=1 - 1 / symbol("C"), rows="free").fails(
            when={"margin": Above(0), "C": AtLeast(3)},
            source="q=(0.6, 0.2, 0.2) at rate 0.4 has no majority left: equal scores become optimal",
        ),
        NoiseTolerant(rate=1 - 1 / symbol("C")).fails(
            when={"margin": Above(0), "C": AtLeast(2)}, source="the sum over labels depends on the row"
        ),
        HConsistencyBound().fails(
            when={"margin": Above(0), "C": AtLeast(3)},
            source="q=(0.4, 0.3, 0.3): equal scores are optimal, and ties may put any class first",
        ),
        ReducesTo(other="ldr_kl", parameters={"lam": 0.0, "margin": MARGIN}).holds(
            source="Zhu et al. 2023: zero temperature"
        ),
        ReducesTo(other="torch.nn.MultiMarginLoss", parameters={"margin": MARGIN}, relation="affine", scale=2.0).holds(
            when={"C": 2},
            source="with one wrong class its sum is the maximum; the framework divides by C",
            note="for C >= 3 the framework's is the Weston-Watkins loss, another one",
        ),
        ReducesTo(other="torch.nn.MultiMarginLoss", parameters={"margin": MARGIN}, relation="affine", scale=2.0).fails(
            when={"C": AtLeast(3), "margin": Above(0)},
            source="C=3, margin=1, equal scores: the framework's is (1 + 1) / 3, twice that is not 1",
        ),
    ),
    references=("crammer2001algorithmic", "zhu2023label"),
    examples=(
        Example(inputs=ROWS, expected=2.15),
        Example(parameters={"margin": 2.0}, reduction="none", inputs=ROWS, expected=[1.3, 5.0]),
    ),
    edge_cases=(
        EMPTY_BATCH,
        ONE_CLASS,
        EdgeCase(
            case="equal scores",
            expected="the margin, for C >= 2",
            examples=(
                Example(parameters={"margin": 0.7}, inputs={"logits": [[0.5, 0.5, 0.5]], "target": [1]}, expected=0.7),
            ),
        ),
        EdgeCase(
            case="classes that tie for the largest violation",
            expected="the gradient is 0 where the label is one of them, else that of the first",
            examples=(
                Example(
                    inputs={"logits": [[0.0, 1.0, 0.0], [0.0, 2.0, 2.0]], "target": [1, 0]},
                    reduction="none",
                    expected=[0.0, 3.0],
                    gradients={"logits": [[0.0, 0.0, 0.0], [-1.0, 1.0, 0.0]]},
                ),
            ),
        ),
        EdgeCase(
            case="huge scores",
            expected="finite, linear",
            examples=(Example(inputs={"logits": [[1e4, -1e4, 0.0]], "target": [1]}, expected=20001.0),),
        ),
        LABEL_OUT_OF_RANGE,
        EdgeCase(
            case="nan or inf in the scores",
            expected="nan in that row only; inf on a wrong class alone gives inf, and -inf on one leaves it out",
        ),
    ),
    notes=(
        "Of several maximisers the gradient takes the label where it is among them, else the first.",
        "torch.nn.MultiMarginLoss sums over the wrong classes and divides by C: another loss for C >= 3.",
    ),
    graph_accepts=(FROM_THE_END, FIRST_LABEL_IN_MARGINS),
    module="losskit.plugins.classification.crammer_singer.loss:CrammerSingerLoss",
    oracle="losskit.plugins.classification.crammer_singer.reference:crammer_singer",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the Crammer-Singer hinge."""
    return SPEC
