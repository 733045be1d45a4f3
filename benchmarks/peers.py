"""What a user would otherwise write or call, loss by loss.

A peer is the framework's own function where there is one, else the shortest vectorised form that is right at ordinary inputs.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.inputs import (
    CLASSES,
    Inputs,
    answers,
    bins,
    classes,
    few_classes,
    frame,
    head,
    labelled,
    lists,
    numbers,
    shares,
    tokens,
)

PRIOR = torch.linspace(1, 3, CLASSES, dtype=torch.float64) / (2 * CLASSES)


@dataclass(frozen=True)
class Pair:
    """A loss and its peer.

    Attributes:
        peer: takes the same tensors, gives the mean.
        inputs: makes them; the first one gets the gradient.
        told: what the peer is.
        parameters: of the loss.
        taken: how many of the inputs the loss takes; all if left out.
    """

    peer: Callable[..., Tensor]
    inputs: Callable[[], Inputs]
    told: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    taken: int | None = None

    def ours(self, loss: Callable[..., Tensor], inputs: Inputs) -> Tensor:
        """The loss of the inputs that it takes."""
        return loss(*inputs[: self.taken])


def label_probability(scores: Tensor, target: Tensor) -> Tensor:
    """The probability of the label."""
    return scores.softmax(1).gather(1, target.unsqueeze(1)).squeeze(1)


def surprise(scores: Tensor, target: Tensor) -> Tensor:
    """Minus its logarithm."""
    return functional.cross_entropy(scores, target, reduction="none")


def one_hot(scores: Tensor, target: Tensor) -> Tensor:
    """Labels in the shape of the scores."""
    return functional.one_hot(target, scores.shape[1]).to(scores.dtype)


def margins(scores: Tensor, target: Tensor) -> Tensor:
    """Score times the sign of the answer."""
    return scores * (2 * target - 1)


def sigmoid_focal(x: Tensor, t: Tensor) -> Tensor:
    """With a quarter of the weight on positives and exponent 2."""
    p = x.sigmoid()
    wrong = t * (1 - p) + (1 - t) * p
    weight = 0.25 * t + 0.75 * (1 - t)
    return (weight * wrong.square() * functional.binary_cross_entropy_with_logits(x, t, reduction="none")).mean()


def focal(x: Tensor, y: Tensor) -> Tensor:
    """With exponent 2."""
    cost = surprise(x, y)
    return ((1 - (-cost).exp()).square() * cost).mean()


def soft(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The soft confusion matrix of AnyLoss: true and false positives, false and true negatives."""
    y = (73 * (x.sigmoid() - 0.5)).sigmoid()
    return (t * y).sum(), ((1 - t) * y).sum(), (t * (1 - y)).sum(), ((1 - t) * (1 - y)).sum()


def anyloss_fbeta(x: Tensor, t: Tensor) -> Tensor:
    """With beta = 1."""
    found, alarms, missed, _ = soft(x, t)
    return (missed + alarms) / (2 * found + missed + alarms)


def anyloss_balanced_accuracy(x: Tensor, t: Tensor) -> Tensor:
    """One minus the mean of both rates."""
    found, alarms, missed, kept = soft(x, t)
    return 1 - (found / (found + missed) + kept / (kept + alarms)) / 2


def anyloss_gmean(x: Tensor, t: Tensor) -> Tensor:
    """One minus their geometric mean."""
    found, alarms, missed, kept = soft(x, t)
    return 1 - (found / (found + missed) * kept / (kept + alarms)).sqrt()


def asymmetric(x: Tensor, t: Tensor) -> Tensor:
    """As the vision libraries have it, without their clamp of the logarithms."""
    p = x.sigmoid()
    rest = (1 - p + 0.05).clamp(max=1)
    cost = t * p.log() + (1 - t) * rest.log()
    weight = (1 - p * t - rest * (1 - t)).pow(t + 4 * (1 - t))
    return -(cost * weight).mean()


