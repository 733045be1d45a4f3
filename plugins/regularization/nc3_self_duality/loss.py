"""NC3 as a module: classifier rows against class means (Dang et al. 2023)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import check_precision
from losskit.plugins.ops.class_means import means_of_labels
from losskit.plugins.ops.frames import distance, ideal_gram, refuse_vanishing, unit_norm
from losskit.plugins.ops.precision import full_matmul, widen
from losskit.plugins.regularization.nc3_self_duality import SPEC


class NC3SelfDualityLoss(Loss):
    """``|| W M' / ||W M'|| - E ||`` or ``|| W / ||W|| - M / ||M|| ||`` for class means M, centred with ``etf``."""

    spec = SPEC
    frame: str
    variant: str

    def forward(self, weight: Tensor, features: Tensor, labels: Tensor, scales: Optional[Tensor] = None) -> Tensor:
        """The distance, whatever the reduction.

        Args:
            weight: classifier rows, shape (C, D), not all zero.
            features: one row a sample, shape (B, D).
            labels: class ids, int64, shape (B,); every class occurs.
            scales: squared lengths of the ideal orthogonal vectors, shape (C,), not all zero; in place of the frame.

        Returns:
            A scalar; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong, or what is normalised vanishes.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(weight, features, labels, scales)
        means, complete = means_of_labels(widen(features), labels, weight.size(0), self.frame == "etf")
        if not torch.jit.is_scripting():
            self._refuse_zeros(weight, features, means, scales)
        head, centres = unit_norm(widen(weight)), unit_norm(means)
        if self.variant == "difference":
            value = distance(head, centres)
        else:
            product = full_matmul(head, centres.transpose(0, 1))
            if not torch.jit.is_scripting():
                wanted = "a product with the class means that is not 0"
                refuse_vanishing(self.spec.name, "weight", wanted, product, head)
            value = distance(unit_norm(product), ideal_gram(weight.size(0), self.frame, scales, product))
        return self.reduce(torch.where(complete, value, torch.full_like(value, float("nan"))))

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse inputs the loss is not defined for.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: no tensor, the wrong dtype, or dtypes that do not go together.
        """
        if torch.compiler.is_compiling():
            return
        super().check(*inputs, sample_weight=sample_weight)
        weight, features, *_ = inputs
        check_precision(self.spec.name, "weight", {"weight": weight, "features": features})

    @torch.jit.unused
    def _refuse_zeros(self, weight: Tensor, features: Tensor, means: Tensor, scales: Optional[Tensor]) -> None:
        refuse_vanishing(self.spec.name, "weight", "an entry other than 0", weight)
        if scales is not None:
            refuse_vanishing(self.spec.name, "scales", "an entry other than 0", scales)
        wanted = "class means that differ" if self.frame == "etf" else "a class mean other than 0"
        refuse_vanishing(self.spec.name, "features", wanted, means, features)
