"""How a loss that was written elsewhere is built and called, as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from losskit.spec.errors import SpecError
from losskit.spec.model import Frozen, Json
from losskit.spec.parameters import ParameterSet
from losskit.spec.tensors import Binary, Input

Reduction = Literal["mean", "sum", "none"]
ALL: dict[Reduction, Json] = {"mean": "mean", "sum": "sum", "none": "none"}


class Adapter(Frozen):
    """What stands between a spec and a loss that knows nothing of losskit.

    Attributes:
        kind: ``class`` is built once with the parameters and then called, ``function`` takes them at every call.
        parameters: parameters of the spec that have another name there, by the spec's name.
        constants: arguments of the foreign loss that never vary, by its names.
        arguments: inputs passed by position, in this order; where neither these nor keywords are given, all in the
            order of the spec.
        keywords: inputs passed by name: the spec's name to the foreign one.
        signs: inputs of 0 and 1 that the foreign loss takes as -1 and 1.
        reduction: the foreign argument that selects the reduction; empty where there is none.
        reductions: reductions the foreign loss has, with what it calls them. A loss that gives one number for a batch
            has one, and the spec says what couples its samples.
        per_sample: whether it gives a value for each sample, which losskit weighs and reduces; it then has no argument for
            either.
        sample_weight: the argument of the call that takes a weight for each sample; empty where there is none.
    """

    kind: Literal["class", "function"] = "class"
    parameters: dict[str, str] = {}
    constants: dict[str, Json] = {}
    arguments: tuple[str, ...] = ()
    keywords: dict[str, str] = {}
    signs: tuple[str, ...] = ()
    reduction: str = "reduction"
    reductions: dict[Reduction, Json] = ALL
    per_sample: bool = False
    sample_weight: str = ""

    def order(self, inputs: tuple[Input, ...]) -> tuple[str, ...]:
        """Inputs passed by position, in order."""
        return self.arguments or tuple(i.name for i in inputs if i.name not in self.keywords)

    def foreign(self, parameter: str) -> str:
        """The name that a parameter of the spec has there."""
        return self.parameters.get(parameter, parameter)

    def scriptable(self, inputs: tuple[Input, ...]) -> bool:
        """Whether a foreign module can stand for its wrapper: it is called with the spec's inputs as they are."""
        names = tuple(i.name for i in inputs)
        return self.kind == "class" and not self.signs and self.order(inputs) == names

    def check(self, name: str, inputs: tuple[Input, ...], parameters: ParameterSet) -> None:
        """Refuse an adapter that does not fit the spec of a loss.

        Raises:
            SpecError: a name is unknown, an input is passed twice or not at all, two arguments share a name, or a
                reduction or list of numbers cannot be handed over.
        """
        known = [i.name for i in inputs]
        self._check_known(name, "parameter", self.parameters, parameters.names())
        for names in (self.arguments, self.keywords, self.signs):
            self._check_known(name, "input", names, known)
        passed = [*self.order(inputs), *self.keywords]
        for word in known:
            if passed.count(word) != 1:
                times = "twice" if word in passed else "nowhere"
                raise SpecError(f"{name}: the adapter passes the input {word!r} {times}, expected once")
        for entry in inputs:
            if entry.name in self.signs and not isinstance(entry.domain, Binary):
                raise SpecError(
                    f"{name}: the adapter passes {entry.name!r} as -1 and 1, expected an input of 0 and 1, found {entry.domain}"
                )
        self._check_arguments(name, parameters)
        self._check_reductions(name)

    @staticmethod
    def _check_known(name: str, what: str, given: Iterable[str], known: Iterable[str]) -> None:
        for word in given:
            if word not in known:
                expected = ", ".join(sorted(known)) or "none"
                raise SpecError(f"{name}: the adapter names the {what} {word!r}, expected one of {expected}")

    def _check_arguments(self, name: str, parameters: ParameterSet) -> None:
        settings = [*map(self.foreign, parameters.names()), *self.constants, *filter(None, [self.reduction])]
        calls = [*self.keywords.values(), *filter(None, [self.sample_weight])]
        for given in (settings, calls) if self.kind == "class" else ([*settings, *calls],):
            for word in given:
                if not word.isidentifier():
                    raise SpecError(f"{name}: the adapter names the argument {word!r}, which is no identifier")
                if given.count(word) > 1:
                    raise SpecError(f"{name}: the adapter gives the argument {word!r} twice")
        lists = [p.name for p in parameters.fields if p.kind == "numbers"]
        if lists and self.kind == "class":
            raise SpecError(
                f"{name}: the adapter cannot build a class with the list {lists[0]!r}, whose dtype follows the inputs; "
                "expected a function"
            )

    def _check_reductions(self, name: str) -> None:
        if self.per_sample and (self.reduction or self.sample_weight):
            found = self.reduction or self.sample_weight
            raise SpecError(
                f"{name}: a value for each sample is weighed and reduced by losskit, expected an argument for neither, "
                f"found {found!r}"
            )
        if self.per_sample:
            return
        if not self.reductions:
            raise SpecError(f"{name}: the adapter has no reduction, expected at least one of mean, sum, none")
        if not self.reduction and len(self.reductions) > 1:
            found = ", ".join(self.reductions)
            raise SpecError(f"{name}: the adapter names no argument to choose among the reductions {found}")
