"""Titles and notes of the page's sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SectionText:
    """What a section is called in the list of sections and above it, and how to read it."""

    short: str
    full: str
    note: str | None = None


TITLES: Mapping[str, SectionText] = {
    "scores": SectionText(
        "Scores",
        "Scores",
        "Scores are percents. Intervals hold 95 % of what would come out with other scenes "
        "(bootstrap clustered by scene). No answer is the share of replies from which none "
        "could be read; failed requests count neither as right nor as wrong.",
    ),
    "rules": SectionText(
        "Rules",
        "Scoring rules",
        "The same replies under the rules of the authors, of two harnesses and under ours, "
        "which never guesses. What lies between them is owed to the reading of replies, not "
        "to the model.",
    ),
    "tasks": SectionText(
        "Tasks",
        "Tasks",
        "A score stands beside what it rests on: its questions, its interval, chance where "
        "all answers are choices, and how often no answer could be read, was refused, or "
        "failed to arrive.",
    ),
    "groups": SectionText("Capabilities", "Capabilities and sources"),
    "verdict": SectionText(
        "Parts",
        "What the score is made of",
        "How much of the score language, habits of looking and letters explain, and how much "
        "is left.",
    ),
    "stress": SectionText(
        "Stress tests",
        "Stress tests",
        "The same questions asked differently, paired with the plain run question by "
        "question. P-values are two-sided and clustered by scene; those of one run are "
        "corrected together (Holm).",
    ),
    "letters": SectionText("Letters", "Letters chosen"),
    "numbers": SectionText(
        "Numbers",
        "Numbers",
        "Numeric answers against the truth on logarithmic axes; the dashed line is a perfect "
        "estimate. Dots with whiskers are medians and quartiles per octave of the truth. Axes "
        "span the truths and 98 % of the estimates; what lies outside is drawn at the edge.",
    ),
    "composition": SectionText(
        "Composition",
        "Composition evened out",
        "What the score would be if every answer, category or source weighed the same within "
        "its task: a difference to the raw score (ring) is owed to what the benchmark has "
        "much of.",
    ),
    "comparison": SectionText(
        "Comparison",
        "Comparison",
        "Differences on the questions that both runs answered, paired, in points; errors are "
        "clustered by scene, and p-values corrected for all tests of a table (Holm).",
    ),
    "replies": SectionText("Replies", "Replies"),
    "runs": SectionText(
        "How it was run",
        "How it was run",
        "What the manifests say. Entries in which runs differ are shaded.",
    ),
}
"""By the section's anchor, in the order of the page."""
