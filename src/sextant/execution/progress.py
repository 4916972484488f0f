"""Progress with rate and time left: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress:
    """Shows how far a piece of work is; use it as a context.

    Args:
        label: What is being done, e.g. ``"generate"``.
        total: Number of units; None if unknown.
        done: Units that an earlier run finished; they count as done but not into the rate.
        unit: Name of a unit, plural.
        stream: Where to write; standard error by default, so that pipes stay clean.
        every_s: Seconds between two lines of a log.
        quiet: Show nothing.

    >>> with Progress("generate", 3, quiet=True) as progress:
    ...     progress.advance(1, samples=20)
    ...     progress.advance(2, samples=5)
    ...     progress.counts
    {'samples': 25}
    """

    def __init__(
        self,
        label: str,
        total: int | None,
        *,
        done: int = 0,
        unit: str = "shards",
        stream: TextIO | None = None,
        every_s: float = 10.0,
        quiet: bool = False,
    ) -> None:
        self.label = label
        self.total = total
        self.done = done
        self.unit = unit
        self.counts: dict[str, int] = {}
        self._last_note = ""
        self._already = done
        self._stream = sys.stderr if stream is None else stream
        self._every_s = every_s
        self._quiet = quiet
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._started_s = self._spoke_s = time.monotonic()

    def __enter__(self) -> Progress:
        self._started_s = self._spoke_s = time.monotonic()
        if not self._quiet and self._stream.isatty():
            self._start_bar()
        elif not self._quiet:
            self._say(self._line())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        elif not self._quiet:
            self._say(self._line() + (" stopped" if kind is not None else " finished"))

    def advance(self, n: int = 1, *, note: str = "", **counts: int) -> None:
        """Count ``n`` more units as done, and add ``counts`` to the totals that are shown.

        Args:
            n: Units.
            note: Shown until the next one, e.g. a loss.
            counts: Added to what ``counts`` holds.
        """
        self.done += n
        self._last_note = note
        for name, value in counts.items():
            self.counts[name] = self.counts.get(name, 0) + value
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.done, note=self._note())
        elif not self._quiet and time.monotonic() - self._spoke_s >= self._every_s:
            self._say(self._line())

    def _start_bar(self) -> None:
        # rich takes 60 ms to import: only a terminal pays for it.
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(file=self._stream),
        )
        self._task = self._bar.add_task(
            escape(self.label), total=self.total, completed=self.done, note=self._note()
        )
        self._bar.start()

    def _rate_per_s(self) -> float:
        return (self.done - self._already) / max(time.monotonic() - self._started_s, 1e-9)

    def _note(self) -> str:
        words = []
        rate = self._rate_per_s()
        if self.done > self._already:
            words.append(f"{rate:.3g} {self.unit}/s")
            if self.total is not None and self.done < self.total:
                words.append(f"{_duration((self.total - self.done) / rate)} left")
        words += [f"{value} {name}" for name, value in self.counts.items()]
        if self._last_note:
            words.append(self._last_note)
        return ", ".join(words)

    def _line(self) -> str:
        of = "" if self.total is None else f"/{self.total}"
        note = self._note()
        return f"{self.label}: {self.done}{of} {self.unit}" + (f", {note}" if note else "")

    def _say(self, line: str) -> None:
        self._spoke_s = time.monotonic()
        self._stream.write(line + "\n")
        self._stream.flush()


def _duration(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
