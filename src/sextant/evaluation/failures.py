"""When too many requests failed for a score. Alone in its module, since ``--help`` shows it."""

from __future__ import annotations

MAX_FAILED = 0.01
"""Share of failed requests above which a run has no headline: who failed is no random sample."""
