"""A small benchmark of its own, whose items and rules a test can see through."""

from __future__ import annotations

import json
from pathlib import Path

from sextant.errors import CorruptInput
from sextant.evaluation.benchmark import Benchmark, Headline, Scored
from sextant.evaluation.items import Item

WORDS = ("chair", "table", "sofa", "lamp")


class SmallBench(Benchmark):
    """Letters and numbers; ``official`` reads the first character, ``strict`` the last."""

    name = "small"
    title = "Small"
    license = "CC0"
    rules = ("official", "lmms-eval", "strict")

    def items(self, root, on_broken):
        for number, line in enumerate((root / "items.jsonl").read_text().splitlines(), 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                on_broken(CorruptInput("broken", where=f"line {number}", got=error))
                continue
            yield Item(
                str(row["id"]), row["task"], row["question"], str(row["answer"]),
                "number" if row["options"] is None else "choice",
                options=None if row["options"] is None else tuple(row["options"]),
                value=float(row["answer"]) if row["options"] is None else None,
                cluster=row["scene"], groups={"source": row["source"]},
            )  # fmt: skip

    def prompt(self, item, profile):
        raise NotImplementedError

    def score(self, item, reply, profile):
        text = reply.strip()
        if not text:
            return Scored(0.0, "empty")
        found = text[0] if profile == "official" else text[-1]
        if item.options is None:
            value = float(found) if found.isdecimal() else None
            status = "empty" if value is None else "answered"
            return Scored(float(value == item.value), status, value)
        if found not in "ABCD":
            return Scored(0.0, "ambiguous")
        return Scored(float(found == item.answer), "answered", found)

    def headlines(self, profile):
        return (Headline("micro"),)


def write_items(root: Path, n: int = 12, first: int = 0) -> Path:
    """Write ``n`` questions, every third of them a number; answers go A, B, 2, D, A, 5, ..."""
    root.mkdir(parents=True, exist_ok=True)
    rows = []
    for k in range(first, first + n):
        number = k % 3 == 2
        rows.append({
            "id": k, "task": "count" if number else "pick", "question": f"What is {k}?",
            "answer": k % 10 if number else "ABCD"[k % 4],
            "options": None if number else list(WORDS),
            "scene": f"scene{k // 4}", "source": "even" if k % 2 == 0 else "odd",
        })  # fmt: skip
    (root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def answers(root: Path) -> dict[str, str]:
    """Return the answer of every question."""
    rows = map(json.loads, (root / "items.jsonl").read_text().splitlines())
    return {str(row["id"]): str(row["answer"]) for row in rows}
