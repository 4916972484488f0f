"""Damage files of a miniature and read it: our errors, in time, or nothing.

What a damaged file gives, if anything, must still be what readers promise: arrays of the camera's
size and of their types, texts that can be written. Every trial is drawn from its own number, so
that one can be tried again alone.
"""

from __future__ import annotations

import importlib
import os
import pickle
import re
import sys
import time
import traceback
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
from mutated_files import damaged

from sextant.errors import InputError
from sextant.scenes import Frame, Scene
from sextant.sources.source import SourceOptions

MAX_SECONDS = 5.0
"""Of processor time, so that a busy machine finds no hang where there is none."""

_PICTURES = (".png", ".jpg", ".jpeg")
_SCENES = 3


@dataclass(slots=True)
class Outcome:
    """What came of many damaged readings."""

    read: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    problems: list[str] = field(default_factory=list)


def reader_module(name: str) -> ModuleType:
    """The module of a reader; a miniature's name may say more in brackets.

    Not through the registry: it lists the entry points of all installed packages, which takes as
    long as two readings.
    """
    return importlib.import_module(f"sextant.sources.{name.split(' ')[0]}")


def kinds_of_files(root: Path) -> list[list[Path]]:
    """Files by what they are: names that differ by numbers only are of one kind.

    A kind is drawn before a file of it, so that a list of poses is hit as often as all the
    pictures together. All pictures go through one door (``sources/images.py``), and so their kinds
    count once and others three times.
    """
    kinds = defaultdict(list)
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        kinds[re.sub(r"[0-9a-f]{8,}|\d+", "#", path.relative_to(root).as_posix())].append(path)
    return [
        files
        for files in kinds.values()
        for _ in range(1 if files[0].suffix.lower() in _PICTURES else 3)
    ]


def try_reading(reader: ModuleType, root: Path, known: Known | None = None) -> bool:
    """Open all scenes and read all arrays, as a run that quarantines would; True if all is well."""
    well = True
    source = reader.open_source(root, SourceOptions())
    source.describe()
    for scene_id in source.scene_ids()[:_SCENES]:
        try:
            scene = source.open(scene_id)
        except InputError:
            well = False
            continue
        check_texts(scene)
        for frame in scene.frames:
            for kind, read in arrays_of(frame):
                if known is None or not known.holds(frame, kind, read):
                    well &= read_array(frame, kind, read)
    return well


def check_texts(scene: Scene) -> None:
    """What is written into tables and file names later must be text that can be."""
    for text in (scene.id, scene.license, *scene.notes.values(), *(f.id for f in scene.frames)):
        text.encode()
    for item in scene.objects:
        "".join([item.id, item.category, *map(str, item.attributes.values())]).encode()


def arrays_of(frame: Frame) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """What a frame has to read."""
    for kind in ("rgb", "depth", "instances", "landmarks"):
        read = getattr(frame, f"read_{kind}")
        if read is not None:
            yield kind, read


def read_array(frame: Frame, kind: str, read: Callable[[], np.ndarray]) -> bool:
    """Read an array and hold it against what is promised of it; False if it is refused."""
    try:
        array = read()
    except InputError:
        return False
    shape = (frame.camera.height, frame.camera.width)
    wanted = {
        "rgb": ((*shape, 3), np.uint8),
        "depth": (shape, np.float32),
        "instances": (shape, np.int32),
        "landmarks": ((len(array),), np.int64),
    }[kind]
    if (array.shape, array.dtype) != wanted:
        raise AssertionError(f"{array.dtype} {array.shape}, not {wanted}")
    if kind == "depth" and not np.all(np.isnan(array) | ((array > 0) & (array < np.inf))):
        raise AssertionError("depth that is not positive or not finite")
    return True


class Known:
    """Which arrays of the whole miniature came from which files, so as not to read them again.

    The function that reads an array can be sent to another process: what it reads follows from its
    pickle and from the files that it opens. So where the pickle is one of the whole miniature's,
    and the damaged file was not opened for it with all caches empty, the array is as it was.
    """

    def __init__(self, reader: ModuleType, root: Path) -> None:
        self.damaged = ""
        self.opened: dict[bytes, frozenset[str]] = {}
        source = reader.open_source(root, SourceOptions())
        for scene_id in source.scene_ids()[:_SCENES]:
            for frame in source.open(scene_id).frames:
                for kind, read in arrays_of(frame):
                    forget()
                    with opened_files() as files:
                        assert read_array(frame, kind, read)
                    self.opened[self._key(frame, kind, read)] = frozenset(files)

    def holds(self, frame: Frame, kind: str, read: Callable[[], np.ndarray]) -> bool:
        """Tell whether an array is as it was before ``damaged`` was damaged."""
        files = self.opened.get(self._key(frame, kind, read))
        return bool(files) and self.damaged not in files

    @staticmethod
    def _key(frame: Frame, kind: str, read: Callable[[], np.ndarray]) -> bytes:
        return pickle.dumps((kind, read, frame.camera.width, frame.camera.height))


