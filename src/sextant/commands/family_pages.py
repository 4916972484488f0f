"""One Markdown page per question family, written from its code and from one measured corpus."""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sextant.questions.task import NEEDS, Task
from sextant.samples import Sample, render_prompt

CAPABILITIES = {
    "mm": "Metric measurement",
    "sr": "Spatial relations",
    "mr": "Mental reconstruction",
    "pt": "Perspective-taking",
    "cr": "Comprehensive reasoning",
}
FORMS = {
    "choice": "one of several options", "number": "a number", "boolean": "yes or no",
    "text": "a short text", "json": "JSON",
}  # fmt: skip
SHOWN_PHRASINGS = 4
SHOWN_DROPS = 6


def page(cls: type[Task], measured: Mapping[str, Any] | None, origin: str) -> str:
    """Return the page of a family.

    Args:
        cls: The family.
        measured: What ``measure_family`` found in a corpus; None = it was not there.
        origin: How that corpus was made.
    """
    module = inspect.getdoc(sys.modules[cls.__module__]) or ""
    parts = [
        f"# {cls.id}",
        f"*{CAPABILITIES.get(cls.id.partition('.')[0], 'Other')}.* "
        f"{_plain(module.partition(': ')[2])}",
        "## Definition",
        _plain(inspect.getdoc(cls) or ""),
        f"- truth: {_plain(_first_paragraph(inspect.getdoc(cls.measure) or ''))}",
        f"- needs: {', '.join(NEEDS[n] for n in sorted(cls.needs)) or 'nothing'}",
        f"- answers: {', '.join(FORMS[f] for f in dict.fromkeys(cls.forms))}",
    ]
    if cls.by_definition:
        parts.append(f"- asked for by definition: {', '.join(sorted(cls.by_definition))}")
    parts += ["## Margins", _margins(cls), "## Wording", *_wording(cls), "## Example"]
    parts += _example(cls.id, measured)
    parts += ["## Counts", *_counts(measured, origin)]
    return "\n\n".join(_joined(parts)) + "\n"


def index_page(rows: Mapping[str, Mapping[str, Any] | None], classes: Mapping[str, type[Task]],
               origin: str) -> str:  # fmt: skip
    """Return the page that lists all families with their counts."""
    lines = ["| family | asks | questions | a scene |", "|---|---|---|---|"]
    for name, cls in classes.items():
        module = inspect.getdoc(sys.modules[cls.__module__]) or ""
        found = rows.get(name)
        total = "" if found is None else str(found["rows"])
        rate = "" if found is None else f"{found['rows'] / found['scenes']:.1f}"
        asks = _plain(_first_paragraph(module.partition(": ")[2]))
        lines.append(f"| [{name}]({name}.md) | {asks} | {total} | {rate} |")
    return (
        "# Question families\n\n"
        f"{len(classes)} families, each a file of `sextant.tasks`. These pages are written from "
        "the code by `python docs/build_families.py`; a test holds them against it. Counts are "
        f"those of one corpus: {origin}.\n\n" + "\n".join(lines) + "\n"
    )


def measure_family(samples: list[Sample], drops: Mapping[str, int], scenes: int) -> dict[str, Any]:
    """Return what a page says of a family's rows, as JSON."""
    first = min(samples, key=lambda s: (len(s.images) > 6, s.id)) if samples else None
    return {
        "rows": len(samples),
        "scenes": scenes,
        "answer_type": dict(sorted(Counter(s.answer_type for s in samples).items())),
        "difficulty": dict(sorted(Counter(s.difficulty for s in samples).items())),
        "templates": len({s.template for s in samples}),
        "drops": dict(sorted(drops.items(), key=lambda d: (-d[1], d[0]))[:SHOWN_DROPS]),
        "example": None
        if first is None
        else {
            "id": first.id,
            "prompt": re.sub(r"(<image>\s*)+", "", render_prompt(first), count=1),
            "answer": first.answer,
            "value": first.value,
            "unit": first.unit,
            "images": len(first.images),
            "difficulty": first.difficulty,
        },
    }


def _joined(parts: list[str]) -> list[str]:
    """Put the lines of a list under each other, everything else apart."""
    made: list[str] = []
    for part in parts:
        if made and part.startswith("- ") and made[-1].rpartition("\n")[2].startswith("- "):
            made[-1] += f"\n{part}"
        else:
            made.append(part)
    return made


def _margins(cls: type[Task]) -> str:
    fields = cls.margins_model.model_fields
    if not fields:
        return "None."
    lines = ["| recipe field | default | meaning |", "|---|---|---|"]
    for name, field in fields.items():
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `margins.{cls.id}.{name}` | {field.default} | {meaning} |")
    return "\n".join(lines)


def _wording(cls: type[Task]) -> list[str]:
    total = sum(len(texts) for texts in cls.templates.values())
    parts = [f"{total} neutral phrasings in {len(cls.templates)} variants; for example:"]
    shown = [text for texts in cls.templates.values() for text in texts[:1]][:SHOWN_PHRASINGS]
    if len(shown) < SHOWN_PHRASINGS and cls.templates:
        more = next(iter(cls.templates.values()))[1:]
        shown += more[: SHOWN_PHRASINGS - len(shown)]
    parts += [f"- {text.strip()}" for text in shown]
    if cls.styles:
        parts.append("Own wording for the prompt styles " + ", ".join(sorted(cls.styles)) + ".")
    return parts


def _example(name: str, measured: Mapping[str, Any] | None) -> list[str]:
    example = None if measured is None else measured["example"]
    if example is None:
        return ["None in the measured corpus."]
    parts = []
    if example["images"]:
        parts.append(f"![The pictures of the question](images/{name}.jpg)")
    prompt = "\n".join(f"    {line}".rstrip() for line in example["prompt"].splitlines())
    parts.append(prompt)
    exact = "" if example["value"] is None else f" (exactly {example['value']:.4g})"
    parts.append(f"Answer: **{example['answer']}**{exact}, {example['difficulty']}.")
    return parts


def _counts(measured: Mapping[str, Any] | None, origin: str) -> list[str]:
    if measured is None:
        return [f"None in {origin}."]
    kinds = ", ".join(f"{n} {name}" for name, n in measured["answer_type"].items())
    levels = ", ".join(f"{n} {name}" for name, n in measured["difficulty"].items())
    parts = [
        f"{measured['rows']} questions about {measured['scenes']} scenes ({kinds}; {levels}) in "
        f"{origin}.",
    ]
    if measured["drops"]:
        lines = ["| not asked because | times |", "|---|---|"]
        lines += [f"| {why} | {n} |" for why, n in measured["drops"].items()]
        parts.append("\n".join(lines))
    return parts


def _first_paragraph(text: str) -> str:
    return text.partition("\n\n")[0]


def _plain(text: str) -> str:
    """Return a docstring as Markdown: double backticks become single ones."""
    return text.replace("``", "`").replace("\n", " ").strip() if "\n\n" not in text else (
        "\n\n".join(_plain(part) for part in text.split("\n\n"))
    )  # fmt: skip
