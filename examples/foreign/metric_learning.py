"""Eleven losses of pytorch-metric-learning at their defaults, held to their documentation.

Each compares the embeddings of a batch with each other and reduces to one number. By default they measure cosines or
distances of normalised embeddings, so that rotating all of them or scaling each one changes nothing.
``losskit verify examples.foreign.metric_learning:SPECS`` says what of it falls.
"""

from __future__ import annotations

from typing import Any

from examples.foreign.declare import foreign, values
from losskit.spec import Adapter, Claim, Input, LossSpec
from losskit.spec.properties import Bounded, NonNegative, RotationInvariant, ScaleInvariant, ShiftInvariant
from losskit.spec.tensors import ClassIndex

LABELS = Input(
    name="labels", shape=("B",), dtype="int64", domain=ClassIndex(), role="target", differentiable=False
)  # fmt: skip
ONE_NUMBER = Adapter(reduction="", reductions={"mean": None})
ROTATION = RotationInvariant(on="embeddings").holds(source="documentation: distances and cosines enter")
SCALE = ScaleInvariant(on="embeddings", axis="D").holds(source="documentation: embeddings are normalised")


def metric(class_name: str, name: str, *claims: Claim, **more: Any) -> LossSpec:
    """The spec of a loss of embeddings and labels that gives one number for a batch."""
    return foreign(
        f"pml_{name}",
        f"pytorch_metric_learning.losses:{class_name}",
        task="metric_learning",
        inputs=(values("embeddings", "B", "D"), LABELS),
        coupling="batch",
        adapter=ONE_NUMBER,
        claims=claims,
        **more,
    )


CONTRASTIVE = metric("ContrastiveLoss", "contrastive", NonNegative().holds(source="hinges"), ROTATION, SCALE)
TRIPLET = metric("TripletMarginLoss", "triplet", NonNegative().holds(source="a hinge"), ROTATION, SCALE)
MULTI_SIMILARITY = metric(
    "MultiSimilarityLoss", "multi_similarity", NonNegative().holds(source="logarithms of 1 + ..."), ROTATION, SCALE
)
NTXENT = metric(
    "NTXentLoss", "ntxent", NonNegative().holds(source="minus the logarithm of a probability"), ROTATION, SCALE
)
NCA = metric("NCALoss", "nca", NonNegative().holds(source="minus the logarithm of a probability"), ROTATION, SCALE)
CIRCLE = metric("CircleLoss", "circle", NonNegative().holds(source="softplus"), ROTATION, SCALE)
ANGULAR = metric("AngularLoss", "angular", NonNegative().holds(source="logarithms of 1 + ..."), ROTATION, SCALE)
TUPLET_MARGIN = metric(
    "TupletMarginLoss", "tuplet_margin", NonNegative().holds(source="logarithms of 1 + ..."), ROTATION, SCALE
)
FAST_AP = metric("FastAPLoss", "fast_ap", NonNegative().holds(source="1 less an average precision"), ROTATION, SCALE)
HISTOGRAM = metric(
    "HistogramLoss", "histogram", NonNegative().holds(source="an estimated probability"),
    Bounded(upper=1.0).holds(source="an estimated probability"), ROTATION, SCALE,
)  # fmt: skip
SNR_CONTRASTIVE = metric(
    "SignalToNoiseRatioContrastiveLoss", "snr_contrastive", NonNegative().holds(source="hinges"),
    ShiftInvariant(on="embeddings", axis="D").holds(source="variances over the entries of a vector enter"),
)  # fmt: skip

SPECS = (
    CONTRASTIVE,
    TRIPLET,
    MULTI_SIMILARITY,
    NTXENT,
    NCA,
    CIRCLE,
    ANGULAR,
    TUPLET_MARGIN,
    FAST_AP,
    HISTOGRAM,
    SNR_CONTRASTIVE,
)
