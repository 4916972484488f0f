"""A corpus as one page: counts, distributions, drop reasons and a gallery that can be checked.

The page is imported when it is first asked for: ``sextant score`` only needs ``markup``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sextant.report.page import ReportSummary, build_report

__all__ = ["ReportSummary", "build_report"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sextant.report import page

    return getattr(page, name)
