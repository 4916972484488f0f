"""The README says what there is: every family, every verb, every source that is named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from sextant.commands.registry import source_names, task_classes

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_family_is_listed_under_its_capability():
    rows = dict(re.findall(r"^\| `(MM|SR|MR|PT|CR)` [^|]*\|(.*)\|$", README, flags=re.MULTILINE))
    listed = {
        f"{code.lower()}.{name}" for code, cells in rows.items() for name in re.findall(r"`(\w+)`",
                                                                                        cells)
    }  # fmt: skip
    assert listed == set(task_classes())


def test_every_source_is_documented():
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert [n for n in source_names() if n not in text] == []


def test_links_and_pictures_exist():
    named = re.findall(r"\]\(((?!http)[^)]+)\)", README) + re.findall(r"`(docs/[\w./-]+)`", README)
    assert [n for n in named if not (ROOT / n).exists()] == []


def test_the_python_example_runs(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "->" in done.stdout
