"""What a loss declares. A spec that contradicts itself is refused when it is built."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from losskit.spec.adapter import Adapter, Reduction
from losskit.spec.errors import SpecError
from losskit.spec.graphs import Accepted
from losskit.spec.model import Frozen, Json
from losskit.spec.parameters import Parameters, ParameterSet
from losskit.spec.properties import KINDS, Claim, ReducesTo
from losskit.spec.properties.implications import contradiction, joint_contradiction
from losskit.spec.references import Reference
from losskit.spec.regimes import Interval, When, within
from losskit.spec.tensors import Binary, ClassIndex, Input, Probability, Real

SCHEMA_VERSION: Literal[1] = 1
RESERVED = ("reduction", "sample_weight")  # arguments that every loss has besides its own
REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum", "none")
Task = Literal[
    "classification", "binary", "regression", "segmentation", "contrastive", "metric_learning", "ranking", "preference",
    "language", "distillation", "divergence", "generative", "recommendation", "calibration", "regularization",
    "ordinal", "law",
]  # fmt: skip


class Example(Frozen):
    """A worked value: inputs and parameters with the number that must come out, or the input that must be refused.

    Numbers are given to ten digits or more and compared relatively, so that a value near 0 must have its digits, too.

    Attributes:
        inputs: by name.
        parameters: by name; the others take their defaults.
        reduction: of the value.
        sample_weight: of the samples, where the value is a weighted one.
        expected: the value; of an input that is refused for its values, what comes out where values are not checked.
        gradients: of the value's sum with respect to inputs, by name, where these are worked out as well.
        refused: the input or parameter that must be refused instead.
        index: the place in it that the refusal must name, where it must name one.
        note: what is shown.
    """

    inputs: dict[str, Json]
    parameters: dict[str, Json] = {}
    reduction: Reduction = "mean"
    sample_weight: Json = None
    expected: Json = None
    gradients: dict[str, Json] = {}
    refused: str = ""
    index: Json = None
    note: str = ""


class EdgeCase(Frozen):
    """What happens at an edge, in words, and as examples where it can be shown."""

    case: str
    expected: str
    examples: tuple[Example, ...] = ()


class Narrowing(Frozen):
    """An engineering property that this loss does not have, in which parameter regime, and why."""

    property: str
    reason: str
    when: When = {}


class Least(Frozen):
    """The smallest size of a shape symbol in a parameter regime."""

    symbol: str
    size: int
    when: When


class Part(Frozen):
    """One of the losses that a composite adds up.

    Attributes:
        loss: its spec.
        parameters: its parameters, fixed.
        weight: the parameter of the composite that it is multiplied with.
        positions: a variadic shape symbol of the composite, each position of which is a row of this loss (a pixel); empty
            where it takes the inputs as they are.
    """

    loss: LossSpec
    parameters: dict[str, Json] = {}
    weight: str
    positions: str = ""


def _as_set(given: Any) -> Any:
    return ParameterSet.of(given) if isinstance(given, type) and issubclass(given, Parameters) else given


class LossSpec(Frozen):
    """Everything a loss says of itself.

    Attributes:
        name: the entry point's name, the plugin folder's and the graph's.
        title: the name people use.
        task: what the loss is for.
        summary: what it does and when to choose it, in one or two sentences.
        formula: LaTeX of the value of one sample.
        parameters: a :class:`Parameters` class; kept as data.
        inputs: tensor arguments in the order of ``forward``. An optional one may bear the name of a parameter and then stands
            in its place where it is given; claims on a regime of that parameter speak of calls that leave it out.
        output: shape symbols of the unreduced value; none where the batch has one number, whatever the reduction.
        least: the smallest size of shape symbols that the loss is not defined for at every size (two bins to lie between).
        least_when: the same where it depends on parameters.
        unrolled: shape symbols that a graph keeps at the size it was traced with (layers one after the other).
        claims: what holds and what fails, by regime.
        narrowed: engineering properties the loss lacks, with reasons.
        coupling: None if each sample stands alone, else what couples them: ``pairs``, ``batch`` or ``set``.
        weights: input (or ``output``) whose shape per-sample weights have; None if the loss takes none.
        gradient: ``exact``, or ``surrogate`` where a part is detached; ``detached`` then says which.
        references: keys into a BibTeX file, or :class:`Reference`.
        examples: worked values.
        edge_cases: behaviour at the edges.
        notes: what engineers get wrong, what differs from peers.
        graph_accepts: wrong inputs that the exported graph answers, where the module raises.
        module: place of the ``nn.Module``, ``package.module:Class``; with an adapter, of any class or function.
        parts: of a composite, what it adds up; empty for every other loss. See :func:`losskit.compose`.
        adapter: how a loss that was written elsewhere is built and called; None for one that follows losskit's base class.
        place: where a spec that is not registered is found, ``package.module:NAME``; filled in when it is loaded so.
        oracle: place of the NumPy reference, ``package.module:function``. It takes the inputs as float64 arrays and the
            parameters, all by name (of one name, the input where it is given), and returns the unreduced value, or
            (value, count) where counts differ from 1. A spec with an adapter may name none: then nothing is compared with
            a reference.
        oracle_gradient: place of the gradient's formula; a surrogate gradient needs one, differences serve the others.
    """

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    task: Task
    summary: str
    formula: str
    parameters: Annotated[ParameterSet, BeforeValidator(_as_set)]
    inputs: tuple[Input, ...]
    output: tuple[str, ...]
    least: dict[str, int] = {}
    least_when: tuple[Least, ...] = ()
    unrolled: tuple[str, ...] = ()
    claims: tuple[Claim, ...]
    narrowed: tuple[Narrowing, ...] = ()
    coupling: Literal["pairs", "batch", "set"] | None = None
    weights: str | None = "output"
    gradient: Literal["exact", "surrogate"] = "exact"
    detached: str = ""
    references: tuple[Reference, ...]
    examples: tuple[Example, ...] = ()
    edge_cases: tuple[EdgeCase, ...] = ()
    notes: tuple[str, ...] = ()
    graph_accepts: tuple[Accepted, ...] = ()
    module: str
    parts: tuple[Part, ...] = ()
    adapter: Adapter | None = None
    place: str = ""
    oracle: str = ""
    oracle_gradient: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> LossSpec:
        self._check_names()
        for claim in self.claims:
            self._check_subjects(claim)
            self._check_regime(f"claim {claim}", claim.when)
            self._check_constants(claim)
        self._check_contradictions()
        self._check_narrowings()
        self._check_examples()
        self._check_adapter()
        self._check_accepted()
        if (self.gradient == "surrogate") != bool(self.detached):
            raise SpecError(f"{self.name}: a surrogate gradient, and only that, must say what is detached")
        if self.gradient == "surrogate" and not self.oracle_gradient:
            raise SpecError(f"{self.name}: a surrogate gradient needs a formula to be compared with, oracle_gradient")
        return self

    def _check_names(self) -> None:
        inputs, parameters = [i.name for i in self.inputs], self.parameters.names()
        replaceable = [i.name for i in self.inputs if i.optional]
        for name in (*inputs, *parameters):
            if name in RESERVED:
                raise SpecError(f"{self.name}: {name!r} is an argument of every loss, expected another name")
            if name in parameters and name in inputs and name not in replaceable:
                raise SpecError(f"{self.name}: {name!r} names an input and a parameter")
            if inputs.count(name) > 1:
                raise SpecError(f"{self.name}: {name!r} names two inputs")
        for parameter in self.parameters.fields:
            if parameter.at_most and parameter.at_most not in self.symbols():
                known = _list(self.symbols())
                raise SpecError(
                    f"{self.name}: parameter {parameter.name} is at most {parameter.at_most!r}, expected one of {known}"
                )
        if self.weights not in (None, *(["output"] if self.output else []), *inputs):
            expected = _list({*(["output"] if self.output else []), *inputs})
            raise SpecError(f"{self.name}: weights have the shape of {self.weights!r}, expected one of {expected}")
        for word, spoken in (
            ("least", {*self.least}),
            ("least_when", {one.symbol for one in self.least_when}),
            ("unrolled", {*self.unrolled}),
        ):
            for symbol in sorted(spoken - {*self.symbols()}):
                raise SpecError(f"{self.name}: {word} speaks of {symbol!r}, expected one of {_list(self.symbols())}")
        for one in self.least_when:
            self._check_regime(f"the least {one.symbol}", one.when)
        for entry in self.inputs:
            self._check_class_index(entry)

    def _check_class_index(self, entry: Input) -> None:
        if not isinstance(entry.domain, ClassIndex):
            return
        for given, known in ((entry.domain.of, self.symbols()), (entry.domain.ignore, self.parameters.names())):
            if given is not None and given not in known:
                raise SpecError(
                    f"{self.name}: the domain of input {entry.name} names {given!r}, expected one of {_list(known)}"
                )

    def _check_subjects(self, claim: Claim) -> None:
        for name in claim.property.absent:
            optional = [entry.name for entry in self.inputs if entry.optional]
            if name not in optional:
                known = _list(optional) or "none, for no input is optional"
                raise SpecError(f"{self.name}: claim {claim} leaves out {name!r}, expected one of {known}")
        names = {i.name for i in self.inputs} | set(self.parameters.names())
        for subject in claim.property.subjects():
            if subject not in names:
                raise SpecError(f"{self.name}: claim {claim} speaks of {subject!r}, expected one of {_list(names)}")
            entry = self.input(subject)
            for axis in claim.property.axes():
                if entry is None or axis not in entry.shape:
                    shape = entry.describe_shape() if entry else "no shape"
                    raise SpecError(
                        f"{self.name}: claim {claim} speaks of the axis {axis!r} of {subject}, which has {shape}"
                    )

    def _check_regime(self, what: str, when: When) -> None:
        for name, given in when.items():
            parameter = self.parameters.get(name)
            if parameter is not None:
                if not parameter.admits(given):
                    domain = parameter.describe_domain()
                    raise SpecError(f"{self.name}: {what} leaves the domain of {name}, which is {domain}")
            elif name not in self.symbols():
                known = _list({*self.parameters.names(), *self.symbols()})
                raise SpecError(f"{self.name}: {what} restricts {name!r}, expected one of {known}")
            elif not within(given, Interval(low=self.least.get(name, 0), high=math.inf, closed="left")):
                raise SpecError(f"{self.name}: {what} gives the size {name} a value below {self.least.get(name, 0)}")

    def _check_constants(self, claim: Claim) -> None:
        known = {*self.parameters.names(), *self.symbols(), *(i.name for i in self.inputs)} | claim.property.variables
        for constant in claim.property.expressions():
            for name in sorted(constant.symbols() - known):
                raise SpecError(f"{self.name}: claim {claim} computes with {name!r}, expected one of {_list(known)}")

    def _check_contradictions(self) -> None:
        for one, other in combinations(self.claims, 2):
            if str(one) == str(other):
                raise SpecError(f"{self.name}: the claim '{one}' is made twice")
            reason = contradiction(one, other)
            if reason:
                raise SpecError(f"{self.name}: {reason}")
        together = joint_contradiction(self.claims)
        if together:
            raise SpecError(f"{self.name}: {together}")

    def _check_narrowings(self) -> None:
        known = {kind for kind, model in KINDS.items() if model.default}
        for narrowing in self.narrowed:
            if narrowing.property not in known:
                raise SpecError(f"{self.name}: narrows {narrowing.property!r}, expected one of {_list(known)}")
            self._check_regime(f"the narrowing of {narrowing.property}", narrowing.when)

    def _check_examples(self) -> None:
        inputs = {i.name for i in self.inputs}
        shown = [e for case in self.edge_cases for e in case.examples]
        for example in (*self.examples, *shown):
            for name in sorted({*example.inputs} - inputs):
                raise SpecError(f"{self.name}: an example gives the input {name!r}, expected one of {_list(inputs)}")
            for name in sorted({*example.parameters} - {*self.parameters.names()}):
                raise SpecError(f"{self.name}: an example gives the parameter {name!r}, which does not exist")
            if example.expected is None and not example.refused:
                raise SpecError(f"{self.name}: an example needs an expected value or the input to be refused")
            if example.sample_weight is not None and self.weights is None:
                raise SpecError(f"{self.name}: an example gives a sample_weight, which this loss does not take")

    def _check_adapter(self) -> None:
        if self.adapter is None:
            if not self.oracle and not self.parts:
                raise SpecError(
                    f"{self.name}: a loss needs an oracle, a NumPy reference; only one with an adapter may lack it"
                )
            return
        self.adapter.check(self.name, self.inputs, self.parameters)
        if self.adapter.per_sample:
            return
        if bool(self.adapter.sample_weight) != (self.weights is not None):
            found = self.adapter.sample_weight or "no argument"
            raise SpecError(
                f"{self.name}: weights have the shape of {self.weights!r}, and the adapter passes them as {found}"
            )
        if "none" not in self.adapter.reductions and self.coupling is None:
            raise SpecError(f"{self.name}: a loss without the reduction none must say what couples its samples")

    @classmethod
    def model_json_schema(cls, *given: Any, **options: Any) -> dict[str, Any]:
        """The JSON Schema, its fields at the top, though a composite holds further specs."""
        schema = super().model_json_schema(*given, **options)
        own = schema.pop("$ref", "").rpartition("/")[2]
        return {**schema["$defs"][own], **schema} if own else schema

    def reductions(self) -> tuple[Reduction, ...]:
        """Reductions the loss has: all three, unless its adapter says otherwise or its parts have no rows in common."""
        if self.parts and not self.output:
            return REDUCTIONS[:1]
        return REDUCTIONS if self.adapter is None or self.adapter.per_sample else tuple(self.adapter.reductions)

    def _check_accepted(self) -> None:
        inputs = {i.name for i in self.inputs}
        for one in self.graph_accepts:
            if one.input not in inputs:
                expected = _list(inputs)
                raise SpecError(f"{self.name}: graph_accepts speaks of {one.input!r}, expected one of {expected}")
            self._check_regime(f"what the graph accepts of {one.input}", one.when)

    def input(self, name: str) -> Input | None:
        """The input of this name, if there is one."""
        return next((i for i in self.inputs if i.name == name), None)

    def symbols(self) -> tuple[str, ...]:
        """Shape symbols of all inputs, in order of appearance."""
        return tuple(dict.fromkeys(symbol for i in self.inputs for symbol in i.shape))

    def differentiable(self) -> tuple[str, ...]:
        """Names of the inputs a gradient flows to."""
        return tuple(i.name for i in self.inputs if i.differentiable)

    def class_target(self) -> Input | None:
        """The input that holds class ids indexing an axis, if there is one."""
        targets = (i for i in self.inputs if isinstance(i.domain, ClassIndex) and i.domain.of is not None)
        return next(targets, None)

    def binary_target(self, *, coupled: bool = False) -> Input | None:
        """The labels of a loss of one real score a sample, 0 or 1 or a probability between, if it is such a loss.

        With ``coupled`` of one whose samples act on each other, too.
        """
        scores = [self.input(name) for name in self.differentiable()]
        if len(scores) != 1 or scores[0] is None or scores[0].domain != Real():
            return None
        if not coupled and (self.coupling is not None or self.output != scores[0].shape):
            return None
        fitting = (i for i in self.inputs if i.shape == scores[0].shape and not i.optional)
        return next((i for i in fitting if i.role == "target" and isinstance(i.domain, Binary | Probability)), None)

    def narrowing(self, kind: str) -> Narrowing | None:
        """The reason why an engineering property is not declared, if it is not."""
        return next((n for n in self.narrowed if n.property == kind), None)

    def links(self) -> Iterator[Claim]:
        """Claims that relate this loss to another."""
        return (claim for claim in self.claims if isinstance(claim.property, ReducesTo))


def _list(names: Any) -> str:
    return ", ".join(sorted(names))


Part.model_rebuild()
LossSpec.model_rebuild()
