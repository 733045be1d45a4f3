"""What a property is, and the claim that it holds or fails on a regime."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, SerializeAsAny, WithJsonSchema, model_validator

from losskit.spec.errors import SpecError
from losskit.spec.expressions import Expression
from losskit.spec.model import Frozen
from losskit.spec.regimes import When, condition, describe_regime, regimes_overlap

KINDS: dict[str, type[Property]] = {}
Names = str | tuple[str, ...]
WHOLE = {"region", "part", "distributions", "group"}  # arguments whose value "all" includes every other
PROPOSAL = "PROPOSAL"  # how the source of a claim begins that nobody has given one


class Property(Frozen):
    """One word of the vocabulary with its arguments. The docstring of each kind is its exact definition.

    Attributes:
        kind: the name of the class; it selects the kind when a spec is read from JSON.
        absent: optional inputs that are left out: the property speaks of the loss without them.
        default: whether every loss declares the property unless its spec narrows it with a reason.
        unspecific: arguments that, where they are left out, stand for all their values.
        variables: symbols that the property's own expressions are functions of.
    """

    kind: str = ""
    absent: tuple[str, ...] = ()
    default: ClassVar[bool] = False
    unspecific: ClassVar[frozenset[str]] = frozenset()
    variables: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **_kwargs: Any) -> None:
        _check_kind(cls)
        KINDS[cls.__name__] = cls

    @model_validator(mode="before")
    @classmethod
    def _name_the_kind(cls, data: Any) -> Any:
        return {**data, "kind": cls.__name__} if isinstance(data, dict) else data

    def holds(self, when: Mapping[str, Any] | None = None, source: str = "", note: str = "") -> Claim:
        """The claim that the property holds wherever ``when`` is satisfied (everywhere if it is left out)."""
        return Claim(property=self, verdict="holds", when=_regime(when), source=source, note=note)

    def fails(self, when: Mapping[str, Any] | None = None, source: str = "", note: str = "") -> Claim:
        """The claim that a counterexample exists for every parameter in ``when``."""
        return Claim(property=self, verdict="fails", when=_regime(when), source=source, note=note)

    def arguments(self) -> dict[str, Any]:
        """The arguments that were given, without the kind and without what was left at its default."""
        names = [name for name in type(self).model_fields if name not in ("kind", "absent")]
        given = {name: getattr(self, name) for name in (*names, "absent")}
        return {
            k: v for k, v in given.items() if v != type(self).model_fields[k].get_default(call_default_factory=True)
        }

    def subjects(self) -> tuple[str, ...]:
        """Inputs (or parameters) the property speaks of."""
        on = getattr(self, "on", ())
        return (on,) if isinstance(on, str) else tuple(on)

    def axes(self) -> tuple[str, ...]:
        """Shape symbols the property speaks of, each of which must belong to every subject."""
        axis = getattr(self, "axis", None)
        return () if axis in (None, "all", "last") else (axis,)

    def expressions(self) -> tuple[Expression, ...]:
        """Constants that depend on parameters or sizes."""
        given = self.arguments().values()
        parts = [part for v in given for part in (v.values() if isinstance(v, dict) else (v,))]
        return tuple(part for part in parts if isinstance(part, Expression))

    def entails(self, other: Property) -> bool:
        """Whether another property of this kind, with the same subjects, follows; see :func:`implies`."""
        named = ("kind", "absent", "on", "a", "b")
        for name, field in ((n, f) for n, f in type(self).model_fields.items() if n not in named):
            mine, theirs = getattr(self, name), getattr(other, name)
            left_out = name in self.unspecific and field.default in (mine, theirs)
            if not (mine == theirs or left_out or (name in WHOLE and mine == "all")):
                return False
        return True

    @classmethod
    def definition(cls) -> str:
        """The definition of this kind in one paragraph, from its docstring."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())

    def __str__(self) -> str:
        words = ", ".join(_word(name, value) for name, value in self.arguments().items())
        return f"{self.kind}({words})" if words else self.kind


def _check_kind(kind: type[Property]) -> None:
    """A word means one thing, and what every loss declares is said here alone."""
    other = KINDS.get(kind.__name__, kind)
    if other.__module__ != kind.__module__:
        raise SpecError(
            f"the property {kind.__name__} of {kind.__module__} bears the name of one of {other.__module__}, expected another"
        )
    if kind.default and not kind.__module__.startswith("losskit."):
        raise SpecError(
            f"the property {kind.__name__} of {kind.__module__} has default set, and only losskit's own are declared by "
            "every loss; let the specs claim it"
        )


def _word(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return f"{name}={' + '.join(str(v) for v in value)}"
    if isinstance(value, dict):
        return f"{name}: {', '.join(f'{k} = {v}' for k, v in value.items())}"
    return f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"


def _regime(when: Mapping[str, Any] | None) -> When:
    return {name: condition(given) for name, given in (when or {}).items()}


def _of_its_kind(given: Any) -> Any:
    if isinstance(given, Mapping):
        kind = given.get("kind")
        if kind not in KINDS:
            raise SpecError(f"claim names the property {kind!r}, expected one of {', '.join(sorted(KINDS))}")
        return KINDS[kind].model_validate(given)
    return given


OPEN = {  # extensions may bring kinds of their own, so the schema names none
    "type": "object",
    "description": "A property: its kind, and the arguments of this kind.",
    "properties": {"kind": {"type": "string"}},
    "required": ["kind"],
}
AnyProperty = Annotated[SerializeAsAny[Property], BeforeValidator(_of_its_kind), WithJsonSchema(OPEN)]


class Claim(Frozen):
    """A property, the regime it is claimed on, whether it holds or fails there, and who says so."""

    property: AnyProperty
    verdict: Literal["holds", "fails"]
    when: When = {}
    source: str = ""
    note: str = ""

    def __str__(self) -> str:
        regime = describe_regime(self.when)
        return f"{self.property} {self.verdict}" + (f" when {regime}" if regime else "")

    @builtins.property  # the field of this name hides it
    def proposed(self) -> bool:
        """Whether the claim was only proposed by a search, and still needs a source."""
        return self.source.startswith(PROPOSAL)

    def contradicts(self, other: Claim) -> bool:
        """Whether both cannot be true: one property, opposite verdicts, and regimes with a point in common."""
        if self.verdict == other.verdict or not regimes_overlap(self.when, other.when):
            return False
        true, false = (self, other) if self.verdict == "holds" else (other, self)
        return implies(true.property, false.property)


def implies(one: Property, other: Property) -> bool:
    """Whether one property is the other, or a case of it; an argument left out may stand for all its values."""
    same = type(one) is type(other) and set(one.subjects()) == set(other.subjects())
    return same and one.absent == other.absent and one.entails(other)
