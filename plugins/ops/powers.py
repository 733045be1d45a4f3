"""Powers by whole numbers, which multiplications give quicker and closer than the general power."""

from torch import Tensor


def is_whole(power: float) -> bool:
    """Whether :func:`whole_power` takes it; beyond 4 there is the general power."""
    return power == 1 or power == 2 or power == 3 or power == 4


def whole_power(x: Tensor, power: float) -> Tensor:
    """``x^n`` for n = 1, 2, ... by squaring; value and slopes of any order are finite at 0."""
    rest = int(power)
    while rest % 2 == 0:
        x = x.square()
        rest = rest // 2
    value = x
    rest = rest // 2
    while rest > 0:
        x = x.square()
        if rest % 2 == 1:
            value = value * x
        rest = rest // 2
    return value
