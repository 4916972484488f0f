"""Replies by what was asked, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sextant.errors import CorruptInput, OutputError
from sextant.execution.atomic import make_folder
from sextant.models.messages import Reply

APPLICATION_ID = 0x53585243
"""``SXRC``, in the header of the file: tells our caches from other SQLite files."""

FORMAT_VERSION = 1

_BUSY_S = 60.0

_TABLE = """
CREATE TABLE replies (
  key BLOB PRIMARY KEY,
  model TEXT NOT NULL,
  text TEXT NOT NULL,
  finish TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  seconds REAL NOT NULL
) WITHOUT ROWID
"""


class ReplyCache:
    """The store. May be used from several threads and by several processes at a time.

    Commits survive the death of the process (WAL, ``synchronous=NORMAL``); a power cut may cost
    the last of them, never the file.

    Args:
        path: The file; it is made, with its folder, if it is not there.

    Raises:
        CorruptInput: If it is no cache of ours, or damaged.
        OutputError: If it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        make_folder(path.parent)
        with self._explained():
            self._db = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
        try:
            with self._explained():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> ReplyCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        with self._lock, self._explained():
            (count,) = self._db.execute("SELECT count(*) FROM replies").fetchone()
        return int(count)

    def get(self, key: bytes, request_id: str) -> Reply | None:
        """Return the stored reply as the answer to a request, with ``tries`` 0; None if new."""
        with self._lock, self._explained():
            row = self._db.execute(
                "SELECT text, finish, prompt_tokens, completion_tokens, seconds"
                " FROM replies WHERE key = ?",
                (key,),
            ).fetchone()
        if row is None:
            return None
        text, finish, prompt_tokens, completion_tokens, seconds = row
        return Reply(
            request_id, str(text), None, str(finish), int(prompt_tokens), int(completion_tokens),
            float(seconds), tries=0,
        )  # fmt: skip

    def put(self, key: bytes, model: str, reply: Reply) -> None:
        """Store a reply, durably; failures and replies that are known already are passed over."""
        if reply.text is None or reply.error is not None:
            return
        with self._lock, self._explained():
            self._db.execute(
                "INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    key, model, storable(reply.text), storable(reply.finish),
                    reply.prompt_tokens, reply.completion_tokens, reply.seconds,
                ),
            )  # fmt: skip

    def close(self) -> None:
        """Close the file; what was put is in it."""
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION_ID:
            raise CorruptInput(
                "not a response cache",
                where=self.path,
                got="an SQLite file of something else",
                hint="name another file: this one is left as it is",
            )
        if tables and version != FORMAT_VERSION:
            raise CorruptInput(
                "a response cache of another version",
                where=self.path,
                expected=FORMAT_VERSION,
                got=version,
                hint="name another file, or move this one away",
            )
        # Not every network file system can do WAL; SQLite then keeps its rollback journal, which
        # is slower and just as safe.
        self._db.execute("PRAGMA journal_mode=WAL").fetchone()
        self._db.execute("PRAGMA synchronous=NORMAL")
        if not tables:
            self._db.execute("BEGIN IMMEDIATE")
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not tables:  # nobody else made it in the meantime
                self._db.execute(_TABLE)
                self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version={FORMAT_VERSION}")
            self._db.execute("COMMIT")
        self._db.execute("SELECT key, model, seconds FROM replies LIMIT 1").fetchone()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in our own words what SQLite has to complain about."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # a closed cache is the caller's mistake, not the file's
        except sqlite3.OperationalError as error:
            raise OutputError(
                "cannot use the response cache",
                where=self.path,
                got=error,
                hint="is the disk full, the folder read-only, or another run writing for minutes?",
            ) from error
        except sqlite3.DatabaseError as error:
            raise CorruptInput(
                "the response cache is damaged",
                where=self.path,
                got=error,
                hint="move it away and run the same command again: replies are asked for anew",
            ) from error


def storable(text: str) -> str:
    """Return a text that UTF-8 can hold: lone surrogates become U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
