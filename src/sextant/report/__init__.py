"""A corpus as one page: counts, distributions, drop reasons and a gallery that can be checked."""

from sextant.report.page import ReportSummary, build_report

__all__ = ["ReportSummary", "build_report"]
