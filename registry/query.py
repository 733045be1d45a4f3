"""Questions to the registry: which losses hold which properties, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from losskit.registry import extensions
from losskit.registry.building import resolve
from losskit.registry.loading import specs, unknown
from losskit.spec import Claim, LossSpec, describe_regime
from losskit.spec.errors import PluginError, SpecError
from losskit.spec.properties import KINDS


@dataclass(frozen=True)
class Match:
    """A loss that answers a question, with the claims that answer it."""

    spec: LossSpec
    claims: tuple[Claim, ...] = ()

    @property
    def name(self) -> str:
        """Name of the loss."""
        return self.spec.name

    def regimes(self) -> tuple[str, ...]:
        """Where each answering claim is made; ``always`` where it is unrestricted."""
        return tuple(describe_regime(claim.when) or self._unrestricted(claim) for claim in self.claims)

    def _unrestricted(self, claim: Claim) -> str:
        narrowed = [n for n in self.spec.narrowed if n.property == claim.property.kind and claim.verdict == "holds"]
        excepted = "; ".join(describe_regime(n.when) for n in narrowed)
        return f"except where {excepted}" if excepted else "always"


def find(
    *,
    task: str | None = None,
    holds: Iterable[str] | str = (),
    fails: Iterable[str] | str = (),
    coupling: str | None = None,
    among: Iterable[LossSpec] | None = None,
) -> list[Match]:
    """Losses of a task for which properties are claimed to hold or to fail, somewhere in their parameters.

    Args:
        task: ``classification``, ``segmentation`` and so on.
        holds: kinds of the vocabulary, as ``LabelSymmetric`` or ``label_symmetric``; all must be claimed to hold.
        fails: likewise, claimed to fail.
        coupling: ``none`` for losses whose samples stand alone, else ``pairs``, ``batch`` or ``set``.
        among: specs to choose from; every installed loss that loads if left out.

    Returns:
        One match a loss, with the claims and so the regimes that answer.

    Raises:
        SpecError: a property is not in the vocabulary.
    """
    wanted = [(kind(word), "holds") for word in _words(holds)] + [(kind(word), "fails") for word in _words(fails)]
    matches = []
    for spec in specs() if among is None else among:
        if task is not None and spec.task != task:
            continue
        if coupling is not None and (spec.coupling or "none") != coupling:
            continue
        answers = [_answers(spec, name, verdict) for name, verdict in wanted]
        if all(answers):
            matches.append(Match(spec, tuple(claim for claims in answers for claim in claims)))
    return matches


def _words(given: Iterable[str] | str) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def kind(word: str) -> str:
    """The kind of the vocabulary that a word means, whatever its case and underscores.

    Raises:
        SpecError: no such kind; the message offers the nearest.
        PluginError: the extension that offers it is broken.
    """
    wanted = word.replace("_", "").lower()
    if wanted not in _plain():
        _import_kinds(wanted)
    if wanted not in _plain():
        raise SpecError(unknown("property", word, tuple(_plain().values())) + extensions.left_out())
    return _plain()[wanted]


def _plain() -> dict[str, str]:
    return {name.lower(): name for name in KINDS if name != "Engineering"}


def _import_kinds(wanted: str) -> None:
    """Import the kinds of extensions; one that is not asked for may fail."""
    for name, offer in extensions.every(extensions.KINDS).items():
        try:
            resolve(f"property {name}", offer.record.place)
        except PluginError:
            if name.lower() == wanted:
                raise


def _answers(spec: LossSpec, name: str, verdict: str) -> list[Claim]:
    claims = [c for c in spec.claims if c.property.kind == name and c.verdict == verdict]
    return claims or (_implied(spec, name, verdict) if KINDS[name].default else [])


def _implied(spec: LossSpec, name: str, verdict: str) -> list[Claim]:
    """What every loss declares of an engineering property, less what its spec narrows."""
    narrowed = [n for n in spec.narrowed if n.property == name]
    if verdict == "fails":
        return [KINDS[name]().fails(when=n.when, source=n.reason) for n in narrowed]
    if any(not n.when for n in narrowed):
        return []
    return [KINDS[name]().holds(source="declared by every loss")]
