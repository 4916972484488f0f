"""Scores as tables for a terminal: percent, with what a score must not be read without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Column, Table
from rich.text import Text

from sextant.evaluation.breakdown import Line
from sextant.evaluation.rescore import Disagreement
from sextant.evaluation.summary import HeadlineScore, Summary
from sextant.report.markup import clean

STYLE: dict[str, Any] = {
    "box": box.SIMPLE_HEAD,
    "padding": (0, 1, 0, 0),
    "show_edge": False,
    "title_justify": "left",
    "caption_justify": "left",
}
"""Lean enough for a terminal of 80 columns."""

HEAD, TAIL = 140, 160
"""Characters of a long reply that are shown; conclusions stand at the end."""


def percent(value: float | None, signed: bool = False) -> str:
    """Return a fraction in percent with one decimal, a dash for None."""
    if value is None:
        return "-"
    return f"{value * 100:+.1f}" if signed else f"{value * 100:.1f}"


def interval(of: HeadlineScore | Line | None) -> str:
    """Return a score's interval in percent."""
    if of is None or of.low is None or of.high is None:
        return "-"
    return f"{of.low * 100:.1f}..{of.high * 100:.1f}"


def overview(summaries: Mapping[str, Summary], title: str) -> Table:
    """Return one line per profile: the score, its interval, both means, and the rates."""
    made = Table(
        Column("profile", no_wrap=True),
        *(Column(name, justify="right", no_wrap=True) for name in (
            "score", "95 %", "micro", "macro", "n", "unread", "refused", "failed",
        )),
        title=title,
        caption="%; unread: replies without a readable answer; failed: no reply, neither right "
        "nor wrong",
        **STYLE,
    )  # fmt: skip
    for profile, summary in summaries.items():
        first, overall = summary.headline, summary.overall
        made.add_row(
            profile,
            "none" if first is None else percent(first.score),
            interval(first),
            percent(None if summary.micro is None else summary.micro.score),
            percent(None if summary.macro is None else summary.macro.score),
            f"{summary.n if first is None else first.n:,}",
            percent(overall.extraction_failure_share),
            percent(overall.refusal_share),
            percent(overall.failed_share),
        )
    return made


def headline_names(summaries: Mapping[str, Summary]) -> str:
    """Return by which rule each profile makes its score; empty where no profile has one."""
    names: dict[str, list[str]] = {}
    for profile, summary in summaries.items():
        if summary.headline is not None:
            names.setdefault(clean(summary.headline.name, 80), []).append(profile)
    if not names:
        return ""
    if len(names) == 1:
        return f"score: {next(iter(names))}"
    said = (f"{name} ({', '.join(profiles)})" for name, profiles in names.items())
    return "score: " + "; ".join(said)


def tasks(summary: Summary) -> Table:
    """Return one line per sub-task of one profile."""
    made = Table(
        Column("task", overflow="fold"),
        *(Column(name, justify="right", no_wrap=True) for name in (
            "score", "95 %", "n", "chance", "unread", "refused", "failed",
        )),
        **STYLE,
    )  # fmt: skip
    for line in summary.tasks:
        made.add_row(
            Text(clean(line.name, 60)), percent(line.score), interval(line), f"{line.n:,}",
            percent(line.chance), percent(line.extraction_failure_share),
            percent(line.refusal_share), percent(line.failed_share),
        )  # fmt: skip
    return made


def tasks_by_profile(summaries: Mapping[str, Summary]) -> Table:
    """Return one line per sub-task with the score and the unread share of every profile."""
    made = Table(
        Column("task", overflow="fold"), Column("n", justify="right"),
        *(Column(name, justify="right", no_wrap=True) for name in summaries),
        Column("spread", justify="right"),
        caption="score, and the share of replies without a readable answer, in %",
        **STYLE,
    )  # fmt: skip
    by_task = {p: {line.name: line for line in s.tasks} for p, s in summaries.items()}
    first = next(iter(by_task.values()))
    for name in first:
        found = [by_task[profile][name] for profile in summaries]
        made.add_row(
            Text(clean(name, 60)), f"{found[0].n:,}",
            *(f"{percent(f.score)} {percent(f.extraction_failure_share):>5}" for f in found),
            percent(spread_of([f.score for f in found])),
        )  # fmt: skip
    return made


def spread_of(scores: Sequence[float | None]) -> float | None:
    """Return the largest score minus the smallest; None if there are not two."""
    known = [score for score in scores if score is not None]
    return max(known) - min(known) if len(known) > 1 else None


def spread(summaries: Mapping[str, Summary], of: str) -> dict[str, Any] | None:
    """Return the spread of a score between profiles for a file.

    Args:
        summaries: By profile.
        of: ``headline``, ``micro`` or ``macro``.
    """
    scores = {
        profile: figure.score
        for profile, summary in summaries.items()
        if (figure := getattr(summary, of)) is not None and figure.score is not None
    }
    if len(scores) < 2:
        return None
    lowest = min(scores, key=lambda profile: (scores[profile], profile))
    highest = max(scores, key=lambda profile: (scores[profile], profile))
    return {"spread": scores[highest] - scores[lowest], "lowest": lowest, "highest": highest,
            "scores": scores}  # fmt: skip


def disagreements(rows: Sequence[Disagreement], total: int, asked: int) -> Table:
    """Return the rows on which profiles disagree, with what each found in the reply."""
    profiles = list(rows[0].scored) if rows else []
    made = Table(
        Column("question", max_width=26, overflow="fold"),
        Column("truth", max_width=14, overflow="fold"), Column("reply", ratio=1, overflow="fold"),
        *(Column(profile, max_width=14, overflow="fold") for profile in profiles),
        title=f"{total:,} of {asked:,} replies are worth different points under different "
        f"profiles; {len(rows)} of them",
        **STYLE,
    )  # fmt: skip
    for row in rows:
        made.add_section()
        made.add_row(
            Text(f"{one_line(row.item.id, 60)}\n{one_line(row.item.task, 40)}"),
            Text(one_line(row.item.answer, 60)),
            Text(one_line(row.reply, HEAD + TAIL)),
            *(Text(_found(row, profile)) for profile in profiles),
        )
    return made


def _found(row: Disagreement, profile: str) -> str:
    scored = row.scored[profile]
    value = scored.status if scored.value is None else scored.value
    found = f"{value:g}" if isinstance(value, float) else one_line(value, 40)
    return f"{found}\n{scored.points:.2f}"


def one_line(text: str, limit: int) -> str:
    """Return text on one line, harmless on a terminal, its middle left out where it is long."""
    # A megabyte need not be split into words to show its ends.
    if len(text) > 20 * limit:
        text = text[: 8 * limit] + " " + text[-8 * limit :]
    words = clean(" ".join(text.split()), 1_000_000)
    if len(words) <= limit:
        return words
    tail = limit * TAIL // (HEAD + TAIL)
    return f"{words[: limit - tail]} […] {words[-tail:]}"
