"""Direct preference optimisation as a module (Rafailov et al. 2023, equation 7)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.preference.dpo import SPEC
from losskit.spec.errors import InputError


class DPOLoss(Loss):
    """``(1 - eps) softplus(-z) + eps softplus(z)``, z being beta times the margin of the policy over the reference."""

    spec = SPEC
    beta: float
    label_smoothing: float
    reference_free: bool

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse wrong inputs, and missing reference log-probabilities unless the loss is reference-free.

        Raises:
            InputError: rank or size is wrong, or a reference is missing.
            InputTypeError: the wrong dtype.
        """
        for name, given in zip(("reference_chosen_logps", "reference_rejected_logps"), inputs[2:], strict=True):
            if given is None and not self.reference_free:
                raise InputError(f"dpo: input {name} must be given unless reference_free=True, found None")
        super().check(*inputs, sample_weight=sample_weight)

    def forward(
        self,
        policy_chosen_logps: Tensor,
        policy_rejected_logps: Tensor,
        reference_chosen_logps: Optional[Tensor] = None,
        reference_rejected_logps: Optional[Tensor] = None,
        sample_weight: Optional[Tensor] = None,
    ) -> Tensor:
        """The reduced loss.

        Args:
            policy_chosen_logps: summed token log-probabilities of the preferred completions, shape (B,).
            policy_rejected_logps: the same for the dispreferred completions, shape (B,).
            reference_chosen_logps: the same under the frozen reference model, shape (B,); unused if reference-free.
            reference_rejected_logps: the same for the dispreferred completions.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank or size is wrong, or a reference is missing.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(
                policy_chosen_logps,
                policy_rejected_logps,
                reference_chosen_logps,
                reference_rejected_logps,
                sample_weight=sample_weight,
            )
        margin = widen(policy_chosen_logps) - widen(policy_rejected_logps)
        if not self.reference_free:
            assert reference_chosen_logps is not None, "dpo: input reference_chosen_logps is missing"
            assert reference_rejected_logps is not None, "dpo: input reference_rejected_logps is missing"
            reference = widen(reference_chosen_logps) - widen(reference_rejected_logps)
            margin = margin - reference.detach().to(margin.dtype)
        return self.reduce(self.value(self.beta * margin), None, sample_weight)

    def value(self, z: Tensor) -> Tensor:
        """The value of each pair at its scaled margin, shape (B,)."""
        if self.label_smoothing == 0.0:
            return softplus(-z)  # 0 * softplus(inf) would be nan
        return (1 - self.label_smoothing) * softplus(-z) + self.label_smoothing * softplus(z)
