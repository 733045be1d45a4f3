"""The page of one loss: everything its spec says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from losskit.cli.page import Block, Code, Grid, Heading, Paragraph
from losskit.cli.snippet import snippet
from losskit.spec import Claim, LossSpec, describe_regime
from losskit.spec.properties import KINDS, ReducesTo
from losskit.spec.properties.base import PROPOSAL
from losskit.spec.regimes import When

COUPLINGS = {
    None: "each sample stands alone",
    "pairs": "pairs of samples are coupled",
    "batch": "all samples of a batch are coupled",
    "set": "the elements of a set are coupled",
}


def sheet(spec: LossSpec) -> list[Block]:
    """The page of a loss."""
    return [
        Heading(f"{spec.name}: {spec.title}"),
        Paragraph(spec.summary),
        Grid(("fact", "value"), tuple(_facts(spec)), titled=False),
        Heading("Formula"),
        Code(spec.formula),
        *_tensors(spec),
        *_parameters(spec),
        *_claims(spec, "holds"),
        *_claims(spec, "fails"),
        *_links(spec),
        *_proposals(spec),
        *_engineering(spec),
        *_edge_cases(spec),
        *_example(spec),
        *_accepted(spec),
        *_notes(spec),
        Heading("Cite as"),
        *(Paragraph(str(reference)) for reference in spec.references),
    ]


def _facts(spec: LossSpec) -> Iterator[tuple[str, str]]:
    yield "task", spec.task
    yield "coupling", COUPLINGS[spec.coupling]
    yield "unreduced value", f"({', '.join(spec.output)}{',' if len(spec.output) == 1 else ''})"
    yield "sample weights", _weights(spec)
    yield "gradient", spec.gradient + (f", detached: {spec.detached}" if spec.detached else "")


def _weights(spec: LossSpec) -> str:
    if spec.weights is None:
        return "not taken"
    return f"shape ({spec.output[0]},)" if spec.weights == "output" else f"one for each sample of {spec.weights}"


def _tensors(spec: LossSpec) -> list[Block]:
    rows = [
        (
            entry.name + (" (optional)" if entry.optional else ""),
            entry.describe_shape(),
            entry.dtype,
            str(entry.domain),
            "yes" if entry.differentiable else "no",
            entry.meaning,
        )
        for entry in spec.inputs
    ]
    return [Heading("Inputs"), Grid(("name", "shape", "dtype", "domain", "gradient", "meaning"), tuple(rows))]


def _parameters(spec: LossSpec) -> list[Block]:
    rows = [
        (field.name, field.describe_domain(), _value(field.default), field.description)
        for field in spec.parameters.fields
    ]
    if not rows:
        return [Heading("Parameters"), Paragraph("none")]
    return [Heading("Parameters"), Grid(("name", "domain", "default", "meaning"), tuple(rows))]


def _claims(spec: LossSpec, verdict: str) -> list[Block]:
    chosen = [c for c in spec.claims if c.verdict == verdict and not isinstance(c.property, ReducesTo)]
    rows = [(str(c.property), where(c.when), _source(c)) for c in chosen]
    title = "What holds" if verdict == "holds" else "What fails"
    return [Heading(title), Grid(("property", "where", "source"), tuple(rows))] if rows else []


def _links(spec: LossSpec) -> list[Block]:
    rows = [(link_in_words(c), c.verdict, where(c.when), _source(c)) for c in spec.links()]
    return [Heading("Links to other losses"), Grid(("link", "verdict", "where", "source"), tuple(rows))] if rows else []


def _proposals(spec: LossSpec) -> list[Block]:
    """Claims that a search found and nobody has given a source."""
    count = sum(claim.proposed for claim in spec.claims)
    told = f"{count} of {len(spec.claims)} claims, marked {PROPOSAL}, came of a search and still need a source."
    return [Heading("Proposals"), Paragraph(told)] if count else []


def link_in_words(claim: Claim) -> str:
    """A claimed link to another loss, without its regime."""
    link = claim.property
    assert isinstance(link, ReducesTo)
    words = [link.other + _given(link.parameters)]
    words += [f"with {', '.join(f'{name} = {value}' for name, value in link.inputs.items())}"] if link.inputs else []
    if link.relation == "affine":
        words.append(f"times {_value(link.scale)} plus {_value(link.offset)}")
    elif link.relation == "function":
        words.append(f"as t = {_value(link.scale)} of it plus {_value(link.offset)} in {link.through}")
    elif link.relation == "same_gradient":
        words.append("(same gradient)")
    elif link.relation == "limit":
        words.append(f"in the limit {', '.join(f'{name} to {_value(value)}' for name, value in link.limit.items())}")
    words += (
        [f"given {', '.join(f'{name} = {_value(value)}' for name, value in link.given.items())}"] if link.given else []
    )
    return " ".join(words)


def _given(parameters: dict[str, Any]) -> str:
    return f"({', '.join(f'{name}={_value(value)}' for name, value in parameters.items())})" if parameters else ""


def _engineering(spec: LossSpec) -> list[Block]:
    narrowed = {narrowing.property for narrowing in spec.narrowed if not narrowing.when}
    declared = sorted(kind for kind, model in KINDS.items() if model.default and kind not in {*narrowed, "Engineering"})
    rows = [(n.property, where(n.when), n.reason) for n in spec.narrowed]
    blocks: list[Block] = [Heading("Engineering"), Paragraph(f"Declared: {', '.join(declared)}.")]
    if rows:
        blocks += [Heading("Engineering properties it lacks"), Grid(("property", "where", "reason"), tuple(rows))]
    return blocks


def _edge_cases(spec: LossSpec) -> list[Block]:
    rows = tuple((case.case, case.expected) for case in spec.edge_cases)
    return [Heading("Edge cases"), Grid(("case", "expected"), rows)] if rows else []


def _example(spec: LossSpec) -> list[Block]:
    shown = next((example for example in spec.examples if not example.refused), None)
    return [Heading("Worked example"), Code(snippet(spec, shown))] if shown is not None else []


def _accepted(spec: LossSpec) -> list[Block]:
    rows = tuple((one.input, one.wrong, one.answer, one.meaning, where(one.when)) for one in spec.graph_accepts)
    head = ("input", "wrong", "answer", "meaning", "where")
    return [Heading("What an exported graph does not refuse"), Grid(head, rows)] if rows else []


def _notes(spec: LossSpec) -> list[Block]:
    return [Heading("Notes"), *(Paragraph(note) for note in spec.notes)] if spec.notes else []


def where(when: When) -> str:
    """A regime in words."""
    return describe_regime(when) or "always"


def _source(claim: Claim) -> str:
    return "; ".join(part for part in (claim.source, claim.note) if part)


def _value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
