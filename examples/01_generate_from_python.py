"""Simulate two rooms, ask about them, verify every answer, and look at one row.

Run it with `python examples/01_generate_from_python.py [OUT]`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sextant import (
    CorpusStore,
    GenerateJob,
    GenerateRecipe,
    generate,
    render_answer,
    render_prompt,
    verify,
)


def main(out: Path) -> None:
    job = GenerateJob(
        source="procedural",
        root=None,
        out=out,
        recipe=GenerateRecipe(per_task=4, rationale="steps"),
        seed=1,
        scenes=2,
    )
    generate(job, quiet=True)
    result = verify(out, quiet=True)
    print(f"{result.checked - result.failed} of {result.checked} answers hold")

    sample = next(s for s in CorpusStore.open(out).samples() if s.task == "mm.object_distance")
    print(render_prompt(sample))
    print(render_answer(sample))
    print("exact value:", sample.value, sample.unit)
    print("pictures:", *sample.images)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder) / "corpus")
