"""Forms that a user would otherwise write: the shortest vectorised ones that are right at ordinary inputs."""

import math

import torch
from torch import Tensor
from torch.nn import functional


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


def one_against_all(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """Squared hinge of every class against the rest, and the decay of the weights."""
    signs = 2 * one_hot(x, y) - 1
    return (1 - signs * x).relu().square().sum(1).mean() + w.square().sum() / (2 * len(x))


def robust(x: Tensor, attacked: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy, and the distance by which an attack moves the margins."""
    moved: Tensor = torch.linalg.vector_norm(violations(attacked - x, y), dim=1)
    return functional.cross_entropy(x, y) + moved.mean()


def ordered(x: Tensor, y: Tensor) -> Tensor:
    """Minus the logarithm of a difference of sigmoids."""
    tails = functional.pad(functional.pad(x.sigmoid(), (1, 0), value=1.0), (0, 1), value=0.0)
    shares = tails[:, :-1] - tails[:, 1:]
    return -shares.gather(1, y.unsqueeze(1)).log().mean()


def projected(x: Tensor, p: Tensor, reward: Tensor, discount: Tensor) -> Tensor:
    """Cross-entropy against a distribution whose atoms have moved, each split between its neighbours."""
    count = x.shape[1]
    place = ((reward[:, None] + discount[:, None] * torch.linspace(-10, 10, count) + 10) / 20 * (count - 1)).clamp(
        0, count - 1
    )
    low = place.floor().long().clamp(max=count - 2)
    share = place - low
    target = torch.zeros_like(x).scatter_add(1, low, p * (1 - share)).scatter_add(1, low + 1, p * share)
    return -(target * x.log_softmax(1)).sum(1).mean()


def stepwise(x: Tensor, y: Tensor, steps: Tensor) -> Tensor:
    """Minus the logarithm of pass@N of every step of an answer."""
    log_p = -functional.cross_entropy(x.transpose(1, 2), y, reduction="none")
    by_step = torch.zeros(len(x), int(steps.max()) + 1).scatter_add(1, steps, log_p)
    return -torch.log(-torch.expm1(8 * torch.log1p(-by_step.double().exp()))).mean().float()


def dual(w: Tensor, h: Tensor, y: Tensor) -> Tensor:
    """Classifier rows against centred class means, both normalised."""
    rows = h - h.mean(0)
    sizes = torch.bincount(y, minlength=len(w)).unsqueeze(1)
    means = torch.zeros_like(w).index_add(0, y, rows) / sizes
    distance: Tensor = (w / w.norm() - means / means.norm()).norm()
    return distance


def corrected(y: Tensor, dy: Tensor, d2y: Tensor) -> Tensor:
    """The normal density and its slope."""
    density: Tensor = (-0.5 * y * y).exp() / math.sqrt(2 * math.pi)
    return (density * (y * dy - d2y / dy)).mean()


def entropy(y: Tensor, dy: Tensor, weights: Tensor) -> Tensor:
    """Of the density of an output."""
    density: Tensor = (-0.5 * y * y).exp() / math.sqrt(2 * math.pi) * dy
    return -(weights * density * density.log()).sum()
