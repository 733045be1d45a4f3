"""Thirteen losses of ``torch.nn``: what their documentation makes a user believe, as claims.

``losskit verify examples.foreign.torch_nn:SPECS`` says what of it falls.
"""

from __future__ import annotations

import math

from pydantic import Field

from examples.foreign.declare import foreign, marks, values
from losskit.spec import Adapter, AtLeast, Between, Example, Input, Parameters
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    ExportsONNX,
    Lipschitz,
    NonNegative,
    ReducesTo,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    TranslationInvariant,
)
from losskit.spec.tensors import ClassIndex, Real, class_target, logits

FORMULA = "documentation: the formula"


class Smoothed(Parameters):
    """Parameters of cross-entropy."""

    ignore_index: int = Field(-100, description="label of rows to leave out")
    label_smoothing: float = Field(0.0, ge=0, le=1, description="share of the uniform distribution in the target")


CROSS_ENTROPY = foreign(
    "torch_cross_entropy",
    "torch.nn:CrossEntropyLoss",
    task="classification",
    parameters=Smoothed,
    inputs=(logits("B", "C"), class_target("B", ignore="ignore_index")),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="softmax of the scores"),
        NonNegative().holds(source="minus the logarithm of a probability"),
        Convex(on="logits").holds(source="log-sum-exp less a linear function"),
        Lipschitz(on="logits", constant=sqrt(2), tight=False).holds(
            source="the gradient is a difference of distributions"
        ),
        ReducesTo(other="cross_entropy", parameters={"label_smoothing": symbol("label_smoothing")}).holds(
            when={"ignore_index": -100}, source=FORMULA
        ),
        ExportsONNX().holds(when={"label_smoothing": Between(0.1, 0.5)}, source="documentation of torch.onnx"),
        ClassificationCalibrated().holds(when={"label_smoothing": 0, "ignore_index": -100}, source="proper loss"),
    ),
)


class Ignored(Parameters):
    """Parameters of the negative log-likelihood."""

    ignore_index: int = Field(-100, description="label of rows to leave out")


NLL = foreign(
    "torch_nll",
    "torch.nn:NLLLoss",
    task="classification",
    parameters=Ignored,
    inputs=(values("log_probs", "B", "C", high=0.0), class_target("B", ignore="ignore_index")),
    claims=(
        NonNegative().holds(source="inputs are logarithms of probabilities"),
        Convex(on="log_probs").holds(source="linear"),
    ),
)

BCE_WITH_LOGITS = foreign(
    "torch_bce_with_logits",
    "torch.nn:BCEWithLogitsLoss",
    task="binary",
    inputs=(logits("B"), marks("B")),
    claims=(
        NonNegative().holds(source=FORMULA),
        Convex(on="logits").holds(source="softplus less a linear function"),
        Lipschitz(on="logits", constant=1.0).holds(source="the gradient is sigmoid(z) - y"),
    ),
)

SOFT_MARGIN = foreign(
    "torch_soft_margin",
    "torch.nn:SoftMarginLoss",
    task="binary",
    inputs=(logits("B"), marks("B")),
    adapter=Adapter(signs=("target",)),
    claims=(
        NonNegative().holds(source=FORMULA),
        Convex(on="logits").holds(source="softplus of minus the margin"),
        Lipschitz(on="logits", constant=1.0).holds(source="the slope of softplus is a probability"),
    ),
)


class Margin(Parameters):
    """Parameters of the multi-class margin loss."""

    p: int = Field(1, ge=1, le=2, description="power of the hinge")
    margin: float = Field(1.0, gt=0, description="margin")


MULTI_MARGIN = foreign(
    "torch_multi_margin",
    "torch.nn:MultiMarginLoss",
    task="classification",
    parameters=Margin,
    inputs=(logits("B", "C"), class_target("B")),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        NonNegative().holds(source="a sum of hinges"),
        Convex(on="logits").holds(source="a sum of hinges"),
        ClassificationCalibrated().fails(when={"p": 1, "C": AtLeast(3)}, source="sum of hinges over wrong classes"),
    ),
)

MULTILABEL_MARGIN = foreign(
    "torch_multilabel_margin",
    "torch.nn:MultiLabelMarginLoss",
    task="classification",
    inputs=(
        logits("B", "C"),
        Input(
            name="target",
            shape=("B", "C"),
            dtype="int64",
            domain=ClassIndex(of="C"),
            role="target",
            differentiable=False,
        ),
    ),
    claims=(
        ShiftInvariant(on="logits", axis="C").holds(source="only differences of scores enter"),
        NonNegative().holds(source="a sum of hinges"),
        Convex(on="logits").holds(source="a sum of hinges"),
    ),
)

MULTILABEL_SOFT_MARGIN = foreign(
    "torch_multilabel_soft_margin",
    "torch.nn:MultiLabelSoftMarginLoss",
    task="classification",
    inputs=(logits("B", "C"), marks("B", "C")),
    claims=(NonNegative().holds(source=FORMULA), Convex(on="logits").holds(source="a mean of softplus")),
)


