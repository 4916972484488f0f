"""From a row to ids and pixels: what a worker does with one sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.models.family import Pixels, Rendered, Renderer, Size
from sextant.models.messages import Picture
from sextant.models.pictures import MAX_BYTES, open_picture
from sextant.training.examples import Example
from sextant.training.families import OpensRenderer
from sextant.training.fit import shown
from sextant.training.recipe import DataEntry, FitRules
from sextant.training.set_index import held_set, read_example


@dataclass(frozen=True, slots=True)
class Job:
    """A sample to decode; holds all that indices say of it, so that workers need none.

    Attributes:
        place: Within the step.
        entry: Index of the data entry.
        row: Of its set.
        sizes: Of its pictures, all of them.
        frames, level: How it is made to fit (``fit``).
        tokens: Its length, which must come out again.
    """

    place: int
    entry: int
    row: int
    sizes: tuple[Size, ...]
    frames: int
    level: int
    tokens: int


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A sample as it is learned from."""

    id: str
    capability: str
    source: str
    rendered: Rendered
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class DecoderSource:
    """Opens a decoder, in this process or in workers.

    Attributes:
        entries: Of the recipe.
        cache: Folder of indices.
        rules: By which samples were fitted.
        renderer: Of the family.
    """

    entries: tuple[DataEntry, ...]
    cache: Path
    rules: FitRules
    renderer: OpensRenderer

    def open(self) -> Decoder:
        """Return the decoder; files are opened when they are needed."""
        return Decoder(self, self.renderer.open())


class Decoder:
    """Reads rows and pictures, and renders them for a family."""

    def __init__(self, source: DecoderSource, renderer: Renderer) -> None:
        self._source = source
        self._renderer = renderer

    def example(self, job: Job) -> Example:
        """Return a sample as it is shown.

        Raises:
            InputError: If it cannot be read any more.
        """
        source = self._source
        examples = held_set(source.entries[job.entry], source.cache)
        example = read_example(examples, job.row, job.sizes)
        return shown(example, job.frames, job.level, source.rules)

    def decode(self, job: Job) -> Decoded:
        """Return a sample decoded to its end.

        Raises:
            InputError: If the row or a picture cannot be read, or is not what it was when it was
                indexed.
        """
        example = self.example(job)
        rendered = self._renderer.render(example.messages, example.shown)
        if len(rendered) != job.tokens:
            raise ConventionError(
                "a sample has another length than when it was measured", where=example.id,
                expected=f"{job.tokens} tokens", got=len(rendered),
                hint="the data were changed while they are learned from",
            )  # fmt: skip
        pictures = [
            _picture(path, size, wanted)
            for path, size, wanted in zip(
                example.pictures, example.sizes, example.shown, strict=True
            )
        ]
        pixels = self._renderer.pixels(pictures, rendered)
        return Decoded(example.id, example.capability, example.source, rendered, pixels)


def _picture(path: Path, size: Size, wanted: Size) -> Image.Image:
    image = open_picture(Picture(str(path), lambda: _read(path)))
    if image.size != size:
        raise ConventionError(
            "a picture has another size than when it was indexed", where=path,
            expected=f"{size[0]}x{size[1]}", got=f"{image.size[0]}x{image.size[1]}",
        )  # fmt: skip
    return image if wanted == size else image.resize(wanted, Image.Resampling.BICUBIC)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than allowed, so that a larger file is noticed and not cut.
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise MissingInput("picture is not there", where=path) from error
    except OSError as error:
        raise CorruptInput("picture cannot be read", where=path, got=error.strerror) from error
