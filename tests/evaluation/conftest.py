"""Puts this folder and that of the stub server on the path, so that tests of parts can import
``fixtures`` and ``stub_server``.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "models"))
