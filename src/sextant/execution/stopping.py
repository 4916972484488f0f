"""Stopping on request: Ctrl-C and the SIGTERM of a cluster that wants its node back."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a process that was asked to terminate, 143."""


class StopRequest:
    """Whether somebody asked us to stop, and by which signal."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def raise_if_set(self) -> None:
        """Raise ``KeyboardInterrupt`` after SIGINT, ``SystemExit(143)`` after SIGTERM."""
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise SystemExit(TERMINATED)


@contextmanager
def noticing_stops() -> Iterator[StopRequest]:
    """Note SIGINT and SIGTERM inside the block instead of being interrupted anywhere.

    A pool asks the request between two results. An exception out of the blue, between the start of
    a process and the note that it was started, would leave a worker nobody knows of.
    """
    request = StopRequest()

    def note(number: int, _frame: FrameType | None) -> None:
        request.signal = number

    with _handling((signal.SIGINT, signal.SIGTERM), note):
        yield request


@contextmanager
def terminating_softly() -> Iterator[None]:
    """Turn SIGTERM inside the block into ``SystemExit(143)``, so that ``finally`` is run."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    with _handling((signal.SIGTERM,), leave):
        yield


def follow_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and die when the parent is gone.

    A parent that is killed cannot tell its workers, and these would wait for work for ever.
    """
    from multiprocessing import connection, parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def wait_for_the_end() -> None:
        connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=wait_for_the_end, name="follow-parent", daemon=True).start()


@contextmanager
def _handling(
    numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may set handlers, and only it is interrupted.
        yield
        return
    # What is ignored (nohup, background jobs of a shell) stays ignored.
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)
