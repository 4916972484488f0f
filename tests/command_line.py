"""The command line as its user meets it, in this process: a start of Python costs half a second."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple

from sextant.cli import main


class Done(NamedTuple):
    """How a command ended, named as of ``subprocess``."""

    returncode: int
    stdout: str
    stderr: str


def sextant(*words: str | Path, cwd: Path | None = None) -> Done:
    """Run ``sextant WORDS``; an error that is not ours comes out as it is."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    code: object = 0
    sys.argv = ["sextant", *map(str, words)]
    try:
        with (
            contextlib.chdir(cwd or Path.cwd()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            main()
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.argv = before
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())
