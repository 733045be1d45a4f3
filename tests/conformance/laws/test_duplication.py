"""Copies of every sample: a mean does not see them, a constant beside a sum or a pair of copies does."""

from __future__ import annotations

import pytest

from losskit import get
from losskit.conformance import verify
from losskit.spec import OneOf
from losskit.spec.properties import DuplicationInvariant

OVER_BATCH, BY_SAMPLE = ({"batch": OneOf(values=(value,))} for value in (True, False))


@pytest.mark.parametrize(
    ("loss", "when", "expected"),
    [
        ("cross_entropy", {}, "held"),
        ("sigmoid_focal", {}, "held"),  # a batch of any number of axes
        ("dice", BY_SAMPLE, "held"),
        ("dice", OVER_BATCH, "refuted"),  # the smoothing terms do not grow with the sums
        ("svm_head", {}, "refuted"),  # the norm of the weights is divided by the size of the batch
        ("multi_similarity", {"mining": False}, "refuted"),  # a sample is a positive of its copy
    ],
)
def test_means_are_told_from_other_values_of_a_batch(loss: str, when: dict[str, object], expected: str) -> None:
    claim = DuplicationInvariant().holds(when=when)
    spec = get(loss).model_copy(update={"claims": (claim,)})
    (found,) = verify(spec, only=["DuplicationInvariant"], engine="here").losses[0].findings
    assert found.outcome == expected
