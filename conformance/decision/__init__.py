"""Decision-theoretic properties, checked by solving conditional risks in batch."""

from losskit.conformance.decision import calibration, consistency, noise, proper
from losskit.conformance.decision.study import check_of

__all__ = ["calibration", "check_of", "consistency", "noise", "proper"]
