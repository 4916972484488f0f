"""Runs of the evaluation as one page, as Markdown and as LaTeX."""

from sextant.report.evaluation.latex import to_latex
from sextant.report.evaluation.markdown import to_markdown
from sextant.report.evaluation.page import PageSummary, write_page
from sextant.report.evaluation.runs import Run, read_runs, run_of

__all__ = ["PageSummary", "Run", "read_runs", "run_of", "to_latex", "to_markdown", "write_page"]
