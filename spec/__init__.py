"""What a loss declares: frozen pydantic models and nothing heavier. Importing this package never imports torch or numpy.

The models are imported when they are first asked for: an extension that only names places needs none of them.
"""

from typing import TYPE_CHECKING

from losskit._lazy import lazily

if TYPE_CHECKING:
    from losskit.spec import errors, expressions, properties, tensors
    from losskit.spec.adapter import Adapter
    from losskit.spec.extensions import Command, ExportTarget, GraphRuntime, PropertyKind, ReportFormat
    from losskit.spec.graphs import Accepted
    from losskit.spec.hooks import ExtensionHooks, LossHooks, hookimpl, hookspec
    from losskit.spec.loss import SCHEMA_VERSION, EdgeCase, Example, Least, LossSpec, Narrowing, Part
    from losskit.spec.parameters import Parameter, Parameters, ParameterSet
    from losskit.spec.properties import Claim, Property
    from losskit.spec.references import Reference
    from losskit.spec.regimes import Above, AtLeast, Below, Between, Interval, OneOf, describe_regime
    from losskit.spec.tensors import Input

__all__ = [
    "SCHEMA_VERSION",
    "Above",
    "Accepted",
    "Adapter",
    "AtLeast",
    "Below",
    "Between",
    "Claim",
    "Command",
    "EdgeCase",
    "Example",
    "ExportTarget",
    "ExtensionHooks",
    "GraphRuntime",
    "Input",
    "Interval",
    "Least",
    "LossHooks",
    "LossSpec",
    "Narrowing",
    "OneOf",
    "Parameter",
    "ParameterSet",
    "Parameters",
    "Part",
    "Property",
    "PropertyKind",
    "Reference",
    "ReportFormat",
    "describe_regime",
    "errors",
    "expressions",
    "hookimpl",
    "hookspec",
    "properties",
    "tensors",
]
_HOME = {
    "adapter": ("Adapter",),
    "extensions": ("Command", "ExportTarget", "GraphRuntime", "PropertyKind", "ReportFormat"),
    "graphs": ("Accepted",),
    "hooks": ("ExtensionHooks", "LossHooks", "hookimpl", "hookspec"),
    "loss": ("SCHEMA_VERSION", "EdgeCase", "Example", "Least", "LossSpec", "Narrowing", "Part"),
    "parameters": ("Parameter", "ParameterSet", "Parameters"),
    "properties": ("Claim", "Property"),
    "references": ("Reference",),
    "regimes": ("Above", "AtLeast", "Below", "Between", "Interval", "OneOf", "describe_regime"),
    "tensors": ("Input",),
}
_MODULES = ("errors", "expressions", "properties", "tensors")  # of this package
__getattr__ = lazily(
    __name__,
    {
        **{name: f"losskit.spec.{module}" for module, names in _HOME.items() for name in names},
        **dict.fromkeys(_MODULES, ""),
    },
)
