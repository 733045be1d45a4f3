"""Invariances: what may be done to the inputs without changing the value."""

from typing import Literal

from losskit.spec.properties.base import Names, Property

RESOLUTION = 1e-12  # scores closer than this are not called distinct


class ShiftInvariant(Property):
    """Adding one constant along the axis, ``l(z + c 1, y) = l(z, y)`` for every real c, changes nothing.

    Several inputs in ``on`` take the same constant. ``axis`` is a shape symbol, ``"all"`` for every entry, ``"last"``
    for the last axis whatever its name, or None: a constant for each entry. The gradient then sums to zero along it.
    """

    on: Names
    axis: str | None = None


class ScaleInvariant(Property):
    """Multiplying by a factor along the axis, ``l(a z) = l(z)``, changes nothing; ``<grad, z> = 0`` follows.

    The factor is positive, or negative where ``factor`` says so; slices across the axis take factors of their own.
    """

    on: Names
    axis: str | None = None
    factor: Literal["positive", "negative"] = "positive"


class AffineInvariant(Property):
    """Both shift and scale invariant along the axis, ``l(a z + c 1) = l(z)`` for every a > 0 and every c.

    The gradient is then orthogonal to the all-ones vector and to z.
    """

    on: Names
    axis: str | None = None


class Homogeneous(Property):
    """Scaling the named inputs and parameters together by a > 0 scales the value, ``l(a z) = a^k l(z)``.

    ``on`` may name parameters beside inputs; ``degree`` is k.
    """

    on: Names
    degree: float = 1.0


class TranslationInvariant(Property):
    """The same vector added to all named inputs changes nothing.

    Inputs that are no vectors, rows of one width, get the same number in every entry, and so do parameters that are named
    with them.
    """

    on: Names


class PermutationInvariant(Property):
    """Reordering changes nothing: the mean stays, unreduced values and gradients are reordered alike.

    ``over`` is ``batch`` (rows of all inputs together), ``classes`` (columns of the scores and the labels
    together; of one score and a label 0 or 1, ``l(-x, 1 - t) = l(x, t)``, all samples at once; without labels whatever
    has an axis C), ``points`` (positions within a sample) or ``set`` (all elements of all inputs together). ``region``
    restricts the scores of classes: ``distinct`` means that no two of a row are closer than 1e-12, so that no order of the
    classes breaks a tie.
    """

    over: Literal["batch", "classes", "points", "set"]
    region: Literal["all", "distinct"] = "all"


class DuplicationInvariant(Property):
    """Repeating every sample of the batch equally often leaves the mean as it is.

    Inputs without a batch axis are not repeated. A mean over samples has that, and a quotient of sums over the batch;
    a constant beside such a sum takes it away, and so do pairs of a sample with its own copy.
    """


class RotationInvariant(Property):
    """One orthogonal map applied to the last axis of all named inputs changes nothing; gradients rotate alike."""

    on: Names


class SpatialInvariant(Property):
    """Images of all inputs flipped, turned or transposed together keep their values; unreduced values turn with them.

    The axes of images are those that a variadic shape symbol (``*spatial``) stands for, their grid of positions. ``group``
    is ``flips`` along any of them, ``turns`` by quarters in the plane of any two, ``swaps`` of any two, or ``all`` of these.
    """

    group: Literal["all", "flips", "turns", "swaps"] = "all"


class ArgumentSymmetric(Property):
    """Exchanging two inputs changes nothing: ``l(a, b) = l(b, a)``."""

    a: str
    b: str

    def subjects(self) -> tuple[str, ...]:
        return (self.a, self.b)


class LabelSymmetric(Property):
    """The sum over labels, ``sum_y l(z, y)``, does not depend on z (Ghosh, Kumar and Sastry 2017).

    ``region`` restricts z: ``distinct`` means that no two scores of a row are closer than 1e-12.
    """

    region: Literal["all", "distinct"] = "all"


class MarginBased(Property):
    """The scores of the classes enter through the margin alone: the label's score less the largest other one.

    Two rows of the same margin have the same value, whatever the scores of the classes behind. The margin of one score x
    and a label 0 or 1 is x for label 1 and -x for label 0.
    """
