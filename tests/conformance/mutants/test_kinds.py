"""Every kind of property can fall: some planted fault is one that it must catch.

Of kinds that a spec may claim a registered loss shows it, too (tests/registry/test_verdicts.py); what every loss declares
none may fail, and nothing but a planted fault shows it.
"""

from __future__ import annotations

import pytest
import torch

from losskit import get
from losskit.conformance.claims import verify_claim
from losskit.conformance.mutants import MUTANTS
from losskit.registry import extensions
from losskit.spec.properties import KINDS

CAUGHT = {mutant.caught_by for mutant in MUTANTS}
REGISTERED = sorted(extensions.own(extensions.KINDS))
EXCEPTIONS = {
    "DeviceParity": "compares an accelerator with the CPU, and faults are planted for machines without one; what an accelerator "
    "would show of a place or a wait is StaysOnDevice's, which has faults",
    "ShardsAcross": "is checked from the standard profile on, by processes that import the registered loss and see no change "
    "made in memory; a loss that couples rows in secret falls in tests/conformance/test_sharding.py",
}


def test_every_kind_that_is_declared_is_registered() -> None:
    assert {*REGISTERED} == {*KINDS} - {"Engineering"}


@pytest.mark.parametrize("kind", REGISTERED)
def test_a_planted_fault_is_one_that_the_kind_must_catch(kind: str) -> None:
    assert (kind in CAUGHT) != (kind in EXCEPTIONS)  # an exception for which a fault is planted is none any more


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_an_exception_is_a_kind_that_the_quick_profile_cannot_check(kind: str) -> None:
    if kind == "DeviceParity" and torch.cuda.is_available():
        pytest.skip("there is an accelerator here")
    finding = verify_claim(get("mse"), KINDS[kind]().holds(), "quick", 0, "cpu")
    assert finding.outcome == "not_applicable", "plant a fault: the kind is checked"
