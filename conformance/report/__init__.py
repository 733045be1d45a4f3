"""The result of a run and its renderings."""

from losskit.conformance.report.model import FELL, STOOD, Finding, LossReport, Outcome, Report, Witness

__all__ = ["FELL", "STOOD", "Finding", "LossReport", "Outcome", "Report", "Witness"]
