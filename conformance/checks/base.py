"""What checks of engineering properties share: comparison, and the witness of a difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.outcome import Result, Settled, Spread
from losskit.conformance.report import Witness
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.conformance.witness import LONGEST
from losskit.spec import Claim


@dataclass
class Comparison:
    """Differences seen so far between what is and what should be.

    Attributes:
        claim: what is being checked.
        search: the seed and the command.
        cases: comparisons made.
        worst: the largest difference in units of its tolerance.
        witness: the first difference above it.
        remarks: what was left out, and why.
        spread: the largest difference of each comparison, counted by its size.
    """

    claim: Claim
    search: Search
    cases: int = 0
    worst: float = 0.0
    witness: Witness | None = None
    remarks: list[str] = field(default_factory=list)
    spread: Spread = field(default_factory=Spread)

    def compare(
        self, detail: str, found: Tensor, wanted: Tensor, tolerance: Tensor | float, subject: Subject, data: Data
    ) -> None:
        """Count a comparison of two tensors; NaN on one side only is a difference, on both sides agreement."""
        self.cases += 1
        found, wanted = found.detach().double().cpu(), wanted.detach().double().cpu()
        if found.shape != wanted.shape:
            self.refuse(f"{detail}: shape {tuple(found.shape)} where {tuple(wanted.shape)} was expected", subject, data)
            return
        same = (found == wanted) | (found.isnan() & wanted.isnan())
        allowed = torch.as_tensor(tolerance).detach().double().cpu()
        ratio = ((found - wanted).abs() / allowed).masked_fill(same, 0.0).nan_to_num(torch.inf)
        if ratio.numel() == 0:
            return
        worst = int(ratio.reshape(-1).argmax())
        self.worst = max(self.worst, float(ratio.reshape(-1)[worst]))
        self.spread.add(ratio.reshape(-1)[worst : worst + 1])
        if float(ratio.reshape(-1)[worst]) > 1 and self.witness is None:
            left, right = float(found.reshape(-1)[worst]), float(wanted.reshape(-1)[worst])
            self.witness = difference(self.search, self.claim, subject, data, left, right, detail)
            self._settle()

    def expect(self, truth: bool, detail: str, subject: Subject, data: Data) -> None:
        """Count a fact that must hold."""
        self.cases += 1
        if not truth:
            self.refuse(detail, subject, data)

    def refuse(self, detail: str, subject: Subject, data: Data) -> None:
        """Record a difference that has no numbers."""
        self.worst = float("inf")
        if self.witness is None:
            self.witness = difference(self.search, self.claim, subject, data, 0.0, 0.0, detail)
            self._settle()

    def _settle(self) -> None:
        """End the check at its first difference where only the verdict counts."""
        if self.search.brief:
            raise Settled(self.result())

    def result(self) -> Result:
        """The verdict of all comparisons."""
        reason = "; ".join(dict.fromkeys(self.remarks))
        if self.witness is not None:
            worst = self.worst if self.worst != float("inf") else None
            return Result("refuted", self.cases, worst, self.witness.detail, self.witness, self.spread.margins())
        if self.cases == 0:
            return Result("not_applicable" if reason else "undecided", 0, None, reason or "nothing was checked")
        return Result("held", self.cases, self.worst, reason, margins=self.spread.margins())


def difference(
    search: Search, claim: Claim, subject: Subject, data: Data, left: float, right: float, detail: str
) -> Witness:
    """A witness whose program evaluates the loss at the data."""
    tensors = {n: v for n, v in data.items() if torch.is_tensor(v) and not n.startswith("_")}
    lines = construction(subject)
    small = bool(tensors) and all(v.numel() <= LONGEST for v in tensors.values())
    if small:
        for name, value in tensors.items():
            lines.append(f"{name} = torch.tensor({value.tolist()}, dtype={value.dtype})".replace("nan", "float('nan')"))
        lines.append(f"print(loss({', '.join(i.name if i.name in tensors else 'None' for i in subject.spec.inputs)}))")
    return Witness(
        parameters={k: list(v) if isinstance(v, tuple) else v for k, v in subject.parameters.items()},
        inputs={n: v.tolist() for n, v in tensors.items()}
        if small
        else {n: f"shape {tuple(v.shape)}" for n, v in tensors.items()},
        left=left,
        right=right,
        detail=detail,
        command=f"{search.command} --only {claim.property.kind}".strip(),
        code="\n".join(lines) if small else "",
    )


def construction(subject: Subject) -> list[str]:
    """Program lines that build the loss."""
    if subject.spec.parts:
        return _composition(subject)
    given = "".join(f", {k}={v!r}" for k, v in subject.parameters.items() if v is not None)
    if not subject.spec.place:
        return ["import torch, losskit", f"loss = losskit.create({subject.spec.name!r}, reduction='none'{given})"]
    reduction = subject.module().reduction
    return [
        "import torch",
        "from losskit.registry import build, load",
        f"(spec,) = load({subject.spec.place!r})",
        f"loss = build(spec, reduction={reduction!r}{given})",
    ]


def _composition(subject: Subject) -> list[str]:
    """Program lines that build a composite of registered losses."""
    pairs = [
        f"(losskit.create({part.loss.name!r}, **{dict(part.parameters)!r}), {subject.parameters[part.weight]!r})"
        for part in subject.spec.parts
    ]
    reduction = subject.module().reduction
    return ["import torch, losskit", f"loss = losskit.compose([{', '.join(pairs)}], reduction={reduction!r})"]


def declared(claim: Claim, search: Search, comparison: Comparison) -> Iterator[tuple[Subject, Sizes]]:
    """Settings at which the spec does not narrow the property; what is left out is remarked on."""
    for _, subject, sizes in search.subjects(claim.when, every=claim.verdict == "fails"):
        narrowed = subject.narrowing(claim.property.kind)
        if narrowed is None:
            yield subject, sizes
        else:
            comparison.remarks.append(narrowed.reason)


def first_of_each_setting(
    claim: Claim, search: Search, comparison: Comparison, most: int
) -> list[tuple[Subject, Sizes]]:
    """The first few settings, each once and at sizes that are not trivial: for checks that cost seconds."""
    chosen: dict[str, tuple[Subject, Sizes]] = {}
    for subject, sizes in declared(claim, search, comparison):
        key = str(sorted((k, str(v)) for k, v in subject.parameters.items() if not isinstance(v, tuple)))
        if all(size > 1 for size in sizes.values()):
            chosen.setdefault(key, (subject, sizes))
    return list(chosen.values())[:most]


def rounding(subject: Subject, data: Data, value: Tensor, epsilon: float | None = None) -> Tensor:
    """What rounding may do to a value: relative to it, to the slopes, and to the largest input.

    Of the values of a batch whose samples stand alone each has the slopes and inputs of its own sample.
    """
    eps = torch.finfo(subject.dtype).eps if epsilon is None else epsilon
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    read = subject.read(data, names)
    slopes = read.noise / (64 * torch.finfo(subject.dtype).eps) * read.entries.shape[1]
    floats = {n: v for n, v in data.items() if torch.is_tensor(v) and v.is_floating_point() and v.numel()}
    if value.dim() and len(value) == len(slopes) > 1:
        each = (-1, *[1] * (value.dim() - 1))
        sizes = [
            v.abs().amax() if subject.shares(n) else v.abs().flatten(1).amax(1) if v.dim() > 1 else v.abs()
            for n, v in floats.items()
        ]
        slopes = slopes.view(each)
        sizes = [size.double().expand(len(value)).view(each) for size in sizes]
    else:
        slopes = slopes.sum()
        sizes = [v.abs().amax().double() for v in floats.values()]
    largest = torch.stack(sizes).amax(0) if sizes else torch.tensor(0.0)
    return 64 * eps * (slopes.to(value) + largest.to(value) + value.detach().abs() + 1).nan_to_num(0.0, 1e300)


def leaves(data: Data, names: tuple[str, ...]) -> Data:
    """The data with fresh leaf tensors at the named inputs."""
    return {**data, **{n: data[n].detach().clone().requires_grad_() for n in names if data.get(n) is not None}}


def gradients_of(value: Tensor, data: Data, names: tuple[str, ...], retain: bool = False) -> dict[str, Tensor]:
    """Gradients of a scalar with respect to leaves; the graph may be kept for another pass."""
    wanted = [n for n in names if data.get(n) is not None]
    at = [data[n] for n in wanted]
    found = torch.autograd.grad(value.sum(), at, retain_graph=retain, allow_unused=True, materialize_grads=True)
    return dict(zip(wanted, found, strict=True))


def reduced(value: Any) -> Tensor:
    """A scalar or vector of values as a vector."""
    return torch.as_tensor(value).reshape(-1)
