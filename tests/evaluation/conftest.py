"""Puts this folder, that of the stub server and that of the benchmarks' tests on the path, so that
tests can import ``fixtures``, ``stub_server`` and each other's rows.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "models"), str(HERE / "benchmarks")]
