"""Questions to the registry; the answers name the regime."""

import pytest

import losskit
from losskit import registry
from losskit.spec.errors import SpecError

COMP_SUM = (losskit.get("comp_sum"),)


def regimes(**question: object) -> tuple[str, ...]:
    """Regimes in which comp_sum answers; empty where it does not."""
    matches = registry.find(among=COMP_SUM, **question)  # type: ignore[arg-type]
    return matches[0].regimes() if matches else ()


def test_the_answer_names_the_regime() -> None:
    assert regimes(holds="LabelSymmetric") == ("tau = 2",)
    assert regimes(fails="LabelSymmetric") == ("tau in [0, 2), C in [2, inf)", "tau in (2, inf), C in [2, inf)")
    assert regimes(holds="ClassificationCalibrated") == ("always",)


def test_several_properties_must_all_be_claimed() -> None:
    assert regimes(holds=("Convex", "ClassificationCalibrated")) == ("tau in [0, 1]", "always")
    assert regimes(holds=("Convex", "RotationInvariant")) == ()


@pytest.mark.parametrize("word", ["LabelSymmetric", "label_symmetric", "labelsymmetric", "LABEL_SYMMETRIC"])
def test_case_and_underscores_do_not_matter(word: str) -> None:
    assert registry.kind(word) == "LabelSymmetric"


def test_an_engineering_property_is_declared_by_every_loss() -> None:
    assert regimes(holds="MatchesReference") == ("always",)
    assert regimes(fails="MatchesReference") == ()


def test_what_is_narrowed_somewhere_holds_elsewhere() -> None:
    assert regimes(holds="FiniteOn") == ("except where tau in [0, 1)",)
    assert regimes(fails="FiniteOn") == ("tau in [0, 1)",)


def test_task_and_coupling_restrict_the_answer() -> None:
    assert regimes(task="segmentation") == ()
    assert [m.name for m in registry.find(task="classification", coupling="none", among=COMP_SUM)] == ["comp_sum"]
    assert registry.find(coupling="pairs", among=COMP_SUM) == []


def test_an_unknown_property_gets_near_matches() -> None:
    with pytest.raises(SpecError, match="there is no property 'Convexe'; did you mean Convex"):
        losskit.find(holds="Convexe")


def test_the_base_of_engineering_properties_is_no_property() -> None:
    with pytest.raises(SpecError, match="there is no property 'Engineering'"):
        losskit.find(holds="Engineering")


def test_a_foreign_loss_is_found(foreign: str) -> None:
    assert foreign in [match.name for match in losskit.find(task="regression", holds="NonNegative")]
