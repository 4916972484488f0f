"""What becomes of a corpus' pictures in an export: left where they are, copied, linked, embedded.

The paths in the rows are the same for keep, copy and link; they only are relative to the corpus
folder for the first, and to the export's folder for the others.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from sextant.errors import CorruptInput, MissingInput
from sextant.execution.atomic import make_folder, output_error, temporary_name
from sextant.samples.external import external_parts, link_roots
from sextant.samples.layout import IMAGE_PATH
from sextant.samples.store import CorpusStore

MODES = ("keep", "copy", "link", "embed")

_NO_HARD_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES)


@dataclass(slots=True)
class Pictures:
    """The pictures of one export.

    Attributes:
        store: The corpus.
        mode: One of ``MODES``.
        folder: Where copies and links are put while the export is written.
        final: Where that folder will be.
        temporary: A path whose name says whose temporary files are left if the process is killed.
        names: Folders of external images that were met.
    """

    store: CorpusStore
    mode: str
    folder: Path
    final: Path
    temporary: Path
    names: set[str] = field(default_factory=set)
    _parents: set[Path] = field(default_factory=set)

    @property
    def root(self) -> Path:
        """The folder that paths in the rows are relative to, once the export is there."""
        return Path(os.path.abspath(self.store.root if self.mode == "keep" else self.final))

    def take(self, paths: Sequence[str]) -> None:
        """Do with the pictures of one row what the mode says.

        Raises:
            MissingInput: If one that is to be copied or linked is not there.
            OutputError: If it cannot be written.
        """
        if self.mode == "keep":
            for path in paths:
                if path.startswith("external/") and (parts := external_parts(path)) is not None:
                    self.names.add(parts[0])
        elif self.mode != "embed":
            for path in paths:
                target = self.folder / path
                # Looked up instead of remembered: the memory stays constant.
                if not os.path.lexists(target):
                    self._bring(self.store.image_path(path), target)

    def data(self, path: str) -> bytes:
        """Return the bytes of a picture.

        Raises:
            MissingInput: If it is not there.
            CorruptInput: If its name says that it has other bytes.
        """
        source = self.store.image_path(path)
        try:
            data = source.read_bytes()
        except OSError as error:
            raise _missing(source, error) from error
        name = IMAGE_PATH.fullmatch(path)
        if name is not None and blake2b(data, digest_size=16).hexdigest() != name[2]:
            raise CorruptInput("an image has other bytes than its name says", where=source)
        return data

    def finish(self) -> list[Path]:
        """Make external pictures findable from the corpus folder, where rows refer to it.

        Returns:
            The links that were made.

        Raises:
            MissingInput: If their folder is not there.
        """
        if not self.names:
            return []
        return link_roots(self.store.root, self.store.external, sorted(self.names))

    def _bring(self, source: Path, target: Path) -> None:
        if target.parent not in self._parents:
            make_folder(target.parent)
            if len(self._parents) < 4096:
                self._parents.add(target.parent)
        temporary = temporary_name(self.temporary)
        try:
            real = source.resolve(strict=True)
        except OSError as error:
            raise _missing(source, error) from error
        try:
            if self.mode == "copy":
                shutil.copyfile(real, temporary)
            else:
                _link(real, temporary)
            os.replace(temporary, target)
        except OSError as error:
            raise output_error(target, error) from error
        finally:
            with suppress(OSError):
                os.unlink(temporary)


def _link(source: Path, target: Path) -> None:
    """Make a hard link, or a symbolic one where the file systems or their owner do not allow it."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINK:
            raise
        os.symlink(source, target)


def _missing(source: Path, error: OSError) -> MissingInput:
    return MissingInput(
        "an image of the corpus cannot be read", where=source, got=error.strerror or error,
        hint="if its folder has moved: SEXTANT_EXTERNAL=name=folder; else run `sextant check`",
    )  # fmt: skip
