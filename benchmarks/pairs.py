"""Losses and their peers: the framework's own function where there is one, else a form of :mod:`benchmarks.peers`."""

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
    activations,
    answers,
    attacked,
    bins,
    classes,
    few_classes,
    frame,
    head,
    labelled,
    lists,
    moved_bins,
    numbers,
    output_layer,
    self_dual,
    shares,
    steps,
    thresholds,
    tokens,
)
from benchmarks.peers import (
    adjusted,
    adjusted_classes,
    anyloss_balanced_accuracy,
    anyloss_fbeta,
    anyloss_gmean,
    asymmetric,
    corrected,
    correctness,
    coverage,
    drawn,
    dual,
    entropy,
    features_objective,
    focal,
    label_probability,
    margins,
    one_against_all,
    one_hot,
    ordered,
    ordinal,
    overlap,
    profits,
    projected,
    robust,
    sigmoid_focal,
    soft,
    spherical,
    stepwise,
    surprise,
    taylor,
    tight_frame,
    tversky,
    two_hot,
    variability,
    violations,
)

PRIOR = torch.linspace(1, 3, CLASSES, dtype=torch.float64) / (2 * CLASSES)


@dataclass(frozen=True)
class Pair:
    """A loss and its peer.

    Attributes:
        peer: takes the same tensors, gives the mean.
        inputs: makes them.
        told: what the peer is.
        parameters: of the loss.
        taken: how many of the inputs the loss takes; all if left out.
        trained: how many of the first inputs get a gradient, those that a user of the loss trains.
    """

    peer: Callable[..., Tensor]
    inputs: Callable[[], Inputs]
    told: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    taken: int | None = None
    trained: int = 1

    def ours(self, loss: Callable[..., Tensor], inputs: Inputs) -> Tensor:
        """The loss of the inputs that it takes."""
        return loss(*inputs[: self.taken])


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
        lambda x, y: (violations(x, y) + 1 - one_hot(x, y)).amax(1).relu().mean(), classes, "maximum of margins"
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
    "neural_collapse_ufm": Pair(features_objective, head, "product, one-hot", trained=2),
    "nc2_frame": Pair(tight_frame, frame, "Gram matrix, norm"),
    "nc1_variability": Pair(variability, labelled, "index_add, traces", {"variant": "trace_ratio"}),
    "crrelu": Pair(lambda x, _: (x.relu() + 0.01 * x * (-x * x / 2).exp()).mean(), numbers, "relu and a bump", taken=1),
    "wafbc": Pair(lambda x, _: torch.special.ndtr(x).mean(), numbers, "torch's ndtr", taken=1),
    "svm_head": Pair(one_against_all, output_layer, "signs from one-hot, relu, square", {"c": 1.0}),
    "smooth_adversarial_comp_sum": Pair(robust, attacked, "cross_entropy and a norm", trained=2),
    "ordinal_softmax_nll": Pair(ordered, thresholds, "differences of sigmoids"),
    "categorical_projection": Pair(
        projected, moved_bins, "scatter_add, log_softmax", {"min_value": -10.0, "max_value": 10.0}
    ),
    "direct_coverage_step": Pair(stepwise, steps, "cross_entropy, scatter_add, log1p, expm1", {"n_eff": 8.0}),
    "nc3_self_duality": Pair(dual, self_dual, "index_add, norms", {"frame": "etf", "variant": "difference"}, trained=2),
    "eafo_correction": Pair(corrected, activations, "the formula", trained=3),
    "activation_entropy": Pair(entropy, activations, "the formula", trained=2),
}
