"""Every claim of both losses is a test of its own."""

from losskit.conformance import parametrize_with_claims
from losskit.conformance.testing import ClaimCheck


@parametrize_with_claims("lorentzian")
def test_lorentzian(check: ClaimCheck) -> None:
    """The claim stands."""
    check()


@parametrize_with_claims("squentropy")
def test_squentropy(check: ClaimCheck) -> None:
    """The claim stands."""
    check()
