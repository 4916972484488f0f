"""Files that are either whole or not there.

A file is written under a temporary name in its own folder, synced, renamed over its final name,
and the folder is synced. A process that dies at any moment leaves at most a temporary file, whose
name ``remove_leftovers`` recognises; a reader never sees half a file.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sextant.errors import MissingInput, OutputError

_TEMPORARY = re.compile(r"^\..+\.\d+-[0-9a-f]{12}\.tmp$")

_HINTS = {
    errno.ENOSPC: "free some space and run the same command again: finished work is kept",
    errno.EDQUOT: "the quota is used up: free some space and run the same command again",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "the file system is read-only: choose another folder",
    errno.EMFILE: "too many files are open: raise `ulimit -n` or use fewer workers",
    errno.ENAMETOOLONG: "choose a shorter path",
}


def output_error(path: Path, error: OSError) -> OutputError:
    """Say in our own words why ``path`` could not be written."""
    return OutputError(
        "cannot write a file",
        where=path,
        got=error.strerror or str(error),
        hint=_HINTS.get(error.errno or 0, "run the same command again: finished work is kept"),
    )


def temporary_name(path: Path) -> Path:
    """Return a fresh temporary sibling of ``path``, ``.<name>.<pid>-<rand>.tmp``."""
    return path.with_name(f".{_stem(path)}.{os.getpid()}-{secrets.token_hex(6)}.tmp")


def _stem(path: Path) -> str:
    # A name may have 255 bytes; the stem is only there for those who look for leftovers.
    return path.name.encode("utf-8", "surrogateescape")[:180].decode("utf-8", "ignore")


def is_temporary(name: str) -> bool:
    """Tell whether a file name is one ``temporary_name`` made."""
    return _TEMPORARY.match(name) is not None


def sync_folder(folder: Path) -> None:
    """Make renames inside ``folder`` survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows cannot open folders; there the rename alone has to do.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(paths: Iterable[Path]) -> None:
    """Make files that were written with ``durable=False``, and their names, survive a power cut.

    Raises:
        OutputError: If one is gone or cannot be synced.
    """
    folders = set()
    for path in paths:
        folders.add(path.parent)
        try:
            _sync_file(path)
        except OSError as error:
            raise output_error(path, error) from error
    for folder in sorted(folders):
        try:
            sync_folder(folder)
        except OSError as error:
            raise output_error(folder, error) from error


def make_folder(folder: Path) -> None:
    """Create ``folder`` and its parents, durably.

    Raises:
        OutputError: If a part of the path is a file or may not be written.
    """
    if folder.is_dir():
        return
    try:
        make_folder(folder.parent)
        with suppress(FileExistsError):
            os.mkdir(folder)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder is needed")
        sync_folder(folder.parent)
    except OSError as error:
        raise output_error(folder, error) from error


@contextmanager
def atomic_path(path: Path, *, sole: bool = False) -> Iterator[Path]:
    """Yield a temporary path; what the block writes there becomes ``path`` when it ends well.

    Args:
        path: Final name; missing folders are made.
        sole: Nobody else writes this file now: what killed writers of it left is removed first.

    Raises:
        OutputError: If the disk is full, the folder may not be written, and so on. The temporary
            file is gone then, and whatever stood at ``path`` before is untouched.
    """
    make_folder(path.parent)
    if sole:
        _remove_leftovers_of(path)
    temporary = temporary_name(path)
    try:
        yield temporary
        _sync_file(temporary)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        # After a good rename this finds nothing; it also runs for KeyboardInterrupt.
        with suppress(OSError):
            os.unlink(temporary)


def write_bytes(path: Path, data: bytes | memoryview, *, durable: bool = True) -> None:
    """Write ``data`` to ``path``, all or nothing.

    Args:
        path: Final name; missing folders are made.
        data: The bytes.
        durable: Make it survive a power cut. A caller who writes many files may pass False and
            call ``sync_files`` once before it relies on them: a fifth of the time.

    Raises:
        OutputError: If it cannot be written.
    """
    make_folder(path.parent)
    temporary = temporary_name(path)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def link_file(source: Path, path: Path) -> None:
    """Give a file a second name, all or nothing; where that cannot be, copy it.

    Raises:
        MissingInput: If there is no such file.
        OutputError: If it cannot be written.
    """
    if path.exists():
        return
    make_folder(path.parent)
    temporary = temporary_name(path)
    try:
        try:
            os.link(source, temporary)
        except FileNotFoundError as error:
            raise MissingInput("a file to be taken over is missing", where=source) from error
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``, all or nothing; see ``write_bytes``."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def atomic_folder(path: Path, *, sole: bool = False) -> Iterator[Path]:
    """Yield a temporary folder; it becomes ``path``, with all it holds, when the block ends well.

    Args:
        path: Final name; missing parents are made.
        sole: Nobody else writes this folder now: what killed writers of it left is removed first.

    Raises:
        OutputError: If something stands at ``path`` already, or it cannot be written.
    """
    make_folder(path.parent)
    if sole:
        _remove_leftovers_of(path)
    temporary = temporary_name(path)
    try:
        if path.exists():
            raise FileExistsError(errno.EEXIST, "something of that name is there already")
        os.mkdir(temporary)
        yield temporary
        for parent, _, names in os.walk(temporary):
            for name in names:
                # What a link points to is not ours to sync, and may be on a read-only disk.
                if not os.path.islink(os.path.join(parent, name)):
                    _sync_file(Path(parent, name))
            sync_folder(Path(parent))
        os.rename(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path) -> int:
    """Remove what killed processes left unfinished below ``folder``; return how many pieces.

    Only call this when nobody writes there any more: the temporary file of a living process looks
    the same.
    """
    removed = 0
    for parent, folders, names in os.walk(folder):
        for name in [name for name in folders if is_temporary(name)]:
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)
            folders.remove(name)
            removed += 1
        for name in names:
            if is_temporary(name):
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(parent, name))
                    removed += 1
    return removed


def _remove_leftovers_of(path: Path) -> None:
    start = f".{_stem(path)}."
    for found in list(path.parent.iterdir()):
        # Nothing but a process number and a random one follows the name of the file.
        rest = found.name.removeprefix(start)
        if found.name.startswith(start) and _TEMPORARY.match(f".x.{rest}") and "." not in rest[:-4]:
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found, ignore_errors=True)
            else:
                with suppress(OSError):
                    found.unlink()


def _sync_file(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except PermissionError:  # a file of somebody else, taken over by its name
        descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
