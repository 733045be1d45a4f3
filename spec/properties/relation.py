"""Relations between losses: the edges that make the catalogue a connected graph."""

from typing import ClassVar, Literal

from losskit.spec.errors import SpecError
from losskit.spec.expressions import Expression, Scalar
from losskit.spec.properties.base import Property
from losskit.spec.regimes import Value

TARGETS = ("zero_one", "one_minus_auc")  # losses that nobody trains with, bounded by others


class ReducesTo(Property):
    """On the same inputs equal to another loss, ``l = scale * other + offset``, to a function of it, or in a limit of a parameter.

    Attributes:
        other: a registered loss, or ``torch.nn.X`` for one of the framework's own, activations too.
        parameters: parameters of the other loss, as values or expressions in this loss's parameters.
        inputs: inputs of the other loss as expressions in this one's; those not named are passed on by name.
        relation: ``equal``; ``affine`` (with ``scale`` and ``offset``); ``function`` (``through`` what an affine map gives);
            ``same_gradient``; ``limit``.
        through: for ``function``, an expression in ``t``, the value of ``scale * other + offset``; its slope is the factor
            between the gradients.
        limit: for ``limit``, the parameter of this loss and the value it tends to.
        rate: for ``limit``, a bound on the difference, an expression that vanishes at the limit.
        given: inputs of this loss that are fixed for the comparison; a single number fills the input, and gradients in it
            are not compared; several are every row of one that has rows.
        where: inputs of this loss that are set for the comparison, as for ZeroAt; values alone are then compared.
    """

    variables: ClassVar[frozenset[str]] = frozenset({"t"})
    other: str
    parameters: dict[str, Expression | Value | tuple[float, ...]] = {}
    inputs: dict[str, Expression] = {}
    relation: Literal["equal", "affine", "function", "same_gradient", "limit"] = "equal"
    through: Expression | None = None
    scale: Scalar = 1.0
    offset: Scalar = 0.0
    limit: dict[str, float] = {}
    rate: Scalar = 0.0
    given: dict[str, tuple[float, ...]] = {}
    where: dict[str, Expression] = {}

    def model_post_init(self, _context: object) -> None:
        if (self.relation == "function") != (self.through is not None):
            raise SpecError(
                f"ReducesTo has the relation {self.relation!r} and through {self.through}, expected an expression in t for the "
                "relation 'function' and none for the others"
            )

    def subjects(self) -> tuple[str, ...]:
        return (*self.limit, *self.given, *self.where)


class FirstVariation(Property):
    """The first variation of a functional of a curve is an integral with another loss's values.

    ``d/de l(f + e v) = scale * integral v g`` at e = 0, for every smooth increasing f and every smooth v that vanishes at the
    ends along with its derivatives. The inputs are f and f' at the nodes of a quadrature and its weights, and g is what the
    other loss says at each node of f, f' and f''. What the nodes leave of both sides is told by taking every second one.

    Attributes:
        of: the input that is f.
        slope: the input that is f'.
        weights: the input with the weights of the nodes.
        other: the registered loss that says g; inputs of the same names are passed on.
        bend: its input that is f''.
        scale: what g is multiplied with, an expression of parameters.
        parameters: of the other loss, as values or expressions in this loss's parameters.
    """

    of: str
    slope: str
    weights: str
    other: str
    bend: str
    scale: Scalar = 1.0
    parameters: dict[str, Expression | Value | tuple[float, ...]] = {}

    def subjects(self) -> tuple[str, ...]:
        return (self.of, self.slope, self.weights)


class UpperBounds(Property):
    """The loss is an upper bound, ``target <= factor * l + offset`` pointwise, reached to 99 % unless ``tight=False``.

    Attributes:
        target: ``zero_one``, 1 where the label's score is not above every other, a tie being an error, or, of one score
            and a label 0 or 1, where the score is not above 0 for label 1 or not below 0 for label 0; or
            ``one_minus_auc``, the share of pairs in which a positive is not above a negative; or a registered loss.
        factor: what the loss is multiplied with, positive.
        offset: what is added to it; 0 where it is left out.
        tight: whether some case reaches 99 % of the bound.
        margin: for ``zero_one`` without class scores: the expression that must be positive for a decision to be right.
        parameters: of the registered loss, as values or expressions in this loss's parameters.
        inputs: inputs of the registered loss as expressions in this one's; those not named are passed on by name.
    """

    unspecific: ClassVar[frozenset[str]] = frozenset({"tight"})
    target: str
    factor: Scalar = 1.0
    offset: Scalar = 0.0
    tight: bool = True
    margin: Expression | None = None
    parameters: dict[str, Expression | Value | tuple[float, ...]] = {}
    inputs: dict[str, Expression] = {}

    @property
    def other(self) -> str:
        """The registered loss that is bounded."""
        return self.target
