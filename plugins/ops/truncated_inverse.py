"""Vectors measured by a pseudo-inverse that drops small singular values, with a gradient where singular values tie."""

import torch
from torch import Tensor

from losskit.plugins.ops.precision import full_matmul


def inverse_squares(rows: Tensor, vectors: Tensor, rcond: float) -> Tensor:
    """``d' pinv(A' A) d`` for each vector d, where eigenvalues of ``A' A`` up to ``rcond`` times the largest are dropped.

    The decomposition is of A, not of ``A' A``, which would cost half of the digits, and it is a constant: its own
    derivative is infinite where singular values tie, as those of a perfect frame do. What moves is the space that the kept
    directions span, ``V + (I - V V') dA' A V / lambda``, and ``A`` on it; of that the inverse does not feel the basis. First
    derivatives are exact, second ones where what is dropped is 0.

    Args:
        rows: A, shape (R, D), float64.
        vectors: one a row, shape (B, D), float64.
        rcond: between 0 and 1.

    Returns:
        Shape (B,).
    """
    fixed = rows.detach()
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if torch.compiler.is_compiling():  # D singular values whatever R: which is less would make a graph each
            fixed = torch.cat([fixed, fixed.new_zeros(fixed.size(1), fixed.size(1))])
    # the decomposition raises at what is not finite; the products below pass it on
    _, sizes, axes = torch.linalg.svd(
        torch.where(fixed.isfinite(), fixed, torch.zeros_like(fixed)), full_matrices=False
    )
    kept = sizes.square() > rcond * sizes[:1].square()
    ones = torch.ones_like(sizes)
    inverse = torch.where(kept, 1 / torch.where(kept, sizes, ones), torch.zeros_like(sizes))
    basis = axes.transpose(0, 1)  # (D, m), the kept columns first
    span = _kept_space(rows, basis, torch.where(kept, torch.zeros_like(sizes), sizes), inverse)
    image = full_matmul(rows, span) * inverse
    defect = torch.diag(kept.to(rows.dtype)) - full_matmul(image.transpose(0, 1), image)  # 0 but for rounding
    seen = full_matmul(vectors, span) * inverse
    once = full_matmul(seen, defect)
    return (seen * seen + seen * once + once * once).sum(dim=-1)


def _kept_space(rows: Tensor, basis: Tensor, dropped: Tensor, inverse: Tensor) -> Tensor:
    """The kept columns of the basis and what the rows move them by, (D, m); the others are 0.

    Args:
        rows: A, shape (R, D).
        basis: right singular vectors, shape (D, m).
        dropped: singular values that are dropped, 0 at the others, shape (m,).
        inverse: of the kept singular values, 0 at the others, shape (m,).
    """
    marks = (inverse > 0).to(rows.dtype)
    columns = basis * marks
    image = full_matmul(rows, columns) * inverse
    turned = full_matmul(rows.transpose(0, 1), image) * inverse  # A' A V / lambda
    inside = full_matmul(columns.transpose(0, 1), turned)
    outside = turned - full_matmul(columns, inside)
    moved = columns + full_matmul(outside, 2 * torch.diag(marks) - inside)
    # where a dropped singular value is not 0 its vector turns faster, by lambda_j / (lambda_i (lambda_i - lambda_j))
    mixing = full_matmul(full_matmul(rows, basis).transpose(0, 1), full_matmul(rows, columns))
    small, large = dropped.square().unsqueeze(1), inverse.square().unsqueeze(0)
    gap = torch.where(small > 0, 1 - small * large, torch.ones_like(mixing))
    return moved + full_matmul(basis, mixing * small * large * large / gap)
