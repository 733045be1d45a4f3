"""The ``nn.Module`` that all losses share: parameters from the spec, checks, reduction, weights, configuration."""

from typing import Any, ClassVar, Optional

import torch
from torch import Tensor, nn

from losskit.plugins.checks import check_inputs, check_weight, concrete, readable
from losskit.plugins.debug import is_debug
from losskit.plugins.ops.precision import widen
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol, couples
from losskit.spec.errors import InputError, ParameterError

REDUCTIONS = ("mean", "sum", "none", "sum_count")
NOTHING = "nothing to average, every sample is missing, ignored or unpaired"


class Loss(nn.Module):
    """A loss built from its spec.

    A subclass names its ``spec`` and writes ``forward`` in three steps: check, compute the value of each sample,
    reduce. Each parameter of the spec becomes an attribute; lists of numbers become float64 buffers.

    Args:
        reduction: ``mean``, ``sum``, ``none`` or ``sum_count``: the pair of the sum and what the mean divides it by.
        parameters: by name; the spec knows the defaults and domains.

    Raises:
        ParameterError: a parameter is unknown or outside its domain, or ``sum_count`` is asked of samples that act on
            each other.
    """

    spec: ClassVar[LossSpec]
    reduction: str

    def __init__(self, *, reduction: str = "mean", **parameters: Any) -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            choices = ", ".join(REDUCTIONS)
            raise ParameterError(f"{self.spec.name}: reduction must be one of {choices}, found {reduction!r}")
        self.reduction = reduction
        self._values = self.spec.parameters.validate_values(self.spec.name, parameters)
        if reduction == "sum_count" and couples(self.spec, self._values):
            raise ParameterError(
                f"{self.spec.name}: with these parameters samples of a batch act on each other, so no sum and count of its "
                "parts give the whole; expected reduction mean, sum or none, found 'sum_count'"
            )
        for name, value in self._values.items():
            if isinstance(value, tuple):
                self.register_buffer(name, torch.tensor(value, dtype=torch.float64), persistent=False)
            else:
                setattr(self, name, value)

    def config(self) -> dict[str, Any]:
        """Name, parameters and reduction, ready for JSON; :func:`losskit.from_config` builds the loss again."""
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in self._values.items()}
        return {"name": self.spec.name, "parameters": values, "reduction": self.reduction}

    def extra_repr(self) -> str:
        """Parameters that differ from their defaults, and the reduction."""
        defaults = {p.name: p.default for p in self.spec.parameters.fields}
        words = [f"{k}={v!r}" for k, v in self._values.items() if v != defaults[k]]
        return ", ".join([*words, f"reduction={self.reduction!r}"])

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse inputs the loss is not defined for; they come in the order of the spec.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: no tensor, or the wrong dtype.
        """
        if torch.compiler.is_compiling():
            return
        named = dict(zip((i.name for i in self.spec.inputs), inputs, strict=True))
        check_inputs(self.spec, named, self._values)
        if sample_weight is not None:
            check_weight(self.spec.name, sample_weight, self.weight_shape(named))

    @torch.jit.unused
    def weight_shape(self, inputs: dict[str, Optional[Tensor]]) -> tuple[int, ...]:
        """Shape that ``sample_weight`` must have: of the input the spec names, else of the axes of the samples."""
        named = inputs.get(str(self.spec.weights))
        if named is not None:
            return tuple(named.shape)
        batch = batch_symbol(self.spec)
        for entry in self.spec.inputs:
            tensor = inputs[entry.name]
            if tensor is not None and batch in entry.shape:
                first = entry.shape.index(batch)
                width = tensor.dim() - len(entry.shape) + 1 if batch.startswith("*") else 1
                return tuple(tensor.shape[first : first + width])
        raise InputError(f"{self.spec.name}: sample_weight is not taken by this loss")

    def reduce(self, value: Tensor, count: Optional[Tensor] = None, sample_weight: Optional[Tensor] = None) -> Tensor:
        """Reduce the value of each sample.

        Args:
            value: one entry a sample, trailing axes allowed.
            count: what each entry adds to the divisor of the mean; 1 if left out, 0 for what is ignored.
            sample_weight: weights along the leading axes, as if each sample were repeated that often.

        Returns:
            ``none``: the weighted values; ``sum``: their sum; ``mean``: their sum over the summed counts, 0 where the
            counts sum to 0; ``sum_count``: the sum and the summed counts, two scalars.
        """
        if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
            if count is None and sample_weight is None and concrete(value):
                return self._reduce_all(value)
        counts = torch.ones_like(value) if count is None else count.to(value.dtype)
        if sample_weight is not None:
            shape = list(sample_weight.shape) + [1] * (value.dim() - sample_weight.dim())
            weight = sample_weight.to(value.dtype).reshape(shape)
            value = torch.where(weight == 0, torch.zeros_like(value), value * weight)
            counts = counts * weight
        if not torch.jit.is_scripting():
            self._check_count(counts)
        if self.reduction == "none":
            return value
        return self.average(value.sum(), counts)

    @torch.jit.unused
    def _reduce_all(self, value: Tensor) -> Tensor:
        """As :meth:`reduce` where every entry counts 1, without a pass over as many ones."""
        if self.reduction == "sum_count":
            return self._pair(value.sum(), value.new_full((), value.numel()))
        if is_debug() and not value.numel():
            raise InputError(f"{self.spec.name}: {NOTHING}")
        if self.reduction == "none":
            return value
        # a quotient of the sum, for the slope of the mean is a division of every entry
        return value.sum() / max(value.numel(), 1) if self.reduction == "mean" else value.sum()

    def average(self, total: Tensor, counts: Tensor) -> Tensor:
        """The sum of all values as ``sum`` or ``mean`` wants it: as it is, or over the summed counts where they are not 0.

        For ``sum_count`` both as a pair, which every micro-batch and every rank can add to those of the others; in
        TorchScript, where a loss returns one tensor, stacked to shape (2,).
        """
        if self.reduction == "sum":
            return total
        divisor = counts.sum()
        if self.reduction == "sum_count":
            if not torch.jit.is_scripting():
                return self._pair(total, divisor)
            return torch.stack([total, divisor])
        return total / torch.where(divisor == 0, torch.ones_like(divisor), divisor)

    @torch.jit.unused
    def _pair(self, total: Tensor, count: Tensor) -> Tensor:
        """The sum and the count, which carries no gradient: a running total of it keeps no graph alive."""
        return total, count.detach()  # type: ignore[return-value]  # the one reduction that is no tensor

    @torch.jit.unused
    def _check_count(self, counts: Tensor) -> None:
        if torch.compiler.is_compiling() or not is_debug() or not readable(counts):
            return
        if self.reduction == "sum_count":  # nothing here, but perhaps in another micro-batch or on another rank
            return
        if not bool((counts != 0).any()):
            raise InputError(f"{self.spec.name}: {NOTHING}")


class BinaryLoss(Loss):
    """A loss of one score and a label 0 or 1 a sample, each standing alone; subclasses write ``value``."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, in the shape the spec gives; positive means class 1.
            target: labels, floating-point, the shape of ``logits``.
            sample_weight: non-negative weights, the shape of ``logits``.

        Returns:
            A scalar, or the shape of ``logits`` for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores = widen(logits)
        return self.reduce(self.value(scores, target.detach().to(scores.dtype)), None, sample_weight)

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample; both tensors have one shape and one dtype, never half precision."""
        raise NotImplementedError  # every subclass has its own; TorchScript needs the signature here


class BinaryBatchLoss(Loss):
    """A loss of one score and a label 0 or 1 a sample that is one number of the whole batch; subclasses write ``value``."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The loss of the batch, the same for every reduction.

        Args:
            logits: scores, shape (B,); positive means class 1.
            target: labels, floating-point, shape (B,).
            sample_weight: non-negative weights, shape (B,); each acts as if its sample were repeated.

        Returns:
            A scalar, 0 where there is no sample or every weight is 0; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores = widen(logits)
        labels = target.detach().to(scores.dtype)
        if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
            if sample_weight is None and concrete(scores) and scores.numel():
                return self.value(scores, labels, None)
        weight = torch.ones_like(scores) if sample_weight is None else sample_weight.to(scores.dtype)
        if not torch.jit.is_scripting():
            self._check_count(weight)
        present = torch.where(weight == 0, torch.zeros_like(scores), scores)  # what weighs nothing may hold anything
        value = self.value(present, labels, weight)
        return torch.where(weight.sum() > 0, value, torch.zeros_like(value))

    def value(self, logits: Tensor, target: Tensor, weight: Optional[Tensor]) -> Tensor:
        """The value of the batch, a scalar; all three have one shape and one dtype. Some number where no weight is positive."""
        raise NotImplementedError  # every subclass has its own; TorchScript needs the signature here


class ClassificationLoss(Loss):
    """A loss of scores ``(B, C)`` and class ids ``(B,)`` in which every sample stands alone; subclasses write ``value``."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C).
            target: class ids, int64, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        return self.reduce(self.value(logits, target), None, sample_weight)

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        raise NotImplementedError  # every subclass has its own; TorchScript needs the signature here


class ElementwiseLoss(Loss):
    """A loss of predictions and targets of one shape in which every element stands alone; subclasses write ``value``."""

    def forward(self, input: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss; the mean is over all elements.

        Args:
            input: predictions, of any shape.
            target: what they should be, of the same shape: nothing is broadcast.
            sample_weight: non-negative weights of the elements, of the same shape.

        Returns:
            A scalar, or the shape of the input for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(input, target, sample_weight=sample_weight)
        return self.reduce(self.value(input, target), None, sample_weight)

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        """The value of each element, the shape of the input."""
        raise NotImplementedError  # every subclass has its own; TorchScript needs the signature here
