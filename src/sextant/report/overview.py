"""The sections that count: capabilities, families, and what was dropped on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sextant.report.charts import bar, stack
from sextant.report.markup import Markup, clean, el, number, percent
from sextant.report.statistics import CorpusStatistics, FamilyStatistics
from sextant.report.wording import CAPABILITY_NAMES
from sextant.samples.sample import CAPABILITIES, DIFFICULTIES

MAX_DROP_ROWS = 600


@dataclass(frozen=True, slots=True)
class Drop:
    """How often a family dropped a candidate for a reason."""

    task: str
    reason: str
    count: int


def capability_section(statistics: CorpusStatistics) -> Markup:
    """Draw one stacked bar per capability; the pieces are its families."""
    groups: dict[str, list[FamilyStatistics]] = {}
    for family in statistics.ordered():
        groups.setdefault(family.capability, []).append(family)
    sums = {name: sum(f.count for f in groups[name]) for name in CAPABILITIES if name in groups}
    whole = max(sums.values(), default=0)
    rows = []
    for name, total in sums.items():
        largest_first = sorted(groups[name], key=lambda f: (-f.count, f.task))
        parts = [
            (
                f"{clean(f.task, 80)}: {f.count:,}",
                float(f.count),
                f"piece shade-{i % 4}",
            )
            for i, f in enumerate(largest_first)
        ]
        named = ", ".join(f"{_leaf(f.task)} {percent(f.count / total)}" for f in largest_first[:4])
        rest = len(largest_first) - 4
        rows.append(
            el(
                "div",
                el(
                    "div",
                    el("strong", name),
                    " ",
                    CAPABILITY_NAMES[name],
                    el("span", f"{total:,}", class_="count"),
                    el("span", percent(total / statistics.rows), class_="share"),
                    class_="caption",
                ),
                stack(parts, whole, "stack"),
                el("p", named + (f", and {rest} more" if rest > 0 else ""), class_="note"),
                class_=f"capability cap-{name}",
            )
        )
    return el("div", *rows, class_="capabilities")


def _leaf(task: str) -> str:
    return clean(task, 60).partition(".")[2].replace("_", " ") or clean(task, 60)


def family_table(
    statistics: CorpusStatistics, dropped: Mapping[str, int], anchors: Mapping[str, str]
) -> Markup:
    """List the families: how many, which share was kept, how hard, how answered."""
    families = statistics.ordered()
    most = max((f.count for f in families), default=1)
    rows = []
    for family in families:
        task = clean(family.task, 80)
        seen = family.count + dropped.get(family.task, 0)
        kept = family.count / seen if dropped.get(family.task) else None
        anchor = anchors.get(family.task)
        types = ", ".join(clean(t, 20) for t, _ in family.answer_types.most_common(4))
        rows.append(
            el(
                "tr",
                el("th", el("a", task, href=f"#{anchor}") if anchor else task, scope="row"),
                el("td", f"{family.count:,}", class_="num"),
                el("td", bar(family.count / most, f"{task}: {family.count:,} questions")),
                el("td", percent(kept), class_="num", title=_kept_title(family, seen)),
                el("td", _difficulty(family)),
                el("td", types),
                el("td", number(family.images / family.count, 2), class_="num"),
                el("td", percent(family.with_rationale / family.count), class_="num"),
                class_=f"cap-{family.capability}",
                data_capability=family.capability,
            )
        )
    heads = ("Family", "Questions", "", "Kept", "Difficulty", "Answers", "Images", "Rationale")
    head = el("tr", *(el("th", h, scope="col", class_=_side(h)) for h in heads))
    return el(
        "div",
        el("table", el("thead", head), el("tbody", *rows), class_="families"),
        class_="wide",
    )


def _side(head: str) -> str | None:
    return "num" if head in ("Questions", "Kept", "Images", "Rationale", "Count", "Share") else None


def _kept_title(family: FamilyStatistics, seen: int) -> str:
    return f"{family.count:,} of {seen:,} candidates"


def _difficulty(family: FamilyStatistics) -> Markup:
    parts = [
        (f"{name}: {percent(family.difficulty[name] / family.count)}",
         float(family.difficulty[name]), f"level {name}")
        for name in DIFFICULTIES
        if family.difficulty[name]
    ]  # fmt: skip
    known = sum(family.difficulty[name] for name in DIFFICULTIES)
    if known < family.count:
        parts.append((f"unknown: {family.count - known}", float(family.count - known), "level"))
    return stack(parts, family.count, "levels")


def drop_section(drops: Sequence[Drop], statistics: CorpusStatistics) -> Markup:
    """List the reasons for which candidates were dropped, most frequent first."""
    if not drops:
        return el("p", "No dropped candidates are recorded in this corpus.", class_="note")
    ranked = sorted(drops, key=lambda d: (-d.count, d.task, d.reason))
    per_task: dict[str, int] = {}
    for drop in ranked:
        per_task[drop.task] = per_task.get(drop.task, 0) + drop.count
    most = max(ranked[0].count, 1)
    rows = []
    for drop in ranked[:MAX_DROP_ROWS]:
        family = statistics.families.get(drop.task)
        capability = family.capability if family else _capability_of(drop.task)
        seen = per_task[drop.task] + (family.count if family else 0)
        share = drop.count / seen if seen else 0.0
        rows.append(
            el(
                "tr",
                el("th", clean(drop.task, 80), scope="row"),
                el("td", clean(drop.reason, 200).replace("_", " ")),
                el("td", f"{drop.count:,}", class_="num"),
                el("td", bar(drop.count / most, f"{drop.count:,} candidates")),
                el("td", percent(share), class_="num", title=f"of {seen:,} candidates"),
                class_=f"cap-{capability}",
                data_capability=capability,
            )
        )
    heads = ("Family", "Reason", "Count", "", "Share")
    head = el("tr", *(el("th", h, scope="col", class_=_side(h)) for h in heads))
    table = el("table", el("thead", head), el("tbody", *rows), class_="drops", id="drop-table")
    controls = el(
        "div",
        el(
            "label",
            "Find ",
            el("input", type="search", id="drop-search", placeholder="family or reason"),
        ),
        el("output", f"{len(rows)} rows", id="drop-count"),
        class_="controls script-only",
    )
    rest = len(ranked) - len(rows)
    more = el("p", f"{rest:,} rarer rows are left out.", class_="note") if rest > 0 else None
    barren = sorted(task for task in per_task if task not in statistics.families)
    named = ", ".join(clean(task, 60) for task in barren[:20])
    named += f" and {len(barren) - 20} more" if len(barren) > 20 else ""
    none = el("p", f"No candidate became a question in: {named}.", class_="note")
    return el("div", none if barren else None, controls, el("div", table, class_="wide tall"), more)


def _capability_of(task: str) -> str:
    prefix = task.partition(".")[0].upper()
    return prefix if prefix in CAPABILITIES else "GENERAL"
