"""Analytic properties of the value: sign, bounds, convexity, growth, smoothness."""

from typing import ClassVar, Literal

from losskit.spec.expressions import Scalar
from losskit.spec.properties.base import Names, Property

Reach = Literal["attained", "approached"]


class NonNegative(Property):
    """The value is never below zero."""


class Bounded(Property):
    """The value stays between ``lower`` and ``upper``, and comes within 1 % of the range of each end that is named.

    With ``reach="attained"`` it comes within 1e-6 of the range; with ``tight=False`` it need not come near either end.
    An end left out is not claimed. Claimed to fail with an end left out: no finite number bounds the value there.
    """

    lower: Scalar | None = None
    upper: Scalar | None = None
    reach: Reach = "approached"
    tight: bool = True

    def entails(self, other: Property) -> bool:
        """Both ends, or that there are some, entail that a number bounds the value; one end says nothing of the other."""
        assert isinstance(other, Bounded)
        mine, theirs = (self.lower, self.upper), (other.lower, other.upper)
        if None in theirs and (mine.count(None) != 1):
            return True
        named = [(own, end) for own, end in zip(mine, theirs, strict=True) if end is not None]
        return bool(named) and all(own == end for own, end in named) and self._closeness() >= other._closeness()

    def _closeness(self) -> int:
        """How close the value must come to the ends, in order."""
        return 0 if not self.tight else 1 if self.reach == "approached" else 2


class Convex(Property):
    """Jensen's inequality on every segment, ``l(mid) <= (l(a) + l(b)) / 2``, in the named inputs jointly."""

    on: Names


class StrictlyConvex(Property):
    """Jensen's inequality is strict, ``l(mid) < (l(a) + l(b)) / 2`` wherever a and b differ in the named inputs.

    Strict is told from flat on segments of length 1/2 to 2 among inputs up to order 10, each along a random direction or
    along the one in which the Hessian is flattest: the gap of the inequality exceeds 1e-9 of the squared length, about a
    curvature of 1e-8, where rounding resolves that much. A loss that is strictly convex and flatter than that near the origin
    counts as flat; one that gets so by degrees, as losses that saturate do, does not, for a segment that is flat far out is
    judged where flatness begins.
    """

    on: Names


class QuasiConvex(Property):
    """No point between two others is worse than both, ``l(mid) <= max(l(a), l(b))``, in the named inputs jointly.

    The sets on which the value stays below a level are then convex.
    """

    on: Names


class Concave(Property):
    """Jensen's inequality turned round on every segment, ``l(mid) >= (l(a) + l(b)) / 2``, in the named inputs jointly."""

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


class TriangleInequality(Property):
    """The way over a third point is no shorter, ``l(a, c) <= l(a, b) + l(b, c)`` for every b."""

    a: str
    b: str

    def subjects(self) -> tuple[str, ...]:
        return (self.a, self.b)


class DivergenceAxioms(Property):
    """Never negative, zero at the origin, and zero nowhere else: ``D(p, q) >= 0``, and ``D(p, q) = 0`` where p = q alone.

    Zero is told from small by a scale: the value exceeds 1e-9 of the squared distance from the origin, a mean over
    entries, at distances up to some tens. A loss that is flatter than that near its origin counts as zero there.

    Attributes:
        of: the input p.
        origin: the other point q, or where it puts the zero: an expression of other inputs, parameters and sizes, as for
            ZeroAt, ``target`` or ``margin * one_hot(target, C)``.
    """

    of: str
    origin: Scalar

    def subjects(self) -> tuple[str, ...]:
        return (self.of,)


class Differentiable(Property):
    """The gradient agrees with central differences in float64; for ``order`` 2 or more the Hessian does, too.

    ``order`` 0 stands for infinitely often. ``region`` excludes declared kinks: ``distinct`` rows have no two
    scores closer than 1e-12, ``positive`` values are above 0, where a norm has its kink. Claimed to fail: at some point
    two one-sided derivatives disagree.
    """

    on: Names
    order: int = 1
    region: Literal["all", "distinct", "positive"] = "all"


class Continuous(Property):
    """The value has no jump in the named inputs jointly.

    A jump keeps its height however close two points on either side of it come. Told from steepness, an infinite slope
    included, so: of a segment the half with the larger difference is kept forty times, and then no more than a thousandth of
    the largest difference on the way is left. Square and cube roots of the distance pass, a jump does not.
    """

    on: Names


class ZeroAt(Property):
    """The value is zero at the place ``where``, whatever the inputs it does not name.

    Attributes:
        where: the inputs that are set, each to an expression of other inputs, parameters and sizes: ``target``,
            ``margin * one_hot(target, C)``.
        reach: ``attained``; or ``approached``, and the place lies at infinity: the inputs are t times ``where``, and the
            value is within 1e-5 of zero at t = 1e6.
    """

    where: dict[str, Scalar]
    reach: Reach = "attained"

    def subjects(self) -> tuple[str, ...]:
        return tuple(self.where)


class MinimisedAt(Property):
    """No inputs give a smaller value than the place ``where`` does, as long as those it does not name stay.

    Attributes:
        where: the inputs that are set, as for ZeroAt.
        reach: ``attained``; or ``approached``, and the place lies at infinity: the value at t = 1e6 times ``where`` is no
            more than 1e-5 above any other.
    """

    where: dict[str, Scalar]
    reach: Reach = "attained"

    def subjects(self) -> tuple[str, ...]:
        return tuple(self.where)
