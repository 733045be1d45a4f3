"""Loss of a spherical output layer as a module (Vincent et al. 2015): from the label's score, h'Qh and w.h."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import check_precision, readable
from losskit.plugins.classification.spherical_head import SPEC
from losskit.plugins.debug import is_debug
from losskit.plugins.ops.precision import full_matmul, widen
from losskit.plugins.ops.spherical import quadratic, spherical_loss, z_softplus
from losskit.spec.errors import InputError


class SphericalHeadLoss(Loss):
    """A spherical loss of ``hidden weight'`` that computes no score but the label's: O(d^2) a row with the statistics."""

    spec = SPEC
    kind: str
    a: float
    b: float
    eps: float

    def forward(
        self,
        hidden: Tensor,
        weight: Tensor,
        target: Tensor,
        gram: Optional[Tensor] = None,
        weight_sum: Optional[Tensor] = None,
        sample_weight: Optional[Tensor] = None,
    ) -> Tensor:
        """The reduced loss.

        Args:
            hidden: last hidden layer, shape (B, d).
            weight: output weights, shape (D, d).
            target: class ids, int64, shape (B,).
            gram: ``weight' weight``, shape (d, d); formed from the weight, in O(D d^2), if left out.
            weight_sum: sum of the rows of the weight, shape (d,); formed from the weight if left out.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong; under ``losskit.debug()`` also statistics of another matrix.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(hidden, weight, target, gram, weight_sum, sample_weight=sample_weight)
        states, matrix = widen(hidden), widen(weight)
        classes = torch.ones_like(matrix[:, 0]).sum()
        if self.kind == "z_loss" and gram is None and weight_sum is None:
            return self.reduce(self.centred(states, matrix, target, classes), None, sample_weight)
        product = full_matmul(matrix.t(), matrix) if gram is None else widen(gram)
        total = matrix.sum(dim=0) if weight_sum is None else widen(weight_sum)
        label = (states * matrix.index_select(0, target)).sum(dim=-1)
        value = spherical_loss(
            self.kind,
            label,
            (states * total).sum(dim=-1),
            quadratic(states, product),
            classes,
            self.a,
            self.b,
            self.eps,
        )
        return self.reduce(value, None, sample_weight)

    def centred(self, hidden: Tensor, weight: Tensor, target: Tensor, classes: Tensor) -> Tensor:
        """The Z-loss of each row from the centred matrix, shape (B,): no digit is lost to what all scores share.

        A row of the matrix is subtracted first, so that equal rows leave exact zeros; the hidden states are measured in
        their largest entry. As constants that cancel neither takes a gradient.
        """
        relative = weight - weight[:1].detach()
        relative = relative - relative.mean(dim=0)
        largest = hidden.abs().amax(dim=-1).detach()
        unit = torch.where(largest == 0, torch.ones_like(largest), largest)
        direction = hidden / unit.unsqueeze(-1)
        deviation = (direction * relative.index_select(0, target)).sum(dim=-1)
        variance = self.variance(direction, relative, classes)
        return z_softplus(deviation, variance, unit, self.a, self.b)

    def variance(self, direction: Tensor, relative: Tensor, classes: Tensor) -> Tensor:
        """Mean square of each row's centred scores, shape (B,).

        Where there are fewer of them than entries of a state they are formed, which keeps twice the digits of a quadratic
        form in a state that is nearly orthogonal to all rows.
        """
        if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
            if readable(relative) and relative.size(0) <= relative.size(1):
                return full_matmul(direction, relative.t()).square().sum(dim=-1) / classes
        return quadratic(direction, full_matmul(relative.t(), relative)) / classes

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse inputs the loss is not defined for; under ``losskit.debug()`` statistics of another matrix, too.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: no tensor, the wrong dtype, or dtypes that do not go together.
        """
        if torch.compiler.is_compiling():
            return
        super().check(*inputs, sample_weight=sample_weight)
        hidden, weight, _, gram, weight_sum = inputs
        assert hidden is not None
        assert weight is not None
        heads = {"hidden": hidden, "weight": weight, "gram": gram, "weight_sum": weight_sum}
        check_precision(self.spec.name, "hidden", heads)
        if is_debug():
            matrix = weight.detach().double()
            self._compare("gram", gram, matrix.t() @ matrix)
            self._compare("weight_sum", weight_sum, matrix.sum(dim=0))

    def _compare(self, name: str, given: Optional[Tensor], wanted: Tensor) -> None:
        if given is None or not wanted.numel():
            return
        precision = torch.finfo(given.dtype).eps ** 0.5
        gap = float((given.detach().double() - wanted).abs().max() / wanted.abs().max().clamp(min=1e-300))
        if not gap <= precision:
            raise InputError(
                f"{self.spec.name}: input {name} must belong to the weight to {precision:.1g} of its largest entry, "
                f"found a difference of {gap:.1g}"
            )
