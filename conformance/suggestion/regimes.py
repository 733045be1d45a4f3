"""Where a property holds and where it fails: everywhere, nowhere, or in simple parts of the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any, Literal

from losskit.conformance.suggestion.asking import Harness
from losskit.conformance.suggestion.points import Run, at, defaults, points, runs
from losskit.spec import Claim, OneOf, Property
from losskit.spec.properties import Differentiable, Homogeneous, Monotone, ReducesTo, ScaleInvariant, UpperBounds
from losskit.spec.regimes import When

Verdict = Literal["holds", "fails"]
STANDS = {"holds": "held", "fails": "confirmed"}
AT_ONCE = 3  # values in one claim: as many settings as a quick search draws
MOST = 4  # combinations of runs of several parameters


class Survey:
    """Asks of properties where they hold and where they fail, all of them in each round, so that workers are busy.

    Args:
        harness: what answers.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self.grid = points(harness.spec)

    def hold(self, properties: Sequence[Property]) -> list[Claim]:
        """Claims that stand: each property everywhere, else in parts of the parameters, and its failure elsewhere."""
        answers = self._harness.ask("everywhere", [p.holds() for p in properties])
        held = [claim for claim, finding in answers if finding.outcome == "held"]
        # few settings are drawn of a whole domain: its landmarks are looked at one by one
        self._harness.ask("at landmarks", [c.property.holds(when=w) for c in held for w in self._landmarks(c.property)])
        standing = [c for c in held if all(self._stands(c.property, "holds", w) for w in self._landmarks(c.property))]
        refuted = [claim.property for claim, finding in answers if finding.outcome == "refuted"]
        refuted += [claim.property for claim in held if claim not in standing]
        # a second derivative that jumps at single points is met by chance alone: no part is safe from it
        return standing + self._parted([p for p in refuted if not isinstance(p, Differentiable) or p.order == 1])

    def fail(self, properties: Sequence[Property]) -> list[Claim]:
        """Claims that properties fail, everywhere or in parts of the parameters, where a witness confirms it."""
        asked = [p.fails() for p in properties] + [
            p.fails(when=at(n, v)) for p in properties for n, v in self._points(p)
        ]
        self._harness.ask("no constant will do", asked)
        return [claim for p in properties for claim in self._where(p, "fails")]

    def _parted(self, refuted: list[Property]) -> list[Claim]:
        """What stands of properties that do not hold everywhere."""
        asked = [p.holds(when=at(n, v)) for p in refuted for n, v in self._points(p)]
        self._harness.ask("parts of the parameters", [*asked, *(p.fails() for p in refuted if self._may_fail(p))])
        wider = [p.holds(when=when) for p in refuted for run in self._runs(p, "holds") for when in run]
        self._harness.ask("wider parts", wider)
        found: list[Claim] = []
        elsewhere: list[tuple[Property, list[list[When]]]] = []
        for p in refuted:
            held = [c for c in (self._widest(p, "holds", run) for run in self._runs(p, "holds")) if c is not None]
            found += held
            if self._may_fail(p):
                elsewhere.append((p, self._opposite(p, bool(held))))
        self._harness.ask(
            "where it fails", [p.fails(when=w) for p, choices in elsewhere for several in choices for w in several]
        )
        for p, choices in elsewhere:
            found += [c for c in (self._widest(p, "fails", several) for several in choices) if c is not None]
        return found + self._at_defaults([p for p in refuted if all(c.property != p for c in found)])

    def _where(self, p: Property, verdict: Verdict) -> list[Claim]:
        """A claim for the whole domain where every point agrees with it, else one for each run of points."""
        whole = self._claim(p, verdict, {})
        alike = all(self._stands(p, verdict, at(n, v)) for n, v in self._points(p))
        if self._harness.outcome(whole) == STANDS[verdict] and alike:
            return [whole]
        runs_found = self._runs(p, verdict, outer=True)
        self._harness.ask("parts of the parameters", [self._claim(p, verdict, w) for run in runs_found for w in run])
        return [c for c in (self._widest(p, verdict, run) for run in runs_found) if c is not None]

    def _opposite(self, p: Property, somewhere: bool) -> list[list[When]]:
        """Regimes to confirm a failure on: everywhere, or where no value is known at which the property holds."""
        if not somewhere:
            return [[{}]]
        by_parameter = [self._refuted(p, name) for name in self._telling(p)]
        return [
            [_joined(choice) for choice in zip(*(_as_long(run) for run in combination), strict=True)]
            for combination in islice(product(*by_parameter), MOST)
        ]

    def _telling(self, p: Property) -> list[str]:
        """Parameters with a value at which the property holds."""
        return [n for n in self._names(p) if any(self._stands(p, "holds", at(n, v)) for v in self.grid[n])]

    def _refuted(self, p: Property, name: str) -> list[list[When]]:
        parameter = self._harness.spec.parameters.get(name)
        assert parameter is not None
        chosen = [self._harness.outcome(p.holds(when=at(name, v))) == "refuted" for v in self.grid[name]]
        return [run.regimes(name, outer=True) for run in runs(parameter, self.grid[name], chosen)]

    def _runs(self, p: Property, verdict: Verdict, *, outer: bool = False) -> list[list[When]]:
        """For each run of values at which a claim stands the regimes that might be claimed, the widest first."""
        found: list[list[When]] = []
        for name in self._names(p):
            parameter = self._harness.spec.parameters.get(name)
            assert parameter is not None
            chosen = [self._stands(p, verdict, at(name, v)) for v in self.grid[name]]
            if not all(chosen):
                listed: list[Run] = list(runs(parameter, self.grid[name], chosen))
                found += [run.regimes(name, outer=outer) for run in listed]
        return found

    def _widest(self, p: Property, verdict: Verdict, regimes: Iterable[When]) -> Claim | None:
        claims = (self._claim(p, verdict, when) for when in regimes)
        return next((c for c in claims if self._harness.outcome(c) == STANDS[verdict]), None)

    def _at_defaults(self, undecided: list[Property]) -> list[Claim]:
        """What stands where all parameters have their defaults, of properties that nothing else is known of."""
        when = defaults(self._harness.spec)
        if not when:
            return []
        asked = [p.holds(when=when) for p in undecided] + [p.fails(when=when) for p in undecided if self._may_fail(p)]
        answers = self._harness.ask("at the defaults", asked)
        return [claim for claim, finding in answers if finding.outcome == STANDS[claim.verdict]]

    def _may_fail(self, p: Property) -> bool:
        """Whether that the property fails is worth a claim; parameters move the value in every way."""
        of_parameter = isinstance(p, Monotone) and self._harness.spec.input(p.on) is None
        return not guessed(p) and not of_parameter

    def _claim(self, p: Property, verdict: Verdict, when: When) -> Claim:
        return p.holds(when=when) if verdict == "holds" else p.fails(when=when)

    def _stands(self, p: Property, verdict: Verdict, when: When) -> bool:
        return self._harness.outcome(self._claim(p, verdict, when)) == STANDS[verdict]

    def _names(self, p: Property) -> list[str]:
        return [name for name in self.grid if name not in p.subjects()]

    def _landmarks(self, p: Property) -> list[When]:
        """All points of each parameter but its default, a few at a time."""
        found: list[When] = []
        for name in self._names(p):
            parameter = self._harness.spec.parameters.get(name)
            others = [v for v in self.grid[name] if parameter is None or v != parameter.default or v is True]
            found += [{name: OneOf(values=tuple(others[at : at + AT_ONCE]))} for at in range(0, len(others), AT_ONCE)]
        return found

    def rest(self, p: Property) -> list[When]:
        """Where a failure that was confirmed in parts was not confirmed, each run of values as wide as may be."""
        found: list[When] = []
        for name in self._names(p):
            parameter = self._harness.spec.parameters.get(name)
            assert parameter is not None
            chosen = [not self._stands(p, "fails", at(name, v)) for v in self.grid[name]]
            if any(chosen) and not all(chosen):
                found += [run.regimes(name, outer=True)[0] for run in runs(parameter, self.grid[name], chosen)]
        return found[:MOST]

    def _points(self, p: Property) -> list[tuple[str, Any]]:
        return [(name, value) for name in self._names(p) for value in self.grid[name]]


def guessed(p: Property) -> bool:
    """Whether that the property does not hold tells nothing: another loss, another degree, a factor, a higher derivative."""
    higher = isinstance(p, Differentiable) and p.order != 1  # its failure has no law: kinks are sought in the value
    mirrored = isinstance(p, ScaleInvariant) and p.factor == "negative"
    scaled = isinstance(p, UpperBounds) and p.factor != 1
    return higher or mirrored or scaled or isinstance(p, ReducesTo | Homogeneous)


def _joined(regimes: Iterable[When]) -> When:
    return {name: condition for when in regimes for name, condition in when.items()}


def _as_long(run: list[When]) -> list[When]:
    """Three choices, the widest first; the last one again where there are fewer."""
    return [*run, *[run[-1]] * 3][:3]
