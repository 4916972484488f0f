"""A page about training runs: losses, held-out answers, speed, and how the runs were made."""

from sextant.report.training.page import write_training_page

__all__ = ["write_training_page"]
