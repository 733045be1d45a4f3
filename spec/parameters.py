"""Parameters of a loss: a strict pydantic class for the author, a description as data for everyone else."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from weakref import WeakValueDictionary

import annotated_types as at
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, create_model, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from losskit.spec.errors import ParameterError, PluginError, SpecError
from losskit.spec.model import Frozen
from losskit.spec.regimes import Closed, Condition, Interval, OneOf, Value, within

Kind = Literal["float", "int", "bool", "choice", "numbers"]
RESERVED = ("name", "reduction")  # of create(name, reduction=...), which a parameter would hide
_CLASSES: WeakValueDictionary[str, type[Parameters]] = WeakValueDictionary()


class Parameters(BaseModel):
    """Base of a loss's parameters. Fields bear their default, their domain (``ge``, ``gt``, ``Literal``) and a description.

    ``inf`` is refused unless the field says ``allow_inf_nan=True``; NaN always is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **_kwargs: Any) -> None:
        _CLASSES[f"{cls.__module__}:{cls.__qualname__}"] = cls

    @field_validator("*")
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        entries = value if isinstance(value, tuple) else (value,)
        if any(isinstance(entry, float) and math.isnan(entry) for entry in entries):
            raise PydanticCustomError("nan", "NaN lies in no domain")  # allow_inf_nan=True admits it with infinities
        return value


class Parameter(Frozen):
    """One parameter as data.

    Attributes:
        name: as in ``create(name, **parameters)``.
        kind: ``float``, ``int``, ``bool``, ``choice`` (one of the domain's strings) or ``numbers`` (a list of floats).
        domain: admissible values; of each entry for ``numbers``.
        default: the value that is taken when none is given.
        optional: whether None is admissible.
        length: for ``numbers``, the shape symbol whose size is the number of entries (of ``*shape``, its last axis).
        listed: for ``float``, whether a list may stand in place of the number, one entry for each of ``length``; claims
            speak of the number.
        at_most: for ``int``, the shape symbol whose size it must not exceed; empty where no input bounds it.
        words: strings that are admissible beside the numbers of the domain.
        tuning: whether it changes time and memory alone, no value.
        description: one line for people.
    """

    name: str
    kind: Kind
    domain: Condition
    default: Value | tuple[float, ...] = None
    optional: bool = False
    length: str = ""
    listed: bool = False
    at_most: str = ""
    words: tuple[str, ...] = ()
    tuning: bool = False
    description: str = ""

    def admits(self, condition: Condition) -> bool:
        """Whether every value of a condition is admissible."""
        if isinstance(condition, OneOf):
            return all(self._admits_value(value) for value in condition.values)
        return within(condition, self.domain)

    def _admits_value(self, value: Value) -> bool:
        if value is None:
            return self.optional
        if value in self.words:
            return True
        whole = self.kind != "int" or isinstance(value, int)
        return whole and self.kind != "numbers" and value in self.domain

    def describe_domain(self) -> str:
        """The domain as people write it: ``[0, inf)``, ``{pairs, positives}``, ``None or (0, inf)``."""
        words = {"numbers": f"list of numbers in {self.domain}", "int": f"int in {self.domain}", "bool": "bool"}
        word = words.get(self.kind, str(self.domain))
        if self.kind == "int" and self.domain == Interval():
            word = "int"
        axis = "entry of the last axis" if self.length.startswith("*") else self.length
        word += f", or a list of such numbers, one for each {axis}" if self.listed else ""
        word += f", at most {self.at_most}" if self.at_most else ""
        return " or ".join([*(["None"] if self.optional else []), *(f'"{w}"' for w in self.words), word])


