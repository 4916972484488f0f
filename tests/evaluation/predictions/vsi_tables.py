"""A small VSI-Bench in its true layout, with untidy replies to it."""

from __future__ import annotations

import json
from pathlib import Path

CASES = Path(__file__).parent / "untidy_vsi.json"

CHOICES = {
    "object_rel_direction_easy": 2, "object_rel_direction_medium": 3,
    "object_rel_direction_hard": 4, "object_rel_distance": 4, "route_planning": 4,
    "obj_appearance_order": 4,
}  # fmt: skip
NUMBERS = {
    "object_counting": "4", "object_abs_distance": "2.5", "object_size_estimation": "85",
    "room_size_estimation": "21.6",
}  # fmt: skip
OPTIONS = ("zebra plant", "yellow stool", "xylophone", "white door")


def write_vsi(root: Path) -> dict[str, list]:
    """Write questions, one for every case and task; return id -> [task, truth, reply, right]."""
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    root.mkdir(parents=True, exist_ok=True)
    rows, told = [], {}
    for task in (*CHOICES, *NUMBERS):
        kind = "choice" if task in CHOICES else "number"
        for k, (pattern, right) in enumerate(cases[kind]):
            name, options = str(len(rows)), None
            if kind == "choice":
                count = CHOICES[task]
                truth, other = "ABCD"[k % count], "ABCD"[(k + 1) % count]
                options = [f"{'ABCD'[j]}. {OPTIONS[j]}" for j in range(count)]
                reply = pattern.format(L=truth, W=other)
            else:
                truth = NUMBERS[task]
                reply = pattern.format(N=truth, M=f"{float(truth) * 10:g}")
            rows.append({
                "id": int(name), "dataset": "arkitscenes", "scene_name": f"{len(rows) % 9}",
                "question_type": task, "question": f"Question {name}?", "ground_truth": truth,
                "options": options, "pruned": False,
            })  # fmt: skip
            told[name] = [task, truth, reply, right]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "test.jsonl").write_text(lines, encoding="utf-8")
    return told