def overlap(x: Tensor, t: Tensor) -> Tensor:
    """Dice of each entry with squares."""
    p = x.sigmoid()
    return (1 - (2 * p * t + 1) / (p * p + t * t + 1)).mean()


def tversky(x: Tensor, t: Tensor) -> Tensor:
    """Tversky of each entry."""
    p = x.sigmoid()
    right = p * t
    return (1 - (right + 1) / (right + 0.5 * p * (1 - t) + 0.5 * (1 - p) * t + 1)).mean()


def adjusted(x: Tensor, t: Tensor) -> Tensor:
    """Dice of probabilities damped by 1 - p."""
    p = x.sigmoid()
    q = (1 - p) * p
    return (1 - (2 * q * t + 1) / (q + t + 1)).mean()


def adjusted_classes(x: Tensor, y: Tensor) -> Tensor:
    """The same for every class."""
    p, t = x.softmax(1), one_hot(x, y)
    q = (1 - p) * p
    return (1 - (2 * q * t + 1) / (q + t + 1)).sum(1).mean()


def correctness(x: Tensor, y: Tensor) -> Tensor:
    """Squared gap of confidence and correctness."""
    confidence, choice = x.softmax(1).max(1)
    return (confidence - (choice == y).float()).square().mean()


def coverage(x: Tensor, y: Tensor) -> Tensor:
    """Minus the logarithm of pass@256."""
    log_p = -functional.cross_entropy(x.transpose(1, 2), y, reduction="none").sum(1)
    return -torch.log(-torch.expm1(256 * torch.log1p(-log_p.double().exp()))).mean().float()


