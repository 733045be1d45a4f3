"""Paths of losses that decide between classes: one score, scores of classes, of pixels and tokens, of levels, of a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from losskit.conformance.pictures.inputs import (
    REACH,
    ids,
    is_binary,
    is_distribution,
    is_logarithm,
    is_real,
    moved,
    predictions,
    required,
    rest,
)
from losskit.conformance.pictures.model import Path
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.tensors import Input, Probability, Real

EDGE = 1e-3  # how close probabilities come to 0 and 1
LEVELS = (-2.0, 0.0, 2.0)  # thresholds between four ordinal classes
BATCH = (1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SIDE = 12  # pixels
OBJECTS = ((2, 3), (4, 6), (8, 9))  # height and width of the object, in pixels
TOKENS = 4


def _binary_label(spec: LossSpec) -> Input | None:
    """The labels of a loss of one prediction and labels of the same shape."""
    shown = predictions(spec)
    if len(shown) != 1 or not isinstance(shown[0].domain, Real | Probability):
        return None
    return next((i for i in spec.inputs if is_binary(i) and i.shape == shown[0].shape), None)


def is_one_score(spec: LossSpec) -> bool:
    """One score or probability and a binary label a sample, each standing alone."""
    label = _binary_label(spec)
    return label is not None and not label.optional and spec.coupling is None and spec.output == label.shape


def one_score(subject: Subject) -> list[Path]:
    """The score of a sample of class 1, and of one of class 0."""
    (entry,), label = predictions(subject.spec), _binary_label(subject.spec)
    assert label is not None
    share = isinstance(entry.domain, Probability)
    axis = "probability of class 1" if share else "score; positive means class 1"
    low, high = (EDGE, 1 - EDGE) if share else (-REACH, REACH)

    def at(x: Tensor, target: float) -> Data:
        named = {entry.name: x, label.name: torch.full_like(x, target).detach()}
        return {**named, **rest(subject, tuple(named), x)}

    return [
        Path(axis, low, high, lambda x: at(x, 1.0), "label 1", zooms=not share),
        Path(axis, low, high, lambda x: at(x, 0.0), "label 0", zooms=not share),
    ]


def is_batch_of_scores(spec: LossSpec) -> bool:
    """Scores and binary labels, coupled or with a value for the whole batch."""
    return _binary_label(spec) is not None


def batch_of_scores(subject: Subject) -> list[Path]:
    """All scores of a batch, or of a row of labels, from the wrong side to the right one at once."""
    (entry,), label = predictions(subject.spec), _binary_label(subject.spec)
    assert label is not None
    target = torch.tensor(BATCH, dtype=torch.float64)
    by_row = len(entry.shape) == 2 and not subject.coupled  # labels of a row rather than of a batch

    def at(x: Tensor) -> Data:
        signs = 2 * target - 1
        scores = x[:, None] * signs if by_row else x * signs
        named = {entry.name: scores, label.name: target.expand(scores.shape)}
        return {**named, **rest(subject, tuple(named), scores.detach())}

    axis = "x: scores are x for 3 positives, -x for 5 negatives"
    return [Path(axis, -REACH, REACH, at, single=not by_row, zooms=True)]


def _of(spec: LossSpec) -> tuple[Input, str] | None:
    """The input of class ids with the symbol of the axis that they index."""
    entry = spec.class_target()
    domain = ids(entry) if entry is not None else None
    return (entry, domain.of) if entry is not None and domain is not None and domain.of is not None else None


def is_classes(spec: LossSpec) -> bool:
    """Rows of scores or probabilities of classes and a class id a row."""
    found = _of(spec)
    rows = [i for i in predictions(spec) if is_real(i) or is_distribution(i)]
    if found is None or not rows or getattr(found[0].domain, "thresholds", False):
        return False
    whole = all(len(i.shape) == 2 and i.shape[1] == found[1] for i in rows)
    others = [i for i in required(spec) if i not in rows and i is not found[0]]
    return whole and all(len(i.shape) == 1 for i in others)


def at_rows(subject: Subject, name: str, rows: Tensor) -> Data:
    """Inputs with rows of scores (n, C) for one prediction; the label is class 0, other predictions favour it by 1."""
    found = _of(subject.spec)
    assert found is not None
    entry = subject.input(name)
    data: Data = {
        name: rows.log_softmax(1) if is_logarithm(entry) else rows,
        found[0].name: torch.zeros(len(rows), dtype=torch.int64),
    }
    for other in predictions(subject.spec):
        if other.name not in data:
            favoured = torch.zeros_like(rows).detach()
            favoured[:, 0] = 1.0
            data[other.name] = favoured
    return {**data, **rest(subject, tuple(data), rows[:, 0].detach())}


def class_count(subject: Subject, least: int = 2) -> int:
    """The number of classes that parameters speak of, else ``least``."""
    found = _of(subject.spec)
    symbol = found[1] if found is not None else ""
    given = [(p, subject.parameters[p.name]) for p in subject.spec.parameters.fields]
    lists = [len(value) for p, value in given if p.length == symbol and isinstance(value, tuple)]
    bounds = [value for p, value in given if p.at_most == symbol and isinstance(value, int)]
    return lists[0] if lists else max(least, *bounds, 0)


def classes(subject: Subject) -> list[Path]:
    """Two classes, the label's score moved against the other one; a path a prediction."""
    paths = []
    several, count = len(predictions(subject.spec)) > 1, class_count(subject)
    for entry in predictions(subject.spec):
        share = is_distribution(entry)

        def at(x: Tensor, name: str = entry.name, share: bool = share) -> Data:
            others = (1 - x if share else torch.zeros_like(x))[:, None].expand(-1, count - 1)
            return at_rows(subject, name, torch.cat([x[:, None], others / (count - 1 if share else 1)], 1))

        axis = (
            f"probability of the label, of {count} classes" if share else "margin: the label's score less the other's"
        )
        low, high = (EDGE, 1 - EDGE) if share else (-REACH, REACH)
        paths.append(Path(axis, low, high, at, f"{entry.name} moved" if several else "", subject.coupled, not share))
    return paths


