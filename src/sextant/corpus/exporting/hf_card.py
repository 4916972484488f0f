"""The card of a Hugging Face export: YAML for programs, counts and terms for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from sextant.corpus.exporting.hf_schema import COLUMNS, card_feature
from sextant.samples.card import markdown_table

SPLIT_NAMES = {"train": "train", "val": "validation"}

COUNTED = ("capability", "task", "source", "license")

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"),
          (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))  # fmt: skip


@dataclass(slots=True)
class SplitFacts:
    """What the card says of a split."""

    name: str
    rows: int = 0
    nbytes: int = 0
    file_bytes: int = 0


def hf_card(name: str, splits: Sequence[SplitFacts], counts: Mapping[str, Counter[str]]) -> str:
    """Return the text of ``README.md``.

    Args:
        name: Of the export.
        splits: Their sizes.
        counts: Rows by value, of the columns ``COUNTED``. The values come from datasets and are
            hostile where Markdown becomes HTML.
    """
    rows = sum(split.rows for split in splits)
    head: dict[str, Any] = {
        "pretty_name": name,
        "license": "other",
        "task_categories": ["visual-question-answering", "image-text-to-text"],
        "tags": ["spatial-intelligence", "sextant"],
        "size_categories": [next((text for n, text in _SIZES if rows < n), "n>10M")],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split.name, "path": f"data/{split.name}-*"} for split in splits
                ],
            }
        ],
        "dataset_info": {
            "features": [card_feature(column, kind) for column, kind in COLUMNS.items()],
            "splits": [
                {"name": s.name, "num_bytes": s.nbytes, "num_examples": s.rows} for s in splits
            ],
            "download_size": sum(split.file_bytes for split in splits),
            "dataset_size": sum(split.nbytes for split in splits),
        },
    }
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---",
        f"# {name}",
        f"{rows} questions about space, exported by Sextant. `images` are in prompt order, "
        "`messages` are the turns as chat templates take them (a piece of type image for each of "
        "`images`), `question`, `options` and `answer` are what they were made of, and `evidence` "
        "is what an answer can be recomputed from.",
        '```python\nfrom datasets import load_dataset\n\nrows = load_dataset("FOLDER")\n```',
    ]
    for column in COUNTED:
        found = sorted(counts[column].items())
        parts += [f"## By {column}", markdown_table((column, "rows"), found)]
    parts += [
        "## Terms",
        "Each row carries the terms of the capture it was made from, in the column `license`. "
        "Whoever passes the rows on passes these on too.",
    ]
    return "\n\n".join(parts) + "\n"
