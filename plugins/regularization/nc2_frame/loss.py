"""NC2 as a module: class vectors against an ideal frame (Dang et al. 2023)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.frames import distance, ideal_gram, over_norm, refuse_vanishing, unit_norm
from losskit.plugins.ops.precision import full_matmul, widen
from losskit.plugins.regularization.nc2_frame import SPEC


class NC2FrameLoss(Loss):
    """``|| W W' / ||W W'|| - E ||``, E being the Gram matrix of an ideal frame, of norm 1."""

    spec = SPEC
    frame: str

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse wrong inputs, and vectors or squared lengths that are all zero.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        super().check(*inputs, sample_weight=sample_weight)
        for entry, tensor in zip(("weight", "scales"), inputs, strict=True):
            if tensor is not None:
                refuse_vanishing(self.spec.name, entry, "an entry other than 0", tensor)

    def forward(self, weight: Tensor, scales: Optional[Tensor] = None) -> Tensor:
        """The distance, whatever the reduction.

        Args:
            weight: one vector a class, shape (C, D), not all zero.
            scales: squared lengths of the ideal orthogonal vectors, shape (C,), not all zero; they override the frame.

        Returns:
            A scalar; float32 for half-precision vectors.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(weight, scales)
        vectors = unit_norm(widen(weight))
        gram = over_norm(full_matmul(vectors, vectors.transpose(0, 1)))
        return self.reduce(distance(gram, ideal_gram(weight.size(0), self.frame, scales, gram)))
