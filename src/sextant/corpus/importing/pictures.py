"""The pictures of imported rows: left where they are, or taken into the corpus.

``refer`` touches no file; the table says ``external/<name>/<path>``. ``store`` opens each picture
once, looks at its first bytes, puts it under the hash of its content, and draws marks where the set
wants them drawn. A row whose pictures cannot be had is broken.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from sextant.corpus.importing.set_rows import BrokenRow, Mark, SetRow
from sextant.corpus.importing.videos import frames_of
from sextant.corpus.scene_names import known_scene, scene_of
from sextant.samples.external import external_parts, inside
from sextant.samples.validate import IMAGE_MARK, image_path_problem

MAX_FILE = 64 * 2**20

MAX_PIXELS = 50_000_000

FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "BMP": ".bmp"}

COLORS = {
    "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0),
}  # fmt: skip

QUALITY = 92

KEPT = 100_000
"""So many paths of pictures are remembered, so that what many rows show is opened once."""

Store = Callable[[bytes, str], str]


def refuse_changes(row: SetRow) -> None:
    """Refuse a row whose pictures cannot stay as they are.

    Raises:
        BrokenRow: If they would have to be changed.
    """
    if row.marks:
        raise BrokenRow("marks are to be drawn into its pictures: needs --images store")
    if row.video:
        raise BrokenRow("it shows a video: needs --images store")
    if row.pictures:
        raise BrokenRow("its pictures lie inside the set's file: needs --images store")


class PictureStore:
    """Takes pictures into a corpus.

    Args:
        root: The set's folder of pictures, which no path may leave.
        store: Stores the bytes of a file and returns its path in the corpus.
        frames: Pictures taken of a video.
        nested: Folders of ``external/<name>`` where the set is an export of a corpus.
    """

    def __init__(
        self, root: Path, store: Store, frames: int, nested: Mapping[str, str] | None = None
    ) -> None:
        self.root = root
        self.store = store
        self.frames = frames
        self.nested = nested or {}
        self._known: OrderedDict[str, list[str]] = OrderedDict()

    def stored(self, row: SetRow) -> SetRow:
        """Return a row with the paths of its pictures in the corpus.

        Raises:
            BrokenRow: If one is missing, no picture, or outside the folder.
        """
        if row.video:
            frames = self._once(f"video:{row.video}", lambda: self._video(row.video))
            marks = f"{IMAGE_MARK}\n" * (len(frames) - 1) + IMAGE_MARK
            return row._replace(
                images=frames, scene=row.scene or scene_of(row.video),
                question=row.question.replace(IMAGE_MARK, marks, 1),
            )  # fmt: skip
        if row.pictures:
            return self._embedded(row)
        if not row.images:
            return row
        paths = []
        for i, path in enumerate(row.images):
            marks_here = [mark for mark in row.marks if mark.image == i]
            if marks_here:
                paths.append(self.store(drawn(self._read(path), marks_here), ".jpg"))
            else:
                paths += self._once(path, lambda path=path: [self._take(path)])  # type: ignore[misc]
        return row._replace(images=paths, scene=row.scene or scene_of(row.images[0]))

    def _embedded(self, row: SetRow) -> SetRow:
        paths = []
        for name, data in zip(row.images, row.pictures, strict=True):
            if len(data) > MAX_FILE:
                raise BrokenRow("a picture's file is too large", name)
            suffix = suffix_of(data, name)
            refuse_undecodable(data)
            paths.append(self.store(data, suffix))
        # Pictures of many rows have the same name: only what they show tells them apart.
        scene = row.scene or known_scene(row.images[0]) or scene_of(paths[0])
        return row._replace(images=paths, pictures=(), scene=scene)

    def _once(self, key: str, make: Callable[[], list[str]]) -> list[str]:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = make()
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found

    def _take(self, path: str) -> str:
        data = self._read(path)
        return self.store(data, suffix_of(data, path))

    def _video(self, path: str) -> list[str]:
        found = self._place(path)
        return [self.store(data, ".jpg") for data in frames_of(found, self.frames, QUALITY)]

    def _read(self, path: str) -> bytes:
        place = self._place(path)
        try:
            if place.stat().st_size > MAX_FILE:
                raise BrokenRow("a picture's file is too large", path)
            return place.read_bytes()
        except OSError as error:
            raise BrokenRow("a picture cannot be read", f"{path}: {error.strerror}") from error

    def _place(self, path: str) -> Path:
        root, rest = self.root, path
        parts = external_parts(path)
        if parts is not None and parts[0] in self.nested:
            root, rest = Path(self.nested[parts[0]]), parts[1]
        place = None if image_path_problem(path) else inside(root, rest)
        if place is None:
            raise BrokenRow("a path leaves the folder of pictures", path)
        try:
            if not place.is_file():
                raise BrokenRow("a picture is missing", path)
        except (OSError, ValueError) as error:
            raise BrokenRow("a path leaves the folder of pictures", path) from error
        return place


def suffix_of(data: bytes, path: str) -> str:
    """Return the suffix of a picture by its first bytes.

    Raises:
        BrokenRow: If it is none of the known formats.
    """
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return ".png"
    if data[:3] == b"\xff\xd8\xff":
        return ".jpg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    if data[:2] == b"BM" and len(data) > 54:
        return ".bmp"
    raise BrokenRow("a picture's file is no PNG, JPEG, WEBP or BMP", path)


def refuse_undecodable(data: bytes) -> None:
    """Look at the head of a picture.

    Raises:
        BrokenRow: If it is none, or too large.
    """
    try:
        with Image.open(BytesIO(data), formats=tuple(FORMATS)) as opened:
            size = opened.size
    except Exception as error:  # whatever Pillow's decoders raise on damaged files
        raise BrokenRow("a picture cannot be decoded", error) from error
    if size[0] * size[1] > MAX_PIXELS:
        raise BrokenRow("a picture has too many pixels", size)


def drawn(data: bytes, marks: Sequence[Mark]) -> bytes:
    """Return a picture with marks, as JPEG; they are as large against it as 20 of 480 pixels.

    Raises:
        BrokenRow: If it cannot be decoded, or a mark is not of 0 to 1000.
    """
    try:
        with Image.open(BytesIO(data), formats=tuple(FORMATS)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise BrokenRow("a picture has too many pixels", opened.size)
            image = opened.convert("RGB")
    except BrokenRow:
        raise
    except Exception as error:  # whatever Pillow's decoders raise on damaged files
        raise BrokenRow("a picture cannot be decoded", error) from error
    draw = ImageDraw.Draw(image)
    size = max(2, round(min(image.size) / 24))
    for mark in marks:
        if len(mark.place) not in (2, 4) or any(not 0 <= x <= 1000 for x in mark.place):
            raise BrokenRow("a mark lies outside its picture", mark.place)
        scale = (image.width / 1000, image.height / 1000) * (len(mark.place) // 2)
        place = [int(x * s) for x, s in zip(mark.place, scale, strict=True)]
        color = COLORS[mark.color]
        if len(place) == 2:
            x, y = place
            draw.ellipse((x - size, y - size, x + size, y + size), fill=color)
            corner = (x + size, y + size)
        else:
            left, right = sorted((place[0], place[2]))
            top, bottom = sorted((place[1], place[3]))
            width = max(2, size // 2)
            box = (left - width, top - width, right + width, bottom + width)
            draw.rectangle(box, outline=color, width=width)
            corner = (left, bottom + width)
        if mark.label:
            at = (max(0, min(corner[0], image.width - 8 * size)),
                  max(0, min(corner[1], image.height - 2 * size)))  # fmt: skip
            draw.text(at, mark.label, fill=(0, 255, 0), font_size=1.6 * size)
    stream = BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
