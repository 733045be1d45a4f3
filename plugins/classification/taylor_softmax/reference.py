"""Log-Taylor-softmax with the polynomial summed term by term in exact fractions (de Brébisson and Vincent 2016)."""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def taylor_softmax(logits: Array, target: NDArray[np.int64], *, order: int) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        polynomials = [_taylor(Fraction(float(score)), order) for score in scores]
        odds = sum(polynomials) / polynomials[label] - 1  # of the wrong classes against the label
        values.append(math.log1p(float(odds)))
    return np.array(values)


def _taylor(x: Fraction, order: int) -> Fraction:
    """``sum_{j=0}^{order} x^j / j!``."""
    return sum((x**j / math.factorial(j) for j in range(order + 1)), Fraction(0))
