"""InternScenes: layouts of some 40,000 rooms as nine-number boxes, without pictures.

``layout.json`` is a list of {id, category, model_uid, bbox}; ``bbox`` is centre, full size and
Euler angles (z, x, y) that make Rz Rx Ry, Z up, metres, the origin near the room's centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.scenes import Scene, SceneObject
from sextant.sources.boxes import box_of_nine
from sextant.sources.documents import read_json, shown
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name, is_shell

NAME = "internscenes"

FACTS = DatasetFacts(
    title="InternScenes",
    licence="InternScenes (its own terms; scenes from scans also under the scan's terms)",
    page="https://github.com/InternRobotics/InternScenes",
    terms="those of the official page",
    parts=(Part("Layout_info", "boxes"),),
    layout=("<root>/**/<scene>_layout.json or <root>/**/<scene>/layout.json",),
    supports=frozenset({"objects", "metric", "video"}),
    splits="none published: train",
    countable="nothing: layouts that stand for scans keep what they replaced",
)

_DEEPEST = 4


@dataclass(slots=True)
class InternScenesSource:
    """The layouts found under a root."""

    layouts: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the scenes' names, sorted."""
        return tuple(self.layouts)

    def open(self, scene_id: str) -> Scene:
        """Read one layout.

        Raises:
            InputError: If it is broken, or more than a fifth of its boxes are.
        """
        if scene_id not in self.layouts:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_layout(scene_id, self.layouts[scene_id])

    def describe(self) -> str:
        """Say what was found."""
        return f"InternScenes: {len(self.layouts)} layouts"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of layouts, or one of them.

    Raises:
        MissingInput: If no layout is found there.
    """
    found: dict[str, Path] = {}
    if root is not None and root.is_file() and root.name.endswith("layout.json"):
        found[_name(root, root.parent)] = root
    elif root is not None and root.is_dir():
        for depth in range(_DEEPEST + 1):
            for path in sorted(root.glob("*/" * depth + "*layout.json")):
                found.setdefault(_name(path, root), path)
    if not found:
        raise nothing_found(NAME, FACTS, root, "<scene>_layout.json or <scene>/layout.json")
    return InternScenesSource(dict(sorted(found.items())[: options.scenes]))


def _name(path: Path, root: Path) -> str:
    stem = path.name[: -len("layout.json")].rstrip("_")
    folder = path.parent.relative_to(root).as_posix()
    parts = [p for p in (folder if folder != "." else "", stem) if p]
    return "/".join(parts) or path.resolve().parent.name


def _open_layout(scene_id: str, path: Path) -> Scene:
    records = read_json(path)
    if not isinstance(records, list):
        raise CorruptInput("layout is no list of objects", where=path, got=type(records).__name__)
    quarantine = Quarantine("objects")
    taken: set[str] = set()

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        number, record = entry
        where = f"{path}: [{number}]"
        category = record.get("category") if isinstance(record, Mapping) else None
        if not isinstance(category, str) or not category.strip() or "bbox" not in record:
            raise CorruptInput("object has no category or no bbox", where=where)
        box, _ = box_of_nine(record["bbox"], where)
        name = canonical_name(category)
        if is_shell(name):
            return None
        given = record.get("id", number)
        if not isinstance(given, str | int):
            raise CorruptInput("id is neither a number nor a text", where=where, got=shown(given))
        object_id = f"{given}_{name.replace(' ', '_')}"
        if object_id in taken:
            raise ConventionError("id stands twice", where=where, got=object_id[:80])
        taken.add(object_id)
        model = record.get("model_uid")
        attributes = {"model": model} if isinstance(model, str) else {}
        return SceneObject(id=object_id, category=name, box=box, attributes=attributes)

    made = [o for _, o in quarantine.sift(enumerate(records), read) if o is not None]
    quarantine.check()
    return Scene(
        id=scene_id,
        source=NAME,
        split="train",
        license=FACTS.licence,
        objects=tuple(sorted(made, key=lambda o: o.id)),
        notes={"split": "guessed: none is published"} | quarantine.notes,
    )
