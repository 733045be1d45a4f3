"""Decision-theoretic properties: what minimising the conditional risk ``C(z, p) = sum_y p_y l(z, y)`` leads to.

A loss of one score x and a label 0 or 1 is one of two classes whose rows are all z with ``z_1 - z_0 = x``. A loss of
samples with several positions, each with a row and a label, is taken at samples of one position.
"""

from typing import ClassVar, Literal

from losskit.spec.errors import SpecError
from losskit.spec.expressions import Expression, Scalar
from losskit.spec.properties.base import Property

Link = Literal["softmax", "linear", "identity"]


class ClassificationCalibrated(Property):
    """For every label distribution p with a unique mode, rows that rank a wrong class first cannot reach the minimal risk.

    ``inf over {z: argmax z is wrong or tied} C(z, p) > inf_z C(z, p)`` with the conditional risk
    ``C(z, p) = sum_y p_y l(z, y)``. ``distributions="majority"`` restricts p to those with a class above one half.
    """

    distributions: Literal["all", "majority"] = "all"


class TopKCalibrated(Property):
    """For every p whose k likeliest classes are a unique set, rows with another top-k set cannot reach the minimal risk.

    Rows in which one of the k likeliest classes ties with another class count as wrong. ``k=1`` is classification
    calibration.
    """

    k: int


class FisherConsistent(Property):
    """Minimising the loss decides as the best rule of the target loss, for every label distribution p where that is unique.

    Rows in which another class ties or beats the one that the rule asks for stay above the least risk, so that whatever
    minimises the population's risk, attained or approached, is the rule. For the 0-1 loss that is classification calibration.

    Attributes:
        target: ``zero_one``, whose rule is the largest p_y; ``weighted``, where an error on class y costs ``costs_y``, and
            the rule is the largest ``costs_y p_y``; or ``auc``, whose rule orders points by their likelihood ratio: scores that
            tie two points of a population, or exchange them, stay above its least mean loss (Gao and Zhou 2015).
        costs: of ``weighted``, as many as classes, an expression of parameters. One over the prior is the balanced error.
    """

    target: Literal["zero_one", "weighted", "auc"] = "zero_one"
    costs: Scalar = 1.0

    def model_post_init(self, _context: object) -> None:
        if (self.target == "weighted") != isinstance(self.costs, Expression):
            raise SpecError(
                f"FisherConsistent has the target {self.target!r} and costs {self.costs}, expected an expression of costs "
                "for the target 'weighted' and none for the others"
            )


class Proper(Property):
    """The row that states p reaches the minimal conditional risk under p, for every label distribution p.

    ``link`` maps rows to the distributions they state: ``softmax`` of ``scale`` times the scores; ``linear``, for two
    classes, which gives class 1 the share ``(1 + scale (z_1 - z_0)) / 2``, kept within 0 and 1; or ``identity``, for scores
    that are shares themselves, but for the factor ``scale``.
    """

    link: Link = "softmax"
    scale: Scalar = 1.0


class StrictlyProper(Property):
    """The row that states p reaches the minimal conditional risk under p, and no row that states another one does.

    ``link`` and ``scale`` are those of Proper.
    """

    link: Link = "softmax"
    scale: Scalar = 1.0


class Elicits(Property):
    """Whatever the law of the outcome Y, predicting the functional T costs least on average, and nothing else costs as little.

    ``E l(T, Y) < E l(z, Y)`` for every z other than T: l is strictly consistent for T (Gneiting 2011). It is tried on laws
    with five atoms; strict is told from flat where the gap exceeds 1e-9 of the squared distance of z and T.

    Attributes:
        functional: the ``mean``, or the ``quantile`` at ``level``, at laws where that is unique.
        on: the prediction.
        of: the outcome, of the prediction's shape.
        level: of the quantile; 1/2 is the median.
    """

    functional: Literal["mean", "quantile"]
    on: str
    of: str
    level: Scalar = 0.5

    def subjects(self) -> tuple[str, ...]:
        return (self.on, self.of)


class NoiseTolerant(Property):
    """Label ``noise`` below ``rate`` does not change which rows are best, for every label distribution p.

    Symmetric noise replaces a label by one of the other classes, all equally likely. ``rows="free"``: the classes that
    rank first, or tie, in rows that reach the least risk are the same with and without noise. ``rows="any"``: of any
    two rows the better one stays the better one, so that minimisers stay minimisers in every hypothesis set (Ghosh,
    Kumar and Sastry 2017).
    """

    noise: Literal["symmetric"] = "symmetric"
    rate: Scalar
    rows: Literal["free", "any"] = "any"


class HConsistencyBound(Property):
    """``excess01(z, p) <= gamma(excess(z, p))`` for every row z and distribution p, over all measurable functions.

    The excess is the conditional risk above its infimum, of the 0-1 loss and of this loss. The bound is written in
    ``t``: as ``gamma`` of this loss's excess, or as ``transform``, the inverse of gamma, of the 0-1 loss's excess. A
    claim is tight, 99 % of the bound is reached, unless it says ``tight=False``. Claimed to fail with neither: no
    gamma with ``gamma(0) = 0`` will do, for the excess vanishes where that of the 0-1 loss does not.
    """

    unspecific: ClassVar[frozenset[str]] = frozenset({"gamma", "transform", "tight"})
    variables: ClassVar[frozenset[str]] = frozenset({"t"})
    gamma: Expression | None = None
    transform: Expression | None = None
    tight: bool = True
