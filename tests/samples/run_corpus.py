"""A run that tests kill: python run_corpus.py ROOT WORKERS PAUSE_S."""

from __future__ import annotations

import sys
from pathlib import Path

from corpora import build

if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    build(Path(sys.argv[1]), workers=int(sys.argv[2]), pause_s=float(sys.argv[3]))
