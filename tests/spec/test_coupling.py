"""Which samples act on each other: a mean by another count than the samples couples none."""

from losskit import get
from losskit.spec.coupling import couples


def test_a_divisor_of_its_own_couples_no_samples() -> None:
    assert get("direct_coverage_step").narrowing("BatchDecomposable") is not None
    assert not couples(get("direct_coverage_step"), {})


def test_a_narrowing_everywhere_leaves_it_to_the_spec() -> None:
    assert couples(get("svm_head"), {})


def test_a_narrowing_by_a_parameter_couples_where_it_says() -> None:
    spec = get("correctness_aware")
    assert couples(spec, {"balanced": True})
    assert not couples(spec, {"balanced": False})
