"""Neural collapse where it is known in closed form: at the minimisers of the unconstrained-features objective."""

from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.spec.errors import InputError, InputTypeError

C, D = 3, 4
BALANCED = (4, 4, 4)
DECAYS: dict[str, Any] = {"weight_decay": 0.01, "feature_decay": 0.005}
HEAVY: dict[str, Any] = {"weight_decay": 0.1, "feature_decay": 0.1}


def labels_of(counts: tuple[int, ...]) -> Tensor:
    return torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))


def start(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return 0.5 * torch.randn(shape, generator=generator, dtype=torch.float64)


def minimise(
    counts: tuple[int, ...], *, layers: int = 0, bias: bool = False, **parameters: Any
) -> tuple[float, dict[str, Tensor]]:
    """The least value that L-BFGS finds, and where."""
    loss = losskit.create("neural_collapse_ufm", **parameters)
    target = labels_of(counts)
    at = {"features": start(len(target), D), "weight": start(C, D)}
    at |= {"hidden_weights": start(layers, D, D) + torch.eye(D)} if layers else {}
    at |= {"bias": start(C)} if bias else {}
    for tensor in at.values():
        tensor.requires_grad_()
    search = torch.optim.LBFGS(
        list(at.values()), max_iter=2000, tolerance_grad=1e-14, tolerance_change=0.0, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        search.zero_grad()
        value: Tensor = loss(target=target, **at)
        value.backward()
        return value

    for _ in range(3):
        search.step(closure)
    return float(closure().detach()), {name: tensor.detach() for name, tensor in at.items()}


def means(features: Tensor, counts: tuple[int, ...]) -> Tensor:
    return torch.stack([rows.mean(0) for rows in features.split(list(counts))])


@pytest.mark.parametrize(
    ("counts", "decays", "kept", "least"),
    [
        # kept classes cost sqrt(n p) - N p / 2 for p the product of the decays, the others n / (2 N)
        (BALANCED, DECAYS, [0.9575735931, 0.9575735931, 0.9575735931], 0.0415264069),
        ((6, 3, 1), DECAYS, [0.9711324865, 0.9591751710, 0.9292893219], 0.0358890246),
        ((20, 3, 1), HEAVY, [0.4633436854, 0.0, 0.0], 0.4105469288),
    ],
    ids=["balanced", "imbalanced", "minority collapse"],
)
def test_minimum_of_one_layer(counts: tuple[int, ...], decays: dict[str, Any], kept: list[float], least: float) -> None:
    found, at = minimise(counts, **decays)
    assert found == pytest.approx(least, abs=1e-9)
    features, weight = at["features"], at["weight"]
    centres = means(features, counts)
    spread = features - centres.repeat_interleave(torch.tensor(counts), 0)
    torch.testing.assert_close(spread, torch.zeros_like(spread), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        weight @ centres.T, torch.diag(torch.tensor(kept, dtype=torch.float64)), atol=1e-6, rtol=0
    )
    gram = weight @ weight.T
    torch.testing.assert_close(gram, torch.diag(gram.diagonal()), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("counts", "fit", "frame", "scales"),
    [
        (BALANCED, {"kind": "mse", "bias": True}, "etf", None),
        (BALANCED, {"kind": "ce", "bias": True}, "etf", None),
        (BALANCED, {"kind": "mse"}, "orthogonal", None),
        ((6, 3, 1), {"kind": "mse"}, "orthogonal", [0.9711324865, 0.9591751710, 0.9292893219]),
    ],
    ids=["mse with bias", "ce with bias", "mse", "imbalanced mse"],
)
def test_measures_of_collapse_vanish_at_minimisers(
    counts: tuple[int, ...], fit: dict[str, Any], frame: str, scales: list[float] | None
) -> None:
    _, at = minimise(counts, **fit, **DECAYS)
    weight, features, labels = at["weight"], at["features"], labels_of(counts)
    product = None if scales is None else torch.tensor(scales, dtype=torch.float64)
    # a row of weight has the squared length c_k sqrt(n_k feature_decay / weight_decay)
    lengths = None if product is None else product * torch.tensor(counts).sqrt()
    found = [
        losskit.create("nc2_frame", frame=frame)(weight, lengths),
        losskit.create("nc3_self_duality", frame=frame)(weight, features, labels, product),
        losskit.create("nc1_variability")(features, labels),
        losskit.create("nc1_variability", variant="trace_ratio")(features, labels),
    ]
    if scales is None:  # else rows of weight and means have different ratios
        found.append(losskit.create("nc3_self_duality", frame=frame, variant="difference")(weight, features, labels))
    torch.testing.assert_close(torch.stack(found), torch.zeros(len(found), dtype=torch.float64), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["mse", "ce"])
def test_layers_of_a_minimiser_are_balanced(kind: str) -> None:
    _, at = minimise(BALANCED, layers=2, bias=True, kind=kind, **DECAYS)
    first, second = at["hidden_weights"]
    head, features = at["weight"], at["features"]
    for left, right in (
        (head.T @ head, second @ second.T),
        (second.T @ second, first @ first.T),
        (DECAYS["weight_decay"] * first.T @ first, DECAYS["feature_decay"] * features.T @ features),
    ):
        assert float(left.abs().max()) > 1e-3
        torch.testing.assert_close(left, right, atol=1e-6, rtol=0)


def test_no_hidden_layers_are_none() -> None:
    loss = losskit.create("neural_collapse_ufm", reduction="none")
    given = (start(5, D), start(C, D), torch.tensor([0, 2, 1, 1, 0]))
    assert torch.equal(loss(*given, torch.zeros(0, D, D, dtype=torch.float64)), loss(*given))


def test_first_of_several_layers_turns_with_the_features() -> None:
    loss = losskit.create("neural_collapse_ufm", **HEAVY)
    features, weight, layers = start(5, D), start(C, D), start(3, D, D)
    target = torch.tensor([0, 2, 1, 1, 0])
    turn = torch.linalg.qr(start(D, D)).Q
    turned = torch.cat([layers[:1] @ turn.T, layers[1:]])
    torch.testing.assert_close(loss(features @ turn.T, weight, target, turned), loss(features, weight, target, layers))


@pytest.mark.parametrize(
    ("frame", "wanted"), [("etf", "class means that differ"), ("orthogonal", "a class mean other than 0")]
)
def test_self_duality_says_what_its_frame_needs_of_the_means(frame: str, wanted: str) -> None:
    loss = losskit.create("nc3_self_duality", frame=frame)
    with pytest.raises(InputError, match=wanted):
        loss(torch.eye(C, D), torch.zeros(6, D), torch.arange(6) % C)


@pytest.mark.parametrize("name", ["features", "weight", "hidden_weights"])
def test_layers_of_two_precisions_are_refused(name: str) -> None:
    given = {"features": torch.ones(2, 3), "weight": torch.ones(2, 3), "hidden_weights": torch.ones(1, 3, 3)}
    given[name] = given[name].double()
    with pytest.raises(InputTypeError, match="must be float64 if features is and only then"):
        losskit.create("neural_collapse_ufm")(target=torch.tensor([0, 1]), **given)


def test_a_classifier_and_features_of_two_precisions_are_refused() -> None:
    weight, features = torch.eye(2), torch.eye(2).double()
    with pytest.raises(InputTypeError, match="input features must be float64 if weight is and only then"):
        losskit.create("nc3_self_duality")(weight, features, torch.tensor([0, 1]))
