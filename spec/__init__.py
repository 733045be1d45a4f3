"""What a loss declares: frozen pydantic models and nothing heavier. Importing this package never imports torch or numpy."""

from losskit.spec import errors, expressions, properties, tensors
from losskit.spec.adapter import Adapter
from losskit.spec.graphs import Accepted
from losskit.spec.hooks import LossHooks, hookimpl, hookspec
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
    "EdgeCase",
    "Example",
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
    "Reference",
    "describe_regime",
    "errors",
    "expressions",
    "hookimpl",
    "hookspec",
    "properties",
    "tensors",
]
