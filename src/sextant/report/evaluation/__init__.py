"""Runs of the evaluation as one page, as Markdown and as LaTeX."""

from sextant.report.evaluation.page import PageSummary, write_page
from sextant.report.evaluation.runs import Run, read_runs, run_of

__all__ = ["PageSummary", "Run", "read_runs", "run_of", "write_page"]
