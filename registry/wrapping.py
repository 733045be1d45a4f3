"""A plain function as a loss."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losskit.registry.building import WRAPPED, build
from losskit.spec import Adapter, Input, LossSpec, Narrowing, Parameters
from losskit.spec.errors import SpecError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss


UNDECLARED = Narrowing(
    property="GraphRejectsBadInput", reason="what the graph of a function answers to wrong inputs is not declared"
)


class NoParameters(Parameters):
    """A loss without parameters."""


def wrap(
    function: Callable[..., Any],
    spec: LossSpec | None = None,
    /,
    *,
    reduction: str = "mean",
    settings: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Loss:
    """A function as a loss: ``function(*inputs, **parameters)`` gives a value for each sample, or one for the batch.

    The rest is losskit's, as for every loss: checks of the inputs, sample weights, reductions, configuration, claims that
    ``losskit.verify(loss.spec)`` attacks, and ``losskit.export(loss, folder)``.

    Args:
        function: takes the inputs in the order of the spec, by position, and its parameters by name.
        spec: what it declares; its ``module`` and ``adapter`` are filled in. Or leave it out and give
        fields: fields of :class:`losskit.spec.LossSpec`. Only ``inputs`` is needed: the name is the function's, the title and
            the summary are its docstring's, and ``output`` is the batch axis of the first input; ``output=()`` says that
            there is one number for the batch, ``coupling`` then says why.
        reduction: ``mean``, ``sum``, ``none`` or ``sum_count``; ``mean`` for one number a batch.
        settings: parameters of the loss that differ from the defaults.

    Returns:
        An ``nn.Module``. Another process can build it where the function is found in a module, by its name.

    Raises:
        SpecError: the function does not take what the spec says, or the spec lacks something.
        ParameterError: a parameter is unknown or outside its domain.
    """
    place = _place(function)
    given = _fields(function, fields) if spec is None else {**dict(spec), **fields}
    given["module"] = place
    if not given.get("graph_accepts"):
        given["narrowed"] = (*_without_graphs(given.get("narrowed", ())), UNDECLARED)
    output = tuple(given["output"])
    reduces: dict[str, Any] = {"reductions": {"mean": None}} if not output else {"per_sample": True}
    given["adapter"] = Adapter(kind="function", reduction="", **reduces)
    if not output:
        given["weights"] = None
        given.setdefault("coupling", "batch")
        given["coupling"] = given["coupling"] or "batch"
    described = LossSpec(**given)
    _check_signature(function, described)
    if _found(place) is not function:
        WRAPPED[place] = function
    return build(described, reduction=reduction, **dict(settings or {}))


def _without_graphs(narrowed: Sequence[Narrowing]) -> tuple[Narrowing, ...]:
    return tuple(one for one in narrowed if one.property != UNDECLARED.property)


def _place(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None) or "builtins"
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    found = _found(f"{module}:{name}")
    # two functions of one name, as a notebook makes them when a cell runs again, are two losses
    return f"{module}:{name}" if found is function or "<" not in name else f"{module}:{name}.{id(function)}"


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(sys.modules.get(module), name, None)


def _fields(function: Callable[..., Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec, those left out read off the function."""
    name = getattr(function, "__name__", type(function).__name__)
    inputs: Sequence[Input] = fields.get("inputs", ())
    if not inputs or not all(isinstance(entry, Input) for entry in inputs):
        raise SpecError(
            f"wrap: {name} needs its inputs, as inputs=(logits('B', 'C'), class_target('B')), found {inputs!r}"
        )
    words = (inspect.getdoc(function) or name.replace("_", " ")).strip().split("\n\n")[0]
    plain: dict[str, Any] = {
        "name": name.strip("<>_").lower(),
        "title": words.partition("\n")[0],
        "task": "regression",
        "summary": " ".join(words.split()),
        "formula": "",
        "parameters": NoParameters,
        "output": inputs[0].shape[:1],
        "claims": (),
        "references": (),
    }
    return {**plain, **fields}


def _check_signature(function: Callable[..., Any], spec: LossSpec) -> None:
    """Refuse a function that cannot be called as the spec says, and name the argument."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # compiled functions need not have one
        return
    parameters = list(signature.parameters.values())
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    inputs, settings = [entry.name for entry in spec.inputs], spec.parameters.names()
    missing = inputs[len(positional) :]
    if missing and not variadic:
        raise SpecError(
            f"{spec.name}: the spec has the input {missing[0]!r} in place {len(positional) + 1}, and {signature} takes "
            f"{len(positional)} by position"
        )
    named = {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)} - set(
        positional[: len(inputs)]
    )
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for name in settings:
        if name not in named and not takes_any:
            raise SpecError(
                f"{spec.name}: the spec has the parameter {name!r}, which {signature} does not take by name"
            )
    for parameter in parameters:
        needed = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD,
        )  # fmt: skip
        if needed and parameter.name not in positional[: len(inputs)] and parameter.name not in settings:
            raise SpecError(
                f"{spec.name}: {signature} needs the argument {parameter.name!r}, which is neither an input nor a parameter of "
                "the spec"
            )