def forget() -> None:
    """Empty what the readers' modules keep between readings."""
    for name, module in list(sys.modules.items()):
        if name.startswith("sextant.sources"):
            for value in vars(module).values():
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()


_LISTS: list[set[str]] = []


def _listen(event: str, arguments: tuple) -> None:
    if event == "open" and _LISTS and isinstance(arguments[0], str | os.PathLike):
        _LISTS[-1].add(os.path.realpath(arguments[0]))


sys.addaudithook(_listen)


@contextmanager
def opened_files() -> Iterator[set[str]]:
    """Collect the paths of all files that Python opens."""
    _LISTS.append(set())
    try:
        yield _LISTS[-1]
    finally:
        _LISTS.pop()


class Damage:
    """One file at a time is damaged or replaced; ``undo`` puts it back as it was."""

    def __init__(self, root: Path) -> None:
        self.kinds = kinds_of_files(root)
        self.stamp_ns = 10**18
        self.aside = root.parent / f"{root.name}.whole"

    def do(self, rng: np.random.Generator) -> Path:
        """Damage a file and return its path."""
        files = self.kinds[int(rng.integers(len(self.kinds)))]
        self.path = files[int(rng.integers(len(files)))]
        whole = self.path.read_bytes()
        kind = rng.random()
        if kind < 0.98:
            others = self.kinds[int(rng.integers(len(self.kinds)))]
            other = others[0].read_bytes() if kind > 0.96 else damaged(self.path.name, whole, rng)
        os.rename(self.path, self.aside)
        if kind < 0.98:
            self.path.write_bytes(other)
        else:
            self._put_oddity(float(rng.random()))
        if self.path.is_file():
            # Clocks of file systems tick slowly: readers that keep an index of an archive tell by
            # size and time whether it is still the same file.
            self.stamp_ns += 1000
            os.utime(self.path, ns=(self.stamp_ns, self.stamp_ns))
        return self.path

    def _put_oddity(self, kind: float) -> None:
        if kind < 0.3:
            self.path.mkdir()
        elif kind < 0.5:
            self.path.symlink_to(self.path.name)
        elif kind < 0.7:
            self.path.symlink_to("nowhere")

    def undo(self) -> None:
        """Put the file back as it was, its time included."""
        if self.path.is_dir():
            self.path.rmdir()
        os.replace(self.aside, self.path)


class Battery:
    """A reader and the miniature that is damaged under its eyes."""

    def __init__(self, reader: str, root: Path) -> None:
        self.name, self.root = reader, root
        self.module = reader_module(reader)
        self.damage, self.known = Damage(root), Known(self.module, root)
        self.outcome = Outcome()

    def run(self, count: int, seed: int, first: int = 0) -> Outcome:
        """Damage one file at a time ``count`` times; every file is put back afterwards."""
        with warnings.catch_warnings():
            # What numpy warns of is arithmetic that a check should have come before.
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ResourceWarning)
            for number in range(first, first + count):
                self._try(seed, number)
        return self.outcome

    def _try(self, seed: int, number: int) -> None:
        outcome = self.outcome
        path = self.damage.do(np.random.default_rng((seed, number)))
        self.known.damaged = os.path.join(os.path.realpath(path.parent), path.name)
        place = f"{self.name} {seed} {number} {path.name}"
        start = time.process_time()
        try:
            well = try_reading(self.module, self.root, self.known)
            outcome.read += well
            outcome.refused += not well
        except InputError:
            outcome.refused += 1
        except Exception as error:  # what must not happen
            outcome.problems.append(f"{place}: {told(error)}")
        finally:
            self.damage.undo()
        took = time.process_time() - start
        outcome.slowest_s = max(outcome.slowest_s, took)
        if took > MAX_SECONDS:
            outcome.problems.append(f"{place}: {took:.1f} s")


def told(error: Exception) -> str:
    """An exception with the last place in our own code that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f"{os.sep}sextant{os.sep}" in f.filename] or frames
    last = ours[-1]
    return f"{Path(last.filename).name}:{last.lineno}: {type(error).__name__}: {str(error)[:200]}"
