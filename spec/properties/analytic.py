"""Analytic properties of the value: sign, bounds, convexity, growth, smoothness."""

from typing import ClassVar, Literal

from losskit.spec.expressions import Scalar
from losskit.spec.properties.base import Names, Property

Reach = Literal["attained", "approached"]


class NonNegative(Property):
    """The value is never below zero."""


class Bounded(Property):
    """The value stays between ``lower`` and ``upper``, and comes within 1 % of the range of each end that is named.

    With ``reach="attained"`` it comes within 1e-6 of the range. An end left out is not claimed. Claimed to fail with
    an end left out: no finite number bounds the value there.
    """

    unspecific: ClassVar[frozenset[str]] = frozenset({"lower", "upper", "reach"})
    lower: Scalar | None = None
    upper: Scalar | None = None
    reach: Reach = "approached"


class Convex(Property):
    """Jensen's inequality on every segment, ``l(mid) <= (l(a) + l(b)) / 2``, in the named inputs jointly."""

    on: Names


class Lipschitz(Property):
    """No two values differ by more than ``constant`` times the distance of their inputs in ``norm``.

    The dual norm of the gradient never exceeds the constant, per sample (of the mean for a coupled loss). A claim is
    tight, 99 % of the constant is reached, unless it says ``tight=False``. Claimed to fail without a constant: no
    finite constant will do. ``region="same_order"`` compares only rows whose scores are ranked alike, no two closer than 1e-12.
    """

    unspecific: ClassVar[frozenset[str]] = frozenset({"constant", "tight"})
    on: Names
    constant: Scalar | None = None
    norm: Literal["l1", "l2", "linf"] = "l2"
    tight: bool = True
    region: Literal["all", "same_order"] = "all"


class Smooth(Property):
    """The gradient is Lipschitz with this constant in the Euclidean norm."""

    unspecific: ClassVar[frozenset[str]] = frozenset({"constant", "tight"})
    on: Names
    constant: Scalar | None = None
    tight: bool = True


class Monotone(Property):
    """The value never moves against ``direction`` when an entry of ``on`` grows.

    ``part`` selects entries: ``all``, the ``label`` entry of a row of scores, the ``others`` of the row, or the
    entries whose target is 1 (``positives``) or 0 (``negatives``). ``on`` may also be a parameter.
    """

    on: str
    direction: Literal["increasing", "decreasing"]
    part: Literal["all", "label", "others", "positives", "negatives"] = "all"


class Differentiable(Property):
    """The gradient agrees with central differences in float64; for ``order`` 2 or more the Hessian does, too.

    ``order`` 0 stands for infinitely often. ``region`` excludes declared kinks: ``distinct`` rows have no two
    scores closer than 1e-12. Claimed to fail: at some point two one-sided derivatives disagree.
    """

    on: Names
    order: int = 1
    region: Literal["all", "distinct"] = "all"
