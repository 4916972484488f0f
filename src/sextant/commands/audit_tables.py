"""What ``sextant audit`` prints: one table per question that it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from rich.table import Column, Table

from sextant.commands.audit_against import Leaks
from sextant.commands.score_tables import STYLE
from sextant.corpus.blind_prior import TaskPrior
from sextant.corpus.corpus_looks import Looks
from sextant.corpus.debias import Debiased
from sextant.corpus.drift import Line
from sextant.corpus.leaks import DROPPED, HOWS
from sextant.report.markup import clean

_COSTS = 4

COPIES = ("picture", "look", "twin")

SURE = "sure"
"""Rows hit in any way that is left out unless the user says otherwise."""


def _number(name: str) -> Column:
    return Column(name, justify="right", no_wrap=True)


def _text(name: str) -> Column:
    return Column(name, overflow="fold")


def duplicates(table: pa.Table, rows: int) -> Table:
    """Return repeated questions by family."""
    counts: dict[str, Counter[str]] = {}
    for task, how, same in zip(
        table["task"].to_pylist(), table["how"].to_pylist(), table["same_answer"].to_pylist(),
        strict=True,
    ):  # fmt: skip
        counts.setdefault(task, Counter())[how if same else "contradiction"] += 1
    made = Table(
        _text("family"), _number("exact"), _number("near"), _number("contradictions"),
        title=f"Questions that repeat an earlier one about the same pictures, of {rows}",
        caption="contradictions: the same text, another answer", **STYLE,
    )  # fmt: skip
    for task, found in sorted(counts.items()):
        made.add_row(clean(task), *(str(found[k]) for k in ("exact", "near", "contradiction")))
    total = sum(counts.values(), Counter[str]())
    made.add_row("all", *(str(total[k]) for k in ("exact", "near", "contradiction")))
    return made


def copy_figures(table: pa.Table, looks: Looks) -> dict[str, Any]:
    """Return how many pictures are like an earlier one, by how, and whether of the same scene."""
    named = ("source", "scene_id", "split")
    sides = [[table[before + name].to_pylist() for name in named] for before in ("", "of_")]
    scenes = [list(zip(*side[:2], strict=True)) for side in sides]
    counts = {how: Counter[str]() for how in COPIES}
    for how, one, two, split, other in zip(
        table["how"].to_pylist(), *scenes, sides[0][2], sides[1][2], strict=True
    ):
        counts[how]["same scene" if one == two else "other scene"] += 1
        counts[how]["other split"] += split != other
    kinds = ("same scene", "other scene", "other split")
    return {
        "pictures": len(looks),
        "not_compared": looks.broken_count,
        "flat": len(looks) - looks.broken_count - int(looks.hashed.sum()),
        "like_an_earlier": {how: {k: counts[how][k] for k in kinds} for how in COPIES},
    }


def copies(figures: Mapping[str, Any]) -> Table:
    """Return how many pictures of a corpus are like an earlier one."""
    made = Table(
        _text("like an earlier picture"),
        *map(_number, ("same scene", "other scene", "other split")),
        title=f"Pictures that are there twice, of {figures['pictures']}; "
        f"{figures['not_compared']} not read, {figures['flat']} too flat to have a look",
        caption="picture: the same bytes; look: re-encoded, resized, or the next view of a walk;\n"
        "twin: drawings that differ in a detail; other split: of both kinds of scenes",
        **STYLE,
    )  # fmt: skip
    for how, found in figures["like_an_earlier"].items():
        made.add_row(how, *map(str, found.values()))
    return made


def leak_figures(leaks: Leaks, rows: int) -> dict[str, Any]:
    """Return counts: per benchmark and kind of hit, rows and hits."""
    names, hows, ids = (leaks.table[k].to_pylist() for k in ("benchmark", "how", "id"))
    sets: dict[tuple[str, str], set[str]] = {}
    for name, how, row in zip(names, hows, ids, strict=True):
        sets.setdefault((name, how), set()).add(row)
        if how in DROPPED:
            sets.setdefault((name, SURE), set()).add(row)
    return {
        "rows": rows,
        "pictures": leaks.pictures,
        "flat": leaks.flat,
        "not_compared": leaks.unread_count,
        "radius": leaks.known.radius,
        "hits": leaks.table.num_rows,
        "benchmarks": {
            name: {
                "items": leaks.known.items[name],
                "pictures": leaks.known.pictures[name],
                "without_place": leaks.known.without_place[name],
                "rows": {how: len(sets.get((name, how), ())) for how in (*HOWS, SURE)},
            }
            for name in sorted(leaks.known.items)
        },
    }


def leaks(figures: Mapping[str, Any]) -> Table:
    """Return how many rows of the corpus are in which benchmark, and how that shows."""
    made = Table(
        _text("benchmark"), _number("items"), _number("pictures"),
        *(_number(how) for how in (*HOWS, SURE)),
        title=f"Rows that benchmarks ask about, of {figures['rows']} with {figures['pictures']} "
        "pictures",
        caption="scene: the same place; picture: the same bytes; look: re-encoded or resized\n"
        "text: the same question without pictures; words: with pictures (templates do that);\n"
        "near-: most words in common, and one says all that the other does; twin: drawings that\n"
        "differ in a detail; sure: all but twin, words and near-words",
        **STYLE,
    )  # fmt: skip
    for name, found in figures["benchmarks"].items():
        made.add_row(
            name, str(found["items"]), str(found["pictures"]),
            *(str(n) for n in found["rows"].values()),
        )  # fmt: skip
    return made


def leak_notes(leaks: Leaks) -> Iterator[str]:
    """Yield what a reader must know: what could not be compared."""
    for name, count in sorted(leaks.known.without_place.items()):
        if count:
            yield (
                f"{name}: {count} of {leaks.known.items[name]} items do not say which scene they "
                "show; these are compared by picture and words alone"
            )
    for name in sorted(leaks.known.items):
        if not leaks.known.pictures[name]:
            yield f"{name}: no pictures were compared (videos are with --frames N)"
    if leaks.flat:
        yield f"{leaks.flat} pictures are too flat to have a look; compared by bytes alone"
    if leaks.unread_count:
        yield f"{leaks.unread_count} records or pictures could not be compared, e.g.:"
        yield from (f"  {clean(line)[:200]}" for line in leaks.unread[:5])


def prior(tasks: Sequence[TaskPrior]) -> Table:
    """Return what texts alone give away, family by family."""
    made = Table(
        _text("family"), Column("answer", no_wrap=True), _number("rows"), _number("chance"),
        *map(_number, ("majority", "prior", "gap", "95 %", "rows > .9")),
        title="Answered from the text alone: linear predictor over hashed n-grams and options, "
        "cross-validated by scene, %",
        caption="chance: drawing an option; of free answers the best constant;\ngap: of the better "
        "predictor, in points above chance; rows > .9: whose answer it is that sure of",
        **STYLE,
    )  # fmt: skip
    for task in tasks:
        made.add_row(
            clean(task.task), task.kind, str(task.rows), f"{task.chance * 100:.1f}",
            f"{task.majority * 100:.1f}", f"{task.accuracy * 100:.1f}", f"{task.gap * 100:+.1f}",
            f"{task.low * 100:+.1f}..{task.high * 100:+.1f}", str(task.sure),
        )  # fmt: skip
    return made


def debiased(result: Debiased, level: float) -> Table:
    """Return what pruning or weighing did, family by family."""
    verb = "weighed" if result.weighed else "pruned"
    made = Table(
        _text("family"), _number("rows"), _number("gap before"), _number("gap after"),
        _number("95 %"), _number("kept"), _number("cost"), _number("rounds"),
        title=f"{verb.capitalize()} until the prior is within {level:g} points of chance",
        caption="points; gap after: a new predictor, cross-validated on what is left; cost: rows "
        + ("that the weights are worth less" if result.weighed else "lost"),
        **STYLE,
    )  # fmt: skip
    for task in result.tasks:
        if not task.rounds and task.reached:
            continue
        made.add_row(
            clean(task.task), str(task.rows), f"{task.before * 100:+.1f}",
            f"{task.after * 100:+.1f}" + ("" if task.reached else " not reached"),
            f"{task.low * 100:+.1f}..{task.high * 100:+.1f}",
            f"{task.kept:.0f}", f"{(1 - task.kept / task.rows) * 100:.1f} %", str(task.rounds),
        )  # fmt: skip
    return made


def cost_lines(result: Debiased) -> Iterator[str]:
    """Yield what was lost by answer and by template, the largest losses first."""
    fine = sum(not task.rounds and task.reached for task in result.tasks)
    yield f"{fine} of {len(result.tasks)} are left as they are: within it, or maybe noise"
    for task in result.tasks:
        for what in ("answer", "template"):
            lost = [cost for cost in task.costs if cost.what == what and cost.lost >= 0.5]
            if lost:
                said = ", ".join(
                    f"{clean(c.value.removeprefix(task.task), 40)!r} {c.lost:.0f} of {c.rows}"
                    for c in sorted(lost, key=lambda c: (-c.lost, c.value))[:_COSTS]
                )
                more = f" and {len(lost) - _COSTS} more" if len(lost) > _COSTS else ""
                yield f"{task.task}: lost by {what}: {said}{more}"


def drift(lines: Sequence[Line], first: str, second: str) -> Table:
    """Return how two corpora differ, the largest distances first within each kind."""
    made = Table(
        _text("of"), _text("what"), Column("distance", no_wrap=True), _number("value"),
        _number("p"), _text("most different"),
        title=f"{clean(first)} (A) against {clean(second)} (B)",
        caption="TV: half the sum of differences of shares (chi-squared test); W1: mean shift in "
        "units of A's spread (Kolmogorov-Smirnov test)", **STYLE,
    )  # fmt: skip
    for line in lines:
        p = "-" if line.p is None else "<.001" if line.p < 0.001 else f"{line.p:.3f}"
        made.add_row(
            clean(line.of), line.what, line.measure, f"{line.distance:.3f}", p, clean(line.detail)
        )
    return made
