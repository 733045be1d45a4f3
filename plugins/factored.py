"""Output layers trained exactly at a cost that does not depend on the number of classes (Vincent et al. 2015)."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from losskit.plugins.checks import readable, refuse
from losskit.plugins.ops.spherical import quadratic, spherical_loss
from losskit.spec.errors import InputError, InputTypeError, ParameterError, StepError
from losskit.spec.parameters import ParameterSet
from losskit.spec.spherical import SphericalParameters

NAME = "FactoredHead"
PARAMETERS = ParameterSet.of(SphericalParameters)
ROWS_AT_ONCE = 2**14  # of the weight, in what has to go through all of them
MOST_GROWTH = 1e6  # of the inverse of U in one step


class FactoredHead(nn.Module):
    """A linear output layer with a spherical loss, and stochastic gradient descent on it in O(d^2) a sample.

    A step of gradient descent on a weight W of D classes changes all of its D d entries. For a spherical loss the change
    is W times a d x d matrix, plus one vector added to every row, plus the rows of the labels; so W is kept as
    ``V U + 1 omega'`` and a step changes U, omega and few rows of V. What the loss has to know of W, ``W' W`` and the sum
    of its rows, is kept beside. The weights that come out are those of ordinary gradient descent but for rounding, with
    no term in D. All state is float64: D d + 3 d^2 + 2 d numbers. It is no parameter, so optimisers leave it alone.

    Steps shrink U, and digits are lost as its inverse grows. A step after which the inverse would be ``reach`` times as
    large as that of the identity (root mean square) is taken after :meth:`refold`, which puts U into V in O(D d^2).

    Args:
        features: d, the width of the hidden layer.
        classes: D, their number; the weight starts uniform within ``1 / sqrt(d)``, as that of ``torch.nn.Linear``.
        kind: ``mse``, ``taylor``, ``spherical`` or ``z_loss``.
        a: sharpness of the Z-loss.
        b: location of the Z-loss.
        eps: added to the squares of the spherical softmax.
        reach: how large the inverse of U may grow before it is refolded; None leaves that to the caller.

    Raises:
        ParameterError: a parameter is outside its domain.
    """

    v: Tensor
    u: Tensor
    inverse: Tensor
    omega: Tensor
    gram: Tensor
    weight_sum: Tensor

    def __init__(
        self,
        features: int,
        classes: int,
        *,
        kind: str = "z_loss",
        a: float = 1.0,
        b: float = 1.0,
        eps: float = 1e-5,
        reach: float | None = 1e4,
    ) -> None:
        super().__init__()
        given = PARAMETERS.validate_values(NAME, {"kind": kind, "a": a, "b": b, "eps": eps})
        for name, value in (("features", features), ("classes", classes)):
            if value < 1:
                raise ParameterError(f"{NAME}: {name} must be at least 1, found {value}")
        if reach is not None and not reach > 1:
            raise ParameterError(f"{NAME}: reach must be a number above 1 or None, found {reach}")
        self.kind, self.a, self.b, self.eps = given["kind"], given["a"], given["b"], given["eps"]
        self.reach, self.refolds = reach, 0
        bound = features**-0.5
        self.register_buffer("v", torch.empty(classes, features, dtype=torch.float64).uniform_(-bound, bound))
        self.register_buffer("u", torch.eye(features, dtype=torch.float64))
        self.register_buffer("inverse", torch.eye(features, dtype=torch.float64))
        self.register_buffer("omega", torch.zeros(features, dtype=torch.float64))
        self.register_buffer("gram", torch.empty(features, features, dtype=torch.float64))
        self.register_buffer("weight_sum", torch.empty(features, dtype=torch.float64))
        self.refold()

    @classmethod
    def from_weight(cls, weight: Tensor, **options: object) -> Self:
        """A head with the weight of a dense layer.

        Args:
            weight: shape (D, d), as of ``torch.nn.Linear(d, D, bias=False)``; it is copied.
            options: keyword arguments of the class.

        Raises:
            InputError: the weight is no matrix.
            ParameterError: a parameter is outside its domain.
        """
        if weight.dim() != 2:
            raise InputError(f"{NAME}: weight must have 2 axes, (D, d), found shape {tuple(weight.shape)}")
        head = cls(weight.shape[1], weight.shape[0], **options).to(weight.device)  # type: ignore[arg-type]
        head.v.copy_(weight.detach())
        head.refold()
        return head

    def extra_repr(self) -> str:
        """Sizes and the loss."""
        return f"features={self.v.shape[1]}, classes={self.v.shape[0]}, kind={self.kind!r}"

    def weight(self) -> Tensor:
        """The dense weight, shape (D, d), in O(D d^2)."""
        return torch.addmm(self.omega, self.v, self.u)

    def scores(self, hidden: Tensor) -> Tensor:
        """Scores of all classes, shape (B, D), in O(B D d): to predict with."""
        states = self._checked(hidden)
        return states @ self.u.t() @ self.v.t() + (states @ self.omega).unsqueeze(1)

    def forward(self, hidden: Tensor, target: Tensor) -> Tensor:
        """The mean loss, float64 and differentiable in the hidden states; 0 for an empty batch.

        Args:
            hidden: last hidden layer, shape (B, d).
            target: class ids, int64, shape (B,).

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        states = self._checked(hidden, target)
        return self._losses(*self._statistics(states, self._rows(target))).sum() / max(1, len(states))

    @torch.no_grad()
    def step(self, hidden: Tensor, target: Tensor, lr: float, weight_decay: float = 0.0) -> tuple[Tensor, Tensor]:
        """One step of gradient descent on the mean loss: ``W <- W - lr (dl/dW + weight_decay W)``.

        Args:
            hidden: last hidden layer, shape (B, d).
            target: class ids, int64, shape (B,).
            lr: learning rate.
            weight_decay: of the step, as optimisers have it.

        Returns:
            The mean loss before the step, and its gradient with respect to ``hidden``: pass it on by
            ``hidden.backward(gradient)``.

        Raises:
            StepError: the step would make U singular, or is not finite; nothing was changed. Take a smaller ``lr``.
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        states = self._checked(hidden, target)
        if not 0 <= lr * weight_decay < 1:
            raise ParameterError(f"{NAME}: lr times weight_decay must lie in [0, 1), found {lr * weight_decay:g}")
        if not len(states):
            return states.new_zeros(()), torch.zeros_like(hidden)
        ids, place = target.unique(return_inverse=True)
        held = self._rows(ids)
        value, gradient, slopes = self._slopes(states, held[place])
        by_total, by_squares, by_label = (lr / len(states) * slope.unsqueeze(1) for slope in slopes)
        shrink, push = 1.0 - lr * weight_decay, 2 * by_squares * states
        left, right = self._back(states, push, shrink)
        pull = torch.zeros_like(held).index_add_(0, place, by_label * states)
        lift = (by_total * states).sum(dim=0)
        if not all(bool(part.isfinite().all()) for part in (gradient, right, pull, lift)):
            raise StepError(f"{NAME}: the step must be finite, found a number that is not; the head is as it was")
        inverse = torch.addmm(self.inverse, left, right @ self.inverse) / shrink
        if (
            self.reach is not None
            and float(torch.maximum(inverse.norm(), self.u.norm())) > self.reach * len(inverse) ** 0.5
        ):
            self.refold()
            self.refolds += 1
            inverse = torch.addmm(self.inverse, left, right) / shrink
        self._move(states, push, shrink, lift, pull, held)
        self.inverse = inverse
        self.v.index_add_(0, ids, pull @ inverse, alpha=-1.0)
        return value, gradient.to(hidden.dtype)

    @torch.no_grad()
    def drift(self) -> float:
        """What rounding has done so far, in O(D d^2): the largest relative error of the statistics and of U's inverse."""
        matrix = self.weight()
        found = (self.gram, self.weight_sum, self.u @ self.inverse)
        exact = (matrix.t() @ matrix, matrix.sum(dim=0), torch.eye(len(self.u), dtype=self.u.dtype).to(self.u))
        pairs = zip(found, exact, strict=True)
        return max(float((one - other).abs().max() / other.abs().max().clamp(min=1e-300)) for one, other in pairs)

    @torch.no_grad()
    def refold(self) -> None:
        """Put U and omega into V and form the statistics anew, in O(D d^2): the same weight, and no drift."""
        self.gram, self.weight_sum = torch.zeros_like(self.gram), torch.zeros_like(self.weight_sum)
        for block in self.v.split(ROWS_AT_ONCE):
            block.copy_(torch.addmm(self.omega, block, self.u))
            self.gram += block.t() @ block
            self.weight_sum += block.sum(dim=0)
        self.u = torch.eye(len(self.u), dtype=self.u.dtype, device=self.u.device)
        self.inverse, self.omega = self.u.clone(), torch.zeros_like(self.omega)

    def _rows(self, ids: Tensor) -> Tensor:
        return torch.addmm(self.omega, self.v.index_select(0, ids), self.u)

    def _statistics(self, states: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return (states * rows).sum(dim=1), states @ self.weight_sum, quadratic(states, self.gram)

    def _losses(self, label: Tensor, total: Tensor, squares: Tensor) -> Tensor:
        classes = torch.full_like(self.omega[0], self.v.shape[0])
        return spherical_loss(self.kind, label, total, squares, classes, self.a, self.b, self.eps)

    def _slopes(self, states: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor, Tensor]]:
        """Mean loss, its gradient by the states, and each loss's derivatives by s, q and the label's score."""
        statistics = self._statistics(states, rows)
        with torch.enable_grad():
            leaves = [statistic.detach().requires_grad_() for statistic in statistics]
            value = self._losses(*leaves)
            by_label, by_total, by_squares = torch.autograd.grad(value.sum(), leaves, materialize_grads=True)
        gradient = torch.outer(by_total, self.weight_sum) + by_label.unsqueeze(1) * rows
        gradient += 2 * by_squares.unsqueeze(1) * (states @ self.gram)
        return value.detach().mean(), gradient / len(states), (by_total, by_squares, by_label)

    def _back(self, states: Tensor, push: Tensor, shrink: float) -> tuple[Tensor, Tensor]:
        """Factors of the inverse of ``M = shrink I - states' push``, which is ``(I + left right) / shrink``.

        By Woodbury's formula where the batch is smaller than the width, else directly.
        """
        count, width = states.shape
        scaled = push / shrink
        if count <= width:
            core = torch.eye(count).to(states) - scaled @ states.t()
            left, right = states.t(), torch.linalg.solve_ex(core, scaled).result
        else:
            inner = states.t() @ scaled
            left, right = (
                torch.linalg.solve_ex(torch.eye(width).to(states) - inner, inner).result,
                torch.eye(width).to(states),
            )
        growth = float(left.norm() * right.norm())
        if not growth <= MOST_GROWTH:
            raise StepError(
                f"{NAME}: the step must leave U invertible, found its inverse growing {growth:.1e} times; take another lr, "
                f"the head is as it was"
            )
        return left, right

    def _move(self, states: Tensor, push: Tensor, shrink: float, lift: Tensor, pull: Tensor, held: Tensor) -> None:
        """U, omega and the statistics of ``W M - 1 lift' - P``, where M is ``shrink I - states' push``, symmetric.

        P is ``pull`` in the labels' rows and 0 elsewhere; ``held`` are those rows of W.
        """

        def mixed(matrix: Tensor) -> Tensor:
            return torch.addmm(matrix, matrix @ states.t(), push, beta=shrink, alpha=-1.0)  # times M

        classes, drawn, total = self.v.shape[0], pull.sum(dim=0), mixed(self.weight_sum.unsqueeze(0))
        seen = states @ self.gram
        # W'W of the new W is shrink^2 W'W and a product of few rows, plus its transpose: no rounding makes it lopsided
        ones = (push, pull, lift.unsqueeze(0))
        others = (
            seen @ states.t() @ push / 2 - shrink * seen,
            pull / 2 - mixed(held),
            classes / 2 * lift + drawn - total,
        )
        update = torch.cat(ones).t() @ torch.cat(others)
        self.gram = shrink**2 * self.gram + update + update.t()
        self.weight_sum = total.squeeze(0) - classes * lift - drawn
        self.u, self.omega = mixed(self.u), mixed(self.omega.unsqueeze(0)).squeeze(0) - lift

    def _checked(self, hidden: Tensor, target: Tensor | None = None) -> Tensor:
        """The hidden states in float64, once they and the targets are as they should be."""
        classes, width = self.v.shape
        if self.v.dtype != torch.float64:
            raise InputTypeError(
                f"{NAME}: the state must stay float64, found {self.v.dtype}; move heads by device alone"
            )
        if not hidden.is_floating_point():
            raise InputTypeError(f"{NAME}: input hidden must be a floating-point tensor, found {hidden.dtype}")
        if hidden.dim() != 2 or hidden.shape[1] != width:
            raise InputError(f"{NAME}: input hidden must have the shape (B, {width}), found {tuple(hidden.shape)}")
        if target is None:
            return hidden.double()
        if target.dtype != torch.int64:
            raise InputTypeError(f"{NAME}: input target must be an int64 tensor, found {target.dtype}")
        if target.shape != hidden.shape[:1]:
            raise InputError(f"{NAME}: input target must have the shape ({len(hidden)},), found {tuple(target.shape)}")
        if readable(target):
            refuse(NAME, "target", target, (target < 0) | (target >= classes), f"a class id in 0..{classes - 1}")
        return hidden.double()
