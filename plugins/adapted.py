"""A loss that was written elsewhere, as a module that is called like every other one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from losskit.plugins.base import Loss
from losskit.plugins.checks import check_shapes
from losskit.spec import Adapter, LossSpec
from losskit.spec.errors import InputError, ParameterError, PluginError


class AdaptedLoss(Loss):
    """A foreign class or function behind the spec's names; :func:`adapt` makes the class for a spec.

    Inputs are handed over as they come: what the foreign loss accepts or refuses is its own.

    Args:
        reduction: one of those the foreign loss has.
        parameters: by the spec's names.

    Raises:
        ParameterError: a parameter is unknown or outside its domain, or the loss lacks the reduction.
        PluginError: the foreign loss does not take the arguments that the adapter names.
    """

    foreign: ClassVar[Callable[..., Any]]

    def __init__(self, *, reduction: str = "mean", **parameters: Any) -> None:
        super().__init__(reduction=reduction, **parameters)
        how = self._adapter()
        if reduction not in self.spec.reductions() and not how.per_sample:
            has = ", ".join(self.spec.reductions())
            raise ParameterError(f"{self.spec.name} has no reduction {reduction!r}, expected one of {has}")
        self._order = how.order(self.spec.inputs)
        self._keywords = dict(how.keywords)
        self._signs = how.signs
        self._weight = how.sample_weight
        self._lists = {name: how.foreign(name) for name, value in self._values.items() if isinstance(value, tuple)}
        self._settings = {how.foreign(k): v for k, v in self._values.items() if k not in self._lists}
        self._settings |= how.constants
        if how.reduction:
            self._settings[how.reduction] = {str(ours): theirs for ours, theirs in how.reductions.items()}[reduction]
        self.inner = self._built() if how.kind == "class" else None
        if self.inner is None:
            self._check_call()

    def _adapter(self) -> Adapter:
        if self.spec.adapter is None:
            raise PluginError(f"{self.spec.name}: a foreign loss needs an adapter in its spec")
        return self.spec.adapter

    def _built(self) -> Any:
        try:
            return type(self).foreign(**self._settings)
        except Exception as error:  # foreign code runs here, and may fail in any way
            given = ", ".join(f"{k}={v!r}" for k, v in self._settings.items())
            raise PluginError(
                f"{self.spec.name}: {self.spec.module} cannot be built with {given or 'no argument'}: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _check_call(self) -> None:
        named = [*self._settings, *self._lists.values(), *self._keywords.values(), *filter(None, [self._weight])]
        try:
            signature = inspect.signature(type(self).foreign)
        except ValueError:  # compiled functions need not have one
            return
        try:
            signature.bind_partial(*self._order, **dict.fromkeys(named))
        except TypeError as error:
            raise PluginError(f"{self.spec.name}: {self.spec.module} cannot be called so: {error}") from error

    def adapted(self, given: dict[str, Any], sample_weight: Tensor | None) -> Any:
        """The foreign loss on inputs given by the spec's names."""
        for name in self._signs:
            given = {**given, name: 2 * given[name] - 1}
        positional = [given.get(name) for name in self._order]
        keywords = {theirs: given.get(ours) for ours, theirs in self._keywords.items()}
        if sample_weight is not None and not self._adapter().per_sample:
            if not self._weight:
                raise InputError(f"{self.spec.name}: sample_weight is not taken by this loss")
            keywords[self._weight] = sample_weight
        if self.inner is not None:
            return self.inner(*positional, **keywords)
        first = next(t for t in given.values() if isinstance(t, Tensor) and t.is_floating_point())
        lists = {theirs: getattr(self, ours).to(first.dtype) for ours, theirs in self._lists.items()}
        return type(self).foreign(*positional, **keywords, **self._settings, **lists)

    def reduced(self, value: Any, given: dict[str, Any], sample_weight: Tensor | None) -> Tensor:
        """Values of samples, weighed and reduced; each counts 1.

        Raises:
            InputError: the foreign loss gave something else than a value for each sample.
        """
        wanted = self._shape_of_values(given)
        if not isinstance(value, Tensor) or (wanted is not None and tuple(value.shape) != wanted):
            found = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            shape = ", ".join(self.spec.output)
            raise InputError(f"{self.spec.name}: {self.spec.module} must give values of shape ({shape}), found {found}")
        return self.reduce(value, None, sample_weight)

    def _shape_of_values(self, given: dict[str, Any]) -> tuple[int, ...] | None:
        """What the output's symbols are of these inputs; None where an input does not say."""
        sizes = check_shapes(self.spec, given)
        known = [sizes.get(symbol) for symbol in self.spec.output]
        if any(size is None for size in known):
            return None
        return sum((size[1] if isinstance(size[1], tuple) else (size[1],) for size in known if size is not None), ())

    def __prepare_scriptable__(self) -> nn.Module:
        """What ``torch.jit.script`` is to compile: the foreign module itself, where its arguments are the spec's.

        Raises:
            PluginError: the adapter does more than name the loss.
        """
        if isinstance(self.inner, nn.Module) and self._adapter().scriptable(self.spec.inputs):
            return self.inner
        raise PluginError(f"{self.spec.name} cannot be scripted: its adapter is Python and not the foreign module's")

    def __reduce__(self) -> tuple[Any, ...]:
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in self._values.items()}
        return _rebuilt, (self.spec, type(self).foreign, self.reduction, values), self.__dict__


def adapt(spec: LossSpec, foreign: Callable[..., Any]) -> type[AdaptedLoss]:
    """The class of a foreign loss, whose ``forward`` takes the inputs of the spec by position or name."""
    names, adapter = tuple(i.name for i in spec.inputs), spec.adapter

    def forward(self: AdaptedLoss, *inputs: Any, sample_weight: Tensor | None = None, **named: Any) -> Any:
        if len(inputs) > len(names) or not named.keys() <= set(names):
            raise TypeError(f"{spec.name} takes the inputs {', '.join(names)}, found {len(inputs)} and {list(named)}")
        given = {**dict(zip(names, inputs, strict=False)), **named}
        if adapter is None or not adapter.per_sample:
            return self.adapted(given, sample_weight)
        self.check(*(given.get(name) for name in names), sample_weight=sample_weight)
        return self.reduced(self.adapted(given, sample_weight), given, sample_weight)

    # exporters read the names of the inputs off the signature
    forward.__signature__ = signature_of(spec)  # type: ignore[attr-defined]
    return type(
        AdaptedLoss.__name__, (AdaptedLoss,), {"spec": spec, "foreign": staticmethod(foreign), "forward": forward}
    )


def signature_of(spec: LossSpec) -> inspect.Signature:
    """The signature of a ``forward`` that takes the inputs of a spec, and sample weights by name."""
    kinds = inspect.Parameter
    inputs = [
        kinds(i.name, kinds.POSITIONAL_OR_KEYWORD, default=None if i.optional else kinds.empty) for i in spec.inputs
    ]
    weight = kinds("sample_weight", kinds.KEYWORD_ONLY, default=None)
    return inspect.Signature([kinds("self", kinds.POSITIONAL_OR_KEYWORD), *inputs, weight])


def _rebuilt(spec: LossSpec, foreign: Callable[..., Any], reduction: str, parameters: dict[str, Any]) -> AdaptedLoss:
    return adapt(spec, foreign)(reduction=reduction, **parameters)
