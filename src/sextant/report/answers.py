"""How the answers of each family are distributed, which words are used, and what looks uneven."""

from __future__ import annotations

from sextant.report.charts import bar, columns, histogram
from sextant.report.markup import Markup, clean, el, percent
from sextant.report.statistics import (
    FLAG_P,
    YES,
    CorpusStatistics,
    FamilyStatistics,
    NumberSketch,
    Tally,
    letter,
)
from sextant.report.wording import with_unit

TEMPLATE_FLAG = 0.5
"""A wording that makes up more than this of a family with many questions is worth a look."""

ENOUGH = 30


def findings(statistics: CorpusStatistics) -> list[str]:
    """Name what in the answers or wordings of a family is uneven."""
    found = []
    for family in statistics.ordered():
        task = clean(family.task, 80)
        p = family.letter_p()
        if p is not None and p < FLAG_P:
            found.append(f"{task}: the right option's letters are uneven")
        p = family.boolean_p()
        if p is not None and p < FLAG_P:
            share = sum(family.booleans[w] for w in YES) / max(sum(family.booleans.values()), 1)
            found.append(f"{task}: {percent(share)} of the answers are yes")
        if family.templates.total >= ENOUGH and family.templates.max_share > TEMPLATE_FLAG:
            share_text = percent(family.templates.max_share)
            found.append(f"{task}: one wording makes up {share_text} of the questions")
        if family.texts.total >= ENOUGH and family.texts.max_share > TEMPLATE_FLAG:
            found.append(f"{task}: one answer makes up {percent(family.texts.max_share)}")
        if family.unfit_numbers:
            found.append(f"{task}: {family.unfit_numbers:,} numeric rows have no finite value")
    return found


def answer_section(statistics: CorpusStatistics) -> Markup:
    """Draw one panel per family."""
    return el("div", *(_panel(family) for family in statistics.ordered()), class_="panels")


def _panel(family: FamilyStatistics) -> Markup:
    parts = []
    if family.letters:
        parts.append(_letters(family))
    for unit, sketch in sorted(family.numbers.items()):
        parts.append(_numbers(sketch, unit))
    if family.booleans:
        parts.append(_booleans(family))
    if family.texts.total:
        parts.append(_texts(family.texts))
    templates = family.templates
    wording = (
        f"{len(templates.counts):,} wording{'s' if len(templates.counts) != 1 else ''}, "
        f"the most frequent {percent(templates.max_share)}"
    )
    flagged = family.templates.total >= ENOUGH and templates.max_share > TEMPLATE_FLAG
    return el(
        "section",
        el("h4", clean(family.task, 80), el("span", f"{family.count:,}", class_="count")),
        *parts,
        el("p", wording, _flag("one wording dominates") if flagged else None, class_="note last"),
        class_=f"panel cap-{family.capability}",
        data_capability=family.capability,
    )


def _flag(text: str) -> Markup:
    return el("span", text, class_="flag")


def _letters(family: FamilyStatistics) -> Markup:
    expected = family.expected_letters()
    counts = [float(family.letters[i]) for i in range(len(expected))]
    total = sum(counts)
    titles = [
        f"{letter(i)}: {counts[i]:,.0f}, expected {expected[i]:,.1f}" for i in range(len(counts))
    ]
    p = family.letter_p()
    if p is None:
        verdict: Markup | str = "too few to test"
    elif p < FLAG_P:
        verdict = _flag(f"uneven (p = {p:.1g})")
    else:
        verdict = f"even enough (p = {p:.2f})"
    labels = [
        el("span", letter(i), el("small", percent(count / total))) for i, count in enumerate(counts)
    ]
    return el(
        "div",
        columns(labels, counts, expected, titles),
        el("p", "Right letter against uniform: ", verdict, class_="note"),
    )


def _numbers(sketch: NumberSketch, unit: str) -> Markup:
    five, half, most = (with_unit(sketch.quantile(q), unit, 3) for q in (0.05, 0.5, 0.95))
    low, high = with_unit(sketch.minimum, unit, 3), with_unit(sketch.maximum, unit, 3)
    return el(
        "div",
        histogram(sketch, clean(unit, 12)),
        el(
            "p",
            "Median ",
            el("strong", half),
            f"; 5 to 95 %: {five} to {most}; range {low} to {high}",
            class_="note",
        ),
    )


def _booleans(family: FamilyStatistics) -> Markup:
    total = sum(family.booleans.values())
    yes = sum(family.booleans[word] for word in YES)
    p = family.boolean_p()
    uneven = p is not None and p < FLAG_P
    return el(
        "div",
        bar(yes / total, f"{yes:,} of {total:,} answers are yes", "bar half", expected=0.5),
        el(
            "p", f"Yes: {percent(yes / total)} ", _flag("uneven") if uneven else None, class_="note"
        ),
    )


def _texts(texts: Tally) -> Markup:
    rows = [
        el(
            "li",
            el("span", clean(text, 60), class_="word"),
            bar(count / texts.total, f"{count:,}"),
            el("span", percent(count / texts.total), class_="count"),
        )
        for text, count in texts.top(4)
    ]
    more = "+" if texts.overflow else ""
    return el(
        "div",
        el("ol", *rows, class_="words"),
        el("p", f"{len(texts.counts):,}{more} different answers", class_="note"),
    )


def word_section(statistics: CorpusStatistics, most: int = 45) -> Markup:
    """List the names that the questions use most."""
    categories = statistics.categories
    if not categories.total:
        return el("p", "The evidence of this corpus names no objects.", class_="note")
    top = categories.top(most)
    rows = [
        el(
            "li",
            el("span", clean(word, 60), class_="word"),
            bar(count / top[0][1], f"{count:,} mentions"),
            el("span", f"{count:,}", class_="count"),
        )
        for word, count in top
    ]
    more = "more than " if categories.overflow else ""
    covered = sum(count for _, count in top) / categories.total
    text = (
        f"{categories.total:,} mentions of {more}{len(categories.counts):,} names; "
        f"the {len(top)} below make up {percent(covered)}."
    )
    return el("div", el("p", text, class_="note"), el("ol", *rows, class_="words wide-words"))
