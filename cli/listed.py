"""The form of what ``losskit list --json`` prints; for type checkers and for the published schema."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads those of typing from Python 3.12 on alone

from losskit.spec.properties.base import AnyProperty
from losskit.spec.regimes import When


class ListedClaim(TypedDict):
    """A claim that answers, as a sentence and as data."""

    claim: str
    where: str
    property: AnyProperty
    verdict: Literal["holds", "fails"]
    when: When
    source: str
    note: str


class ListedLoss(TypedDict):
    """A loss with the distribution that offers it; ``task`` is null where its plugin was not imported."""

    name: str
    task: str | None
    about: str
    distribution: str
    version: str
    builtin: bool
    claims: list[ListedClaim]


class ListOutput(TypedDict):
    """The whole answer; ``problems`` names what could not be used, with the reason."""

    schema_version: Literal[1]
    losskit: str
    losses: list[ListedLoss]
    problems: dict[str, str]
