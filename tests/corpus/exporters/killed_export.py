"""An export that tests kill: python killed_export.py CORPUS OUT NAME PAUSE_S."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sextant.corpus.exporting.pictures import Pictures
from sextant.corpus.exporting.run import export_corpus
from sextant.samples.store import CorpusStore

if __name__ == "__main__":
    corpus, out, name, pause = sys.argv[1:]
    take = Pictures.take

    def slowly(self: Pictures, paths: list[str]) -> None:
        time.sleep(float(pause))
        take(self, paths)
        sys.stdout.write(".")
        sys.stdout.flush()

    Pictures.take = slowly  # type: ignore[method-assign, assignment]
    export_corpus(CorpusStore.open(Path(corpus)), Path(out), name, images="copy", quiet=True)
