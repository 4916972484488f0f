from __future__ import annotations

import io
from contextlib import suppress

import pytest

from sextant.execution import progress
from sextant.execution.progress import Progress


class Clock:
    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_log_gets_a_line_every_ten_seconds_with_rate_and_time_left(clock: Clock) -> None:
    log = io.StringIO()
    with Progress("generate", 100, done=20, stream=log) as shown:
        for _ in range(10):
            clock.now_s += 4.0
            shown.advance(2, samples=50)
    lines = log.getvalue().splitlines()
    assert lines[0] == "generate: 20/100 shards"
    assert lines[1] == "generate: 26/100 shards, 0.5 shards/s, 2:28 left, 150 samples"
    assert lines[-1] == "generate: 40/100 shards, 0.5 shards/s, 2:00 left, 500 samples finished"
    assert len(lines) == 5


def test_an_error_is_not_called_finished(clock: Clock) -> None:
    log = io.StringIO()
    with suppress(ZeroDivisionError), Progress("read", None, stream=log) as shown:
        shown.advance(3)
        raise ZeroDivisionError
    assert log.getvalue().splitlines()[-1].endswith("stopped")


def test_a_terminal_gets_a_bar_and_hostile_names_do_no_harm() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    with Progress("[red]x[/nope]", 2, stream=terminal) as shown:
        shown.advance(1, samples=7)
        shown.advance(1)
    assert "2/2" in terminal.getvalue()
    assert "7 samples" in terminal.getvalue()


def test_quiet_says_nothing() -> None:
    log = io.StringIO()
    with Progress("x", 1, stream=log, quiet=True) as shown:
        shown.advance()
    assert log.getvalue() == ""