def is_levels(spec: LossSpec) -> bool:
    """One score a threshold between ordinal classes."""
    found = _of(spec)
    return (
        found is not None
        and getattr(found[0].domain, "thresholds", False)
        and [i.shape for i in required(spec)] == [(*found[0].shape, found[1]), found[0].shape]
    )


def levels(subject: Subject) -> list[Path]:
    """A latent score that passes all thresholds, for each class."""
    found = _of(subject.spec)
    assert found is not None
    (entry,), thresholds = predictions(subject.spec), torch.tensor(LEVELS, dtype=torch.float64)
    given = next((v for v in subject.parameters.values() if isinstance(v, tuple)), LEVELS)  # a number a threshold
    if len(given) != len(LEVELS):
        thresholds = torch.arange(len(given), dtype=torch.float64) * 2 - (len(given) - 1)

    def at(x: Tensor, level: int) -> Data:
        return {entry.name: x[:, None] - thresholds, found[0].name: torch.full(x.shape, level)}

    axis = "latent score; thresholds at " + ", ".join(f"{t:g}" for t in thresholds.tolist())
    count = len(thresholds) + 1
    return [Path(axis, -6.0, 6.0, lambda x, k=k: at(x, k), f"class {k}") for k in range(count)]  # type: ignore[misc]


def is_positions(spec: LossSpec) -> bool:
    """Scores of classes for every pixel or token and as many class ids."""
    found, shown = _of(spec), moved(spec)
    if found is None or len(shown) != 1 or not is_real(shown[0]) or found[1] not in shown[0].shape:
        return False
    return len(shown[0].shape) > 2 and tuple(s for s in shown[0].shape if s != found[1]) == found[0].shape


def positions(subject: Subject) -> list[Path]:
    """Every pixel or token from the wrong class to the right one at once; a path a size of the object."""
    found, (entry,) = _of(subject.spec), moved(subject.spec)
    assert found is not None
    space = any(symbol.startswith("*") for symbol in entry.shape)
    axis_of_classes = entry.shape.index(found[1])

    def at(x: Tensor, ids: Tensor) -> Data:
        target = ids.expand(len(x), *ids.shape)
        classes = 2 if space else len(ids)
        right = torch.nn.functional.one_hot(target, classes).to(x.dtype).movedim(-1, axis_of_classes)
        scores = x.view(-1, *[1] * (right.dim() - 1)) * right
        return {entry.name: scores, found[0].name: target, **_other_ids(subject, (entry.name, found[0].name), target)}

    if not space:
        axis = "score of the right token above the others, at every position"
        return [Path(axis, -REACH, REACH, lambda x: at(x, torch.arange(TOKENS)), single=subject.coupled)]
    axis = "score of the right class above the other, in every pixel"
    return [
        Path(
            axis, -REACH, REACH, partial(_of_mask, at, _rectangle(*size)),
            f"object on {100 * size[0] * size[1] / SIDE**2:.0f} % of the image", subject.coupled,
        )
        for size in OBJECTS
    ]  # fmt: skip


def _of_mask(at: Callable[[Tensor, Tensor], Data], mask: Tensor, x: Tensor) -> Data:
    return at(x, mask)


def _rectangle(height: int, width: int) -> Tensor:
    mask = torch.zeros(SIDE, SIDE, dtype=torch.int64)
    mask[1 : 1 + height, 1 : 1 + width] = 1
    return mask


def _other_ids(subject: Subject, taken: tuple[str, ...], target: Tensor) -> Data:
    """Ids beside the class ids: each position its own."""
    own = torch.arange(target.shape[-1]).expand(target.shape)
    return {i.name: own for i in required(subject.spec) if i.name not in taken and i.dtype == "int64"}


def is_head(spec: LossSpec) -> bool:
    """Features, a weight row a class, and class ids."""
    found = _of(spec)
    return found is not None and _head(spec) is not None and len(required(spec)) == 3


def _head(spec: LossSpec) -> tuple[Input, Input] | None:
    """Features and weights of a linear head."""
    found = _of(spec)
    weights = [i for i in moved(spec) if len(i.shape) == 2 and found is not None and i.shape[0] == found[1]]
    features = [
        i for i in moved(spec) for w in weights if i is not w and i.shape[-1] == w.shape[1] and i.shape[0] != w.shape[0]
    ]
    return (features[0], weights[0]) if len(features) == len(weights) == 1 else None


def head(subject: Subject) -> list[Path]:
    """Features from another class's weight vector to their own class's, three classes."""
    found, pair = _of(subject.spec), _head(subject.spec)
    assert found is not None
    assert pair is not None
    weight = 2 * torch.eye(3, dtype=torch.float64)
    every = bool(getattr(found[0].domain, "every", False)) or batch_symbol(subject.spec) == ""
    single = subject.coupled or every

    def at(x: Tensor) -> Data:
        target = torch.tensor([0, 1, 2]) if single else torch.zeros(len(x), dtype=torch.int64)
        right, wrong = weight[target], weight[(target + 1) % 3]
        features = wrong + x.view(-1, 1) * (right - wrong)
        return {pair[0].name: features, pair[1].name: weight, found[0].name: target}

    axis = "feature, from another class's weights (0) to its own (1)"
    return [Path(axis, -1.0, 2.0, at, single=single)]
