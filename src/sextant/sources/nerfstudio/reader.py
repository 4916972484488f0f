"""Turn transforms.json of captures into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sextant.counted import counted
from sextant.errors import CorruptInput, MissingInput
from sextant.scenes import Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.documents import read_json_object
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.landmarks import shown_points
from sextant.sources.nerfstudio.fields import read_number
from sextant.sources.nerfstudio.views import read_depth, read_view
from sextant.sources.nerfstudio.world import find_scale, find_vertical, read_surface
from sextant.sources.quarantine import Quarantine
from sextant.sources.sidecar import read_sidecar
from sextant.sources.source import Source, SourceOptions
from sextant.sources.stored_lens import read_rgb
from sextant.sources.upright import moved, turn_to_z_up

NAME = "nerfstudio"

FACTS = DatasetFacts(
    title="nerfstudio transforms.json of a capture of your own",
    licence="not stated; the capture's owner decides",
    page="",
    terms="the capture's own; sextant.json may state a licence",
    parts=(
        Part("transforms.json", "lenses and poses"),
        Part("images/", "the pictures it names"),
        Part("depth/", "depth maps it names", needed=False),
        Part("masks/", "what must not be asked about (black)", needed=False),
        Part(
            "the .ply it names", "what pictures share, and a surface if it has faces", needed=False
        ),
        Part("sextant.json", "metres, the vertical, the licence", needed=False),
    ),
    layout=(
        "<root>/<scene>/transforms.json",
        "<root>/<scene>/{images, depth, masks}/...   as transforms.json names them",
        '<root>/<scene>/sextant.json   {"up": "y", "frames_per_second": 2}, optional',
    ),
    supports=frozenset({"frames", "many_frames", "depth", "metric", "video"}),
    splits="train, unless sextant.json says otherwise",
    countable="nothing: there are no objects",
)

DEPTH_UNIT_M = 1e-3


@dataclass(slots=True)
class NerfstudioSource:
    """The captures found under a root."""

    folders: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the scene folders, sorted."""
        return tuple(self.folders)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's transforms.json; pictures, depth and masks stay unread.

        Raises:
            InputError: If it is broken, pictures are missing, or up cannot be told.
        """
        if scene_id not in self.folders:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.folders[scene_id])

    def describe(self) -> str:
        """Say how many captures were found."""
        return f"nerfstudio: {counted(len(self.folders), 'scene')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open one folder with a transforms.json, or a folder of such.

    Raises:
        MissingInput: If there is none.
    """
    folders: dict[str, Path] = {}
    if root is not None and (root / "transforms.json").is_file():
        folders = {root.resolve().name: root}
    elif root is not None and root.is_dir():
        inside = sorted(root.iterdir())
        folders = {p.name: p for p in inside if (p / "transforms.json").is_file()}
    if not folders:
        raise nothing_found(NAME, FACTS, root, "<scene>/transforms.json")
    return NerfstudioSource(dict(list(folders.items())[: options.scenes]))


def _open(scene_id: str, folder: Path) -> Scene:
    path = folder / "transforms.json"
    document = read_json_object(path)
    records = document.get("frames")
    if not isinstance(records, list) or not records:
        raise CorruptInput("transforms.json has no list of frames", where=path)
    sidecar = read_sidecar(folder)
    quarantine = Quarantine("frames")
    views = [
        view
        for _, view in quarantine.sift(
            enumerate(records), lambda entry: read_view(entry, document, folder)
        )
    ]
    if not views and all(isinstance(e, MissingInput) for e in quarantine.errors):
        first = quarantine.errors[0]
        raise incomplete(NAME, FACTS, first.where, [first.expected], "any frame")
    quarantine.check()
    views.sort(key=lambda view: view.id)
    notes: dict[str, str] = {}
    up = find_vertical(document, sidecar, [v.T_files_camera for v in views], notes)
    T_world_files = turn_to_z_up(up, views[0].T_files_camera[:3, 2])
    scale, is_metric = find_scale(document, sidecar, views, path, notes)
    unit_m = read_number(document, "depth_unit_scale_factor", path, DEPTH_UNIT_M)
    shell, points = read_surface(document, folder, T_world_files, scale, notes)
    rate = sidecar.frames_per_second
    frames = []
    for k, view in enumerate(views):
        camera = view.lens.pinhole
        T = moved(view.T_files_camera, T_world_files, scale)
        T, _ = project_pose(T, where=f"{path}: {view.id}")
        has_depth = view.depth is not None and is_metric
        frames.append(
            Frame(
                id=view.id,
                camera=camera,
                T_world_camera=T,
                timestamp_s=None if rate is None else k / rate,
                read_rgb=partial(read_rgb, view.picture, view.lens, view.mask),
                read_depth=partial(read_depth, view.depth, view.lens, unit_m, view.mask)
                if view.depth is not None and has_depth
                else None,
                read_landmarks=None
                if has_depth or points is None
                else partial(shown_points, points, camera, T),
            )
        )
    return Scene(
        id=scene_id,
        source=NAME,
        split=sidecar.split or "train",
        license=sidecar.licence or FACTS.licence,
        frames=tuple(frames),
        shell=shell,
        is_metric=is_metric,
        notes=notes | quarantine.notes,
    )
