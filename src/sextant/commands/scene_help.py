"""``sextant scenes help``: what can be said of a dataset before any of it is on the disk."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from sextant.commands.registry import source_facts, source_names, task_classes
from sextant.questions.task import NEEDS
from sextant.sources.facts import DatasetFacts


def run(name: str | None) -> None:
    """Print one reader's page, parts, terms, layout and families, or all readers in a table."""
    console = Console(highlight=False)
    if name is None:
        console.print(reader_table())
        console.print("`sextant scenes help NAME` says where a dataset comes from and what to get.")
        return
    facts = source_facts(name)
    if facts is None:
        console.print(f"{name} comes from a plugin that states no facts", markup=False)
        return
    for line in fact_lines(name, facts):
        console.print(line, markup=False)
    if facts.parts:
        console.print(_part_table(facts))
    console.print(_family_table(name, facts))


def reader_table() -> Table:
    """Return all readers with what their datasets give."""
    table = Table("reader", "dataset", "gives", "families", title="Readers")
    for name in source_names():
        facts = source_facts(name)
        if facts is None:
            table.add_row(name, "from a plugin", "", "")
            continue
        shown: list[str] = [
            word for word in ("frames", "depth", "objects") if word in facts.supports
        ]
        shown += [] if "metric" in facts.supports else ["not metric"]
        table.add_row(name, facts.title, ", ".join(shown), str(len(families(facts))))
    return table


def families(facts: DatasetFacts) -> tuple[str, ...]:
    """Return the question families whose needs a complete download can meet."""
    return tuple(name for name, cls in task_classes().items() if cls.needs <= facts.supports)


def fact_lines(name: str, facts: DatasetFacts) -> list[str]:
    """Return what stands above the tables."""
    lines = [f"{name}: {facts.title}", f"licence: {facts.licence}", f"terms: {facts.terms}"]
    if facts.page:
        lines.append(f"official page: {facts.page} (nothing is downloaded by itself)")
    lines += [f"splits: {facts.splits}", f"countable: {facts.countable}", "folder for --root:"]
    lines += [f"  {line}" for line in facts.layout]
    return lines


def _part_table(facts: DatasetFacts) -> Table:
    table = Table("part", "read for", "size of all", "needed", title="What to download")
    for part in facts.parts:
        table.add_row(part.name, part.gives, part.size, "yes" if part.needed else "")
    return table


def _family_table(name: str, facts: DatasetFacts) -> Table:
    table = Table("capability", "families", title=f"What {name} can be asked")
    by_capability: dict[str, list[str]] = {}
    for family in families(facts):
        by_capability.setdefault(family.partition(".")[0], []).append(family)
    for capability, found in by_capability.items():
        table.add_row(capability.upper(), ", ".join(found))
    lacking = [NEEDS[word] for word in sorted(set(NEEDS) - facts.supports)]
    if lacking:
        table.caption, table.caption_justify = "never given: " + "; ".join(lacking), "left"
    return table
