"""What no claim says of the spherical output head: that it stays small, and that it can be asked to check."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import losskit
from losskit.spec.errors import InputError, InputTypeError

KINDS = ("mse", "taylor", "spherical", "z_loss")
OF: dict[str, tuple[str, dict[str, Any]]] = {
    "mse": ("one_hot_mse", {}),
    "taylor": ("taylor_softmax", {}),
    "spherical": ("spherical_softmax", {"eps": 1e-5}),
    "z_loss": ("z_loss", {}),
}


def inputs(rows: int = 6, classes: int = 11, width: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    hidden = torch.randn(rows, width, generator=draw, dtype=torch.float64)
    weight = torch.randn(classes, width, generator=draw, dtype=torch.float64)
    return hidden, weight, torch.randint(0, classes, (rows,), generator=draw)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", [("gram",), ("weight_sum",), ("gram", "weight_sum")])
def test_kept_statistics_give_the_dense_loss(kind: str, given: tuple[str, ...]) -> None:
    hidden, weight, target = inputs()
    kept = {"gram": weight.T @ weight, "weight_sum": weight.sum(0)}
    found = losskit.create("spherical_head", kind=kind)(hidden, weight, target, **{name: kept[name] for name in given})
    name, parameters = OF[kind]
    torch.testing.assert_close(found, losskit.create(name, **parameters)(hidden @ weight.T, target))


class Largest(TorchDispatchMode):
    """Remembers the size of the largest tensor that an operation gives."""

    most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = result if isinstance(result, tuple | list) else (result,)
        self.most = max(self.most, *(t.numel() for t in tensors if isinstance(t, Tensor)), 0)
        return result


@pytest.mark.parametrize("kind", KINDS)
def test_the_scores_of_all_classes_are_never_formed(kind: str) -> None:
    hidden, weight, target = inputs(rows=50, classes=200, width=3)
    leaves = hidden.requires_grad_(), weight.requires_grad_()
    with Largest() as seen:  # type: ignore[no-untyped-call]
        torch.autograd.grad(losskit.create("spherical_head", kind=kind)(*leaves, target), leaves)
    assert 0 < seen.most <= weight.numel()


@pytest.mark.parametrize("name", ["gram", "weight_sum"])
def test_statistics_of_another_matrix_are_refused_when_asked(name: str) -> None:
    hidden, weight, target = inputs()
    kept = {"gram": weight.T @ weight, "weight_sum": weight.sum(0)}
    loss = losskit.create("spherical_head")
    with losskit.debug():
        loss(hidden, weight, target, **kept)
    kept[name] = kept[name] + 1
    assert loss(hidden, weight, target, **kept).isfinite()
    with (
        losskit.debug(),
        pytest.raises(InputError, match=f"input {name} must belong to the weight .* found a difference"),
    ):
        loss(hidden, weight, target, **kept)


@pytest.mark.parametrize("name", ["weight", "gram", "weight_sum"])
def test_mixed_precision_is_refused(name: str) -> None:
    hidden, weight, target = inputs()
    given = {"weight": weight, "gram": weight.T @ weight, "weight_sum": weight.sum(0)}
    given[name] = given[name].float()
    with pytest.raises(InputTypeError, match=f"input {name} must be float64 if hidden is"):
        losskit.create("spherical_head")(hidden, target=target, **given)
