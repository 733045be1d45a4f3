"""What several specs say, a column a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from losskit.cli.page import Grid
from losskit.cli.sheet import COUPLINGS
from losskit.spec import Claim, LossSpec, Property, describe_regime
from losskit.spec.properties import KINDS, ReducesTo


@dataclass(frozen=True)
class Row:
    """One property, and what each loss claims of it."""

    title: str
    claims: Mapping[str, Sequence[Claim]]

    def cells(self) -> tuple[str, ...]:
        """The row as a table shows it."""
        return (self.title, *("; ".join(map(_words, claims)) for claims in self.claims.values()))

    def data(self) -> dict[str, Any]:
        """The row as JSON has it."""
        told = {
            name: [
                {"claim": str(c), "verdict": c.verdict, "where": describe_regime(c.when) or "always"} for c in claims
            ]
            for name, claims in self.claims.items()
        }
        return {"property": self.title, "losses": told}

    @property
    def alike(self) -> bool:
        """Whether all losses claim the same."""
        return len(set(self.cells()[1:])) == 1


def claims(specs: Sequence[LossSpec], differences: bool = False) -> list[Row]:
    """A row a property, in the order of the vocabulary; constants belong to the cells.

    Args:
        specs: the losses.
        differences: whether rows are left out that are alike for all.
    """
    titles: dict[str, str] = {}
    for spec in specs:
        for claim in spec.claims:
            if not isinstance(claim.property, ReducesTo):
                titles.setdefault(_title(claim.property), claim.property.kind)
    order = list(KINDS)
    rows = [
        Row(title, {s.name: [c for c in s.claims if _title(c.property) == title] for s in specs})
        for title, _ in sorted(titles.items(), key=lambda item: (order.index(item[1]), item[0]))
    ]
    return [row for row in rows if not (differences and row.alike)]


def _constants(given: Property) -> dict[str, Any]:
    return {k: v for k, v in given.arguments().items() if k in given.unspecific}


def _title(given: Property) -> str:
    """The property without the constants that two losses may differ in."""
    return str(given.model_copy(update=dict.fromkeys(_constants(given)))) if _constants(given) else str(given)


def _words(claim: Claim) -> str:
    constants = _constants(claim.property)
    words: list[str] = [claim.verdict]
    if constants:
        words.append(
            "with " + ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in constants.items())
        )
    regime = describe_regime(claim.when)
    return " ".join([*words, *([f"when {regime}"] if regime else [])])


def facts(spec: LossSpec, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a loss takes and gives."""
    return {
        "name": spec.name,
        "title": spec.title,
        "task": spec.task,
        "coupling": spec.coupling or "none",
        "inputs": [f"{i.name} {i.describe_shape()}{' (optional)' if i.optional else ''}" for i in spec.inputs],
        "value": f"({', '.join(spec.output)}{',' if len(spec.output) == 1 else ''})",
        "gradient": spec.gradient,
        "parameters": {k: list(v) if isinstance(v, tuple) else v for k, v in parameters.items()},
    }


def table_of_facts(specs: Mapping[str, LossSpec], parameters: Mapping[str, Mapping[str, Any]]) -> Grid:
    """The same as a table, a row a fact."""
    told = {name: facts(spec, parameters[name]) for name, spec in specs.items()}
    rows = [
        ("title", *(one["title"] for one in told.values())),
        ("task", *(one["task"] for one in told.values())),
        ("coupling", *(COUPLINGS[spec.coupling] for spec in specs.values())),
        ("inputs", *(", ".join(one["inputs"]) for one in told.values())),
        ("unreduced value", *(one["value"] for one in told.values())),
        ("gradient", *(one["gradient"] for one in told.values())),
        ("parameters", *(_parameters(one["parameters"]) for one in told.values())),
    ]
    return Grid(("", *specs), tuple(rows))


def _parameters(given: Mapping[str, Any]) -> str:
    words = (f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in given.items())
    return ", ".join(words) or "none"