class ParameterSet(Frozen):
    """The parameters of a loss as data, with the place of the class that validates them; without one it is made of the data."""

    place: str = ""
    fields: tuple[Parameter, ...] = ()

    @classmethod
    def of(cls, model: type[Parameters]) -> ParameterSet:
        """Describe a class of parameters.

        Raises:
            SpecError: a parameter bears a name that ``create`` needs, lacks its default, or is of another kind.
        """
        for name in RESERVED:
            if name in model.model_fields:
                words = " and ".join(RESERVED)
                raise SpecError(
                    f"{words} are words of create(), found a parameter {name} in {model.__qualname__}: rename it"
                )
        fields = tuple(_describe(name, info) for name, info in model.model_fields.items())
        return cls(place=f"{model.__module__}:{model.__qualname__}", fields=fields)

    def names(self) -> tuple[str, ...]:
        """Parameter names in order of declaration."""
        return tuple(field.name for field in self.fields)

    def get(self, name: str) -> Parameter | None:
        """The parameter of this name, if there is one."""
        return next((field for field in self.fields if field.name == name), None)

    def model(self) -> type[Parameters]:
        """The class that validates the parameters."""
        if not self.place:
            return _made(self.fields)
        if self.place not in _CLASSES:
            module, _, name = self.place.partition(":")
            try:
                _CLASSES[self.place] = getattr(import_module(module), name)
            except (ImportError, AttributeError) as error:
                raise PluginError(f"parameters class {self.place} cannot be imported: {error}") from error
        return _CLASSES[self.place]

    def validate_values(self, loss: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters with their defaults filled in.

        Args:
            loss: name of the loss, for the message.
            given: what the user wrote; tensors, arrays and the lists of configuration libraries are taken as lists.

        Raises:
            ParameterError: one sentence with the parameter, its domain and what was given.
        """
        for name in given:
            if name not in self.names():
                known = ", ".join(self.names()) or "none"
                raise ParameterError(f"{loss} has no parameter {name!r}; its parameters are: {known}")
        plain = {name: _plain(value) for name, value in given.items()}
        try:
            values = self.model().model_validate(plain)
        except ValidationError as error:
            raise ParameterError(self._sentence(loss, plain, error)) from error
        return {name: getattr(values, name) for name in self.names()}

    def _sentence(self, loss: str, given: Mapping[str, Any], error: ValidationError) -> str:
        first = error.errors()[0]
        field = self.get(str(first["loc"][0])) if first["loc"] else None
        own = first["msg"].removeprefix("Value error, ")  # what the author's own validator says
        if field is None:  # a relation between several parameters
            return f"{loss}: {own}"
        if first["type"] == "value_error":
            return f"{loss}: parameter {field.name}: {own}, found {given[field.name]!r}"
        domain = field.describe_domain()
        wanted = f"in {domain}" if domain[0] in "[({" else domain
        return f"{loss}: parameter {field.name} must be {wanted}, found {given[field.name]!r}"


@cache
def _made(fields: tuple[Parameter, ...]) -> type[Parameters]:
    """A class of parameters from their description."""
    types: dict[str, Any] = {"float": float, "int": int, "bool": bool, "choice": str, "numbers": tuple[float, ...]}
    given: dict[str, Any] = {
        p.name: (Annotated[types[p.kind], AfterValidator(_admitted(p))], p.default) for p in fields
    }
    made: type[Parameters] = create_model("Parameters", __base__=Parameters, **given)
    return made


def _admitted(parameter: Parameter) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if any(entry not in parameter.domain for entry in (value if isinstance(value, tuple) else (value,))):
            raise PydanticCustomError("domain", "outside the domain")
        return value

    return check


def _plain(value: Any) -> Any:
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else value


def _describe(name: str, info: FieldInfo) -> Parameter:
    annotation, optional, words = _without_words(*_without_none(info.annotation))
    annotation, listed = _without_list(annotation)
    kind, domain = _kind_and_domain(name, annotation, info)
    if info.is_required():
        raise SpecError(f"parameter {name} has no default; every parameter needs one")
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return Parameter(
        name=name,
        kind=kind,
        domain=domain,
        default=info.default,
        optional=optional,
        length=str(extra.get("length", "")),
        listed=listed,
        at_most=str(extra.get("at_most", "")),
        words=words,
        tuning=bool(extra.get("tuning", False)),
        description=info.description or "",
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [a for a in get_args(annotation) if a is not type(None)]
        if len(rest) < len(get_args(annotation)):
            return (rest[0] if len(rest) == 1 else Union[tuple(rest)]), True  # noqa: UP007 - made at run time
    return annotation, False


def _without_words(annotation: Any, optional: bool) -> tuple[Any, bool, tuple[str, ...]]:
    """Words that may stand in place of a number: ``float | Literal["auto"]``."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    numbers = [part for part in parts if get_origin(part) is not Literal]
    if len(numbers) != 1 or len(parts) != 2:
        return annotation, optional, ()
    return numbers[0], optional, next(get_args(part) for part in parts if get_origin(part) is Literal)


def _without_list(annotation: Any) -> tuple[Any, bool]:
    """A list that may stand in place of a number: ``float | tuple[float, ...]``, each entry of the same domain."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    lists = [part for part in parts if get_origin(part) is tuple and get_args(part) == (parts[0], Ellipsis)]
    return (parts[0], True) if len(parts) == 2 and lists else (annotation, False)


def _kind_and_domain(name: str, annotation: Any, info: FieldInfo) -> tuple[Kind, Condition]:
    if annotation is bool:
        return "bool", OneOf(values=(False, True))
    if get_origin(annotation) is Literal:
        return "choice", OneOf(values=get_args(annotation))
    number = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if number is float or number is int:
        metadata = [*info.metadata, *getattr(annotation, "__metadata__", ())]
        return ("int" if number is int else "float"), _interval(metadata)
    if get_origin(annotation) is tuple and get_args(annotation)[1:] == (Ellipsis,):
        entry = get_args(annotation)[0]
        return "numbers", _interval(getattr(entry, "__metadata__", ()))
    raise SpecError(f"parameter {name} is a {annotation}, expected float, int, bool, Literal or tuple[float, ...]")


def _interval(metadata: Any) -> Interval:
    low, high, low_in, high_in = -math.inf, math.inf, False, False
    infinite = False
    for constraint in _flatten(metadata):
        if isinstance(constraint, at.Ge):
            low, low_in = float(constraint.ge), True  # type: ignore[arg-type]
        elif isinstance(constraint, at.Gt):
            low = float(constraint.gt)  # type: ignore[arg-type]
        elif isinstance(constraint, at.Le):
            high, high_in = float(constraint.le), True  # type: ignore[arg-type]
        elif isinstance(constraint, at.Lt):
            high = float(constraint.lt)  # type: ignore[arg-type]
        else:
            infinite |= bool(getattr(constraint, "allow_inf_nan", False))
    closed: dict[tuple[bool, bool], Closed] = {
        (True, True): "both", (True, False): "left", (False, True): "right", (False, False): "neither",
    }  # fmt: skip
    return Interval(low=low, high=high, closed=closed[low_in, high_in or (infinite and high == math.inf)])


def _flatten(metadata: Any) -> list[Any]:
    parts: list[Any] = []
    for constraint in metadata:
        inner = getattr(constraint, "metadata", None)
        parts.extend(inner if isinstance(inner, list | tuple) else [constraint])
    return parts