class Delta(Parameters):
    """Parameters of the Huber loss."""

    delta: float = Field(1.0, gt=0, description="where the square turns into a line")


HUBER = foreign(
    "torch_huber",
    "torch.nn:HuberLoss",
    task="regression",
    parameters=Delta,
    inputs=(values("prediction", "B"), values("target", "B", target=True)),
    claims=(
        NonNegative().holds(source=FORMULA),
        ArgumentSymmetric(a="prediction", b="target").holds(source="the absolute difference enters"),
        TranslationInvariant(on=("prediction", "target")).holds(source="the difference enters"),
        Convex(on="prediction").holds(source=FORMULA),
        Lipschitz(on="prediction", constant=symbol("delta")).holds(source="the slope of the linear part"),
    ),
)

KL_DIV = foreign(
    "torch_kl_div",
    "torch.nn:KLDivLoss",
    task="divergence",
    inputs=(
        values("log_probs", "B", "C", high=0.0),
        Input(
            name="target",
            shape=("B", "C"),
            domain=Real(interval=Between(-math.inf, 0)),  # the logarithm of 0 belongs
            role="target",
            differentiable=False,
        ),
    ),
    output=("B", "C"),
    adapter=Adapter(constants={"log_target": True}),
    claims=(Convex(on="log_probs").holds(source="linear"), Differentiable(on="log_probs").holds(source=FORMULA)),
    examples=(
        Example(
            inputs={"log_probs": [[-0.6931471805599453, -0.6931471805599453]], "target": [[0.0, float("-inf")]]},
            reduction="sum",
            expected=0.6931471805599453,
            note="of a distribution with an impossible class",
        ),
    ),
)


class Poisson(Parameters):
    """Parameters of the Poisson likelihood."""

    full: bool = Field(False, description="add Stirling's approximation of the constant")


POISSON_NLL = foreign(
    "torch_poisson_nll",
    "torch.nn:PoissonNLLLoss",
    task="regression",
    parameters=Poisson,
    inputs=(values("log_rate", "B", high=10.0), values("target", "B", low=0.0)),
    claims=(
        Convex(on="log_rate").holds(source="exp less a linear function"),
        Differentiable(on="log_rate").holds(source=FORMULA),
    ),
)


class Gaussian(Parameters):
    """Parameters of the Gaussian likelihood."""

    full: bool = Field(False, description="add the constant")


GAUSSIAN_NLL = foreign(
    "torch_gaussian_nll",
    "torch.nn:GaussianNLLLoss",
    task="regression",
    parameters=Gaussian,
    inputs=(values("mean", "B"), values("target", "B", target=True), values("var", "B", low=0.0)),
    claims=(
        TranslationInvariant(on=("mean", "target")).holds(source="the difference enters"),
        Convex(on="mean").holds(source="a parabola"),
    ),
)


class Cosine(Parameters):
    """Parameters of the cosine embedding loss."""

    margin: float = Field(0.0, ge=-1, le=1, description="similarity below which unlike pairs cost nothing")


COSINE_EMBEDDING = foreign(
    "torch_cosine_embedding",
    "torch.nn:CosineEmbeddingLoss",
    task="metric_learning",
    parameters=Cosine,
    inputs=(values("first", "B", "D"), values("second", "B", "D"), marks("B")),
    adapter=Adapter(signs=("target",)),
    claims=(
        NonNegative().holds(source="1 - cos, or a hinge"),
        Bounded(upper=2.0).holds(when={"margin": -1}, source="cosines lie between -1 and 1"),
        ArgumentSymmetric(a="first", b="second").holds(source="the cosine is symmetric"),
        RotationInvariant(on=("first", "second")).holds(source="the cosine is"),
        ScaleInvariant(on="first", axis="D").holds(source="the cosine is"),
    ),
)


class Triplet(Parameters):
    """Parameters of the triplet loss."""

    margin: float = Field(1.0, gt=0, description="margin")
    swap: bool = Field(False, description="take the harder of both distances to the negative")


TRIPLET_MARGIN = foreign(
    "torch_triplet_margin",
    "torch.nn:TripletMarginLoss",
    task="metric_learning",
    parameters=Triplet,
    inputs=(values("anchor", "B", "D"), values("positive", "B", "D"), values("negative", "B", "D")),
    claims=(
        NonNegative().holds(source="a hinge"),
        TranslationInvariant(on=("anchor", "positive", "negative")).holds(source="distances enter"),
        RotationInvariant(on=("anchor", "positive", "negative")).holds(source="Euclidean distances enter"),
    ),
)

SPECS = (
    CROSS_ENTROPY,
    NLL,
    BCE_WITH_LOGITS,
    SOFT_MARGIN,
    MULTI_MARGIN,
    MULTILABEL_MARGIN,
    MULTILABEL_SOFT_MARGIN,
    HUBER,
    KL_DIV,
    POISSON_NLL,
    GAUSSIAN_NLL,
    COSINE_EMBEDDING,
    TRIPLET_MARGIN,
)
