"""``python -m sextant``."""

from sextant.cli import main

main()