def two_hot(x: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy to weights on both neighbours."""
    place = ((y + 10) / 20 * 100).clamp(0, 100)
    below = place.floor().long().clamp(max=99)
    log_p, share = x.log_softmax(1), place - below
    ends = log_p.gather(1, torch.stack([below, below + 1], 1))
    return -((1 - share) * ends[:, 0] + share * ends[:, 1]).mean()


def ordinal(x: Tensor, y: Tensor) -> Tensor:
    """Binary cross-entropy of the levels, added up."""
    levels = (y.unsqueeze(1) > torch.arange(x.shape[1])).float()
    return functional.binary_cross_entropy_with_logits(x, levels, reduction="none").sum(1).mean()


def spherical(x: Tensor, y: Tensor) -> Tensor:
    """Squares in place of exponentials."""
    squares = x.square() + 1e-5
    return (squares.sum(1).log() - squares.gather(1, y.unsqueeze(1)).squeeze(1).log()).mean()


def taylor(x: Tensor, y: Tensor) -> Tensor:
    """The second-order series in place of exponentials."""
    terms = 1 + x + 0.5 * x * x
    return (terms.sum(1).log() - terms.gather(1, y.unsqueeze(1)).squeeze(1).log()).mean()


def violations(x: Tensor, y: Tensor) -> Tensor:
    """Scores less the label's."""
    return x - x.gather(1, y.unsqueeze(1))


def profits(scores: Tensor, pnl: Tensor) -> Tensor:
    """Pairs of the six most profitable items of each list."""
    best, order = pnl.topk(6, dim=1)
    kept = scores.gather(1, order)
    gaps = (1 + (best.unsqueeze(2) - best.unsqueeze(1)).clamp(min=0)).log10()
    cost = functional.softplus(kept.unsqueeze(1) - kept.unsqueeze(2))
    return ((gaps * cost).sum((1, 2)) / 6).mean()


def features_objective(h: Tensor, w: Tensor, y: Tensor) -> Tensor:
    """Half squared errors with both decays."""
    fit = 0.5 * (h @ w.T - functional.one_hot(y, len(w)).float()).square().sum(1).mean()
    return fit + 2.5e-4 * (w.square().sum() + h.square().sum())


def tight_frame(w: Tensor) -> Tensor:
    """The normalised Gram matrix less that of a simplex."""
    gram, count = w @ w.T, len(w)
    ideal = (torch.eye(count) - 1 / count) / (count - 1) ** 0.5
    distance: Tensor = torch.linalg.vector_norm(gram / torch.linalg.vector_norm(gram) - ideal)
    return distance


def variability(h: Tensor, y: Tensor) -> Tensor:
    """Trace of the covariance within classes over that between them."""
    count = int(y.max()) + 1
    sizes = torch.bincount(y, minlength=count).unsqueeze(1)
    means = torch.zeros(count, h.shape[1]).index_add(0, y, h) / sizes
    within = (h - means[y]).square().sum() / len(h)
    return within / ((means - h.mean(0)).square().sum() / count)


def drawn(x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """Derivatives handed out in the order of the margins."""
    z = margins(x, t)
    order = z.detach().argsort()
    slopes = torch.empty_like(z).scatter(0, order, (-noise.exp()).clamp(min=-1).sort()[0])
    slopes = torch.where(z.detach() > 1, slopes / z.detach(), slopes)
    return ((slopes - 1e-6) * z).mean()


OTHER_NUMBERS = ("crammer_singer",)  # the framework adds up what ours takes the largest of
PAIRS = {
    "cross_entropy": Pair(functional.cross_entropy, classes, "torch's cross_entropy"),
    "label_smoothing_cross_entropy": Pair(
        lambda x, y: functional.cross_entropy(x, y, label_smoothing=0.1), classes, "torch's cross_entropy, smoothed"
    ),
    "comp_sum": Pair(
        lambda x, y: (1 - label_probability(x, y).sqrt()).mean() / 0.5, classes, "softmax, gather, power", {"tau": 1.5}
    ),
    "generalized_cross_entropy": Pair(
        lambda x, y: (1 - label_probability(x, y) ** 0.7).mean() / 0.7, classes, "softmax, gather, power"
    ),
    "mae_classification": Pair(
        lambda x, y: (x.softmax(1) - one_hot(x, y)).abs().sum(1).mean() / 2, classes, "softmax against one-hot"
    ),
    "brier": Pair(
        lambda x, y: (x.softmax(1) - one_hot(x, y)).square().sum(1).mean(), classes, "softmax against one-hot"
    ),
    "one_hot_mse": Pair(lambda x, y: (x - one_hot(x, y)).square().sum(1).mean(), classes, "against one-hot"),
    "crammer_singer": Pair(
        lambda x, y: functional.multi_margin_loss(x, y),
        classes,
        "torch's multi_margin_loss (a sum where ours is a maximum)",
    ),
    "poly_loss": Pair(
        lambda x, y: (surprise(x, y) + 2 * (1 - label_probability(x, y))).mean(), classes, "cross_entropy and softmax"
    ),
    "focal": Pair(focal, classes, "cross_entropy, exponential, square"),
    "hinge": Pair(lambda x, t: (1 - margins(x, t)).relu().mean(), answers, "relu of margins"),
    "squared_hinge": Pair(lambda x, t: (1 - margins(x, t)).relu().square().mean(), answers, "squared relu of margins"),
    "logistic": Pair(lambda x, t: functional.softplus(-margins(x, t)).mean(), answers, "softplus of margins"),
    "exponential": Pair(lambda x, t: (-margins(x, t)).exp().mean(), answers, "exponential of margins"),
    "binary_cross_entropy_with_logits": Pair(
        functional.binary_cross_entropy_with_logits, answers, "torch's binary_cross_entropy_with_logits"
    ),
    "sigmoid_focal": Pair(sigmoid_focal, answers, "binary_cross_entropy_with_logits times the factor"),
    "mse": Pair(functional.mse_loss, numbers, "torch's mse_loss"),
    "mae": Pair(functional.l1_loss, numbers, "torch's l1_loss"),
    "huber": Pair(functional.huber_loss, numbers, "torch's huber_loss"),
    "comp_sum_rho_margin": Pair(
        lambda x, y: (-violations(x, y) * -1 + 1).clamp(0, 1).sum(1).log().mean(), classes, "clipped margins, logarithm"
    ),
    "ldr_k": Pair(
        lambda x, y: ((violations(x, y) + 1 - one_hot(x, y)).topk(5, dim=1)[0]).mean(1).mean(),
        classes,
        "topk",
        {"k": 5},
    ),
    "ldr_kl": Pair(
        lambda x, y: (violations(x, y).logsumexp(1) - math.log(CLASSES)).mean(), classes, "logsumexp of differences"
    ),
    "logit_adjusted": Pair(
        lambda x, y: functional.cross_entropy(x + PRIOR.log().float(), y),
        classes,
        "torch's cross_entropy of shifted scores",
        {"class_prior": PRIOR.tolist()},
    ),
    "symmetric_cross_entropy": Pair(
        lambda x, y: (0.1 * surprise(x, y) + 9.210340371976182 * (1 - label_probability(x, y))).mean(),
        classes,
        "cross_entropy and softmax",
    ),
    "spherical_softmax": Pair(spherical, classes, "squares, sum, gather"),
    "taylor_softmax": Pair(taylor, classes, "polynomial, sum, gather"),
    "correctness_aware": Pair(correctness, classes, "softmax, max"),
    "self_adjusting_dice_multiclass": Pair(adjusted_classes, classes, "softmax against one-hot"),
    "comp_sum_bayes_risk": Pair(lambda q: -torch.xlogy(q, q).sum(1).mean(), shares, "torch's xlogy"),
    "ordinal_cross_entropy": Pair(
        lambda x, y: ordinal(x, y),
        lambda: (few_classes()[0][:, 1:], few_classes()[1]),
        "binary_cross_entropy of levels",
    ),
    "direct_coverage": Pair(coverage, tokens, "cross_entropy, log1p, expm1"),
    "two_hot": Pair(two_hot, bins, "log_softmax, gather", {"min_value": -10.0, "max_value": 10.0}),
    "anyloss_accuracy": Pair(
        lambda x, t: (soft(x, t)[1] + soft(x, t)[2]) / len(x), answers, "sums of sigmoids of sigmoids"
    ),
    "anyloss_fbeta": Pair(anyloss_fbeta, answers, "sums of sigmoids of sigmoids"),
    "anyloss_balanced_accuracy": Pair(anyloss_balanced_accuracy, answers, "sums of sigmoids of sigmoids"),
    "anyloss_gmean": Pair(anyloss_gmean, answers, "sums of sigmoids of sigmoids"),
    "asymmetric_loss": Pair(asymmetric, answers, "the vision libraries' form"),
    "binary_dice": Pair(overlap, answers, "sigmoid, quotient"),
    "binary_tversky": Pair(tversky, answers, "sigmoid, quotient"),
    "self_adjusting_dice": Pair(adjusted, answers, "sigmoid, quotient"),
    "ens_loss": Pair(drawn, lambda: (answers()[0], answers()[1], numbers()[1]), "argsort, scatter"),
    "profit_aware_bce": Pair(profits, lists, "topk, pairs"),
    "neural_collapse_ufm": Pair(features_objective, head, "product, one-hot"),
    "nc2_frame": Pair(tight_frame, frame, "Gram matrix, norm"),
    "nc1_variability": Pair(variability, labelled, "index_add, traces", {"variant": "trace_ratio"}),
    "crrelu": Pair(lambda x, _: (x.relu() + 0.01 * x * (-x * x / 2).exp()).mean(), numbers, "relu and a bump", taken=1),
    "wafbc": Pair(lambda x, _: torch.special.ndtr(x).mean(), numbers, "torch's ndtr", taken=1),
}
