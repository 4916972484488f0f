"""Turn ScanNet++ scene folders into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sextant.counted import counted
from sextant.errors import MissingInput
from sextant.scenes import Room, Scene
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.scannetpp.frames import dslr_frames, iphone_frames
from sextant.sources.scannetpp.layout import SceneFiles, find_scenes, official_splits
from sextant.sources.scannetpp.things import Things, read_things
from sextant.sources.source import Source, SourceOptions

NAME = "scannetpp"

FACTS = DatasetFacts(
    title="ScanNet++ v2",
    licence="ScanNet++ (ScanNet++ Terms of Use, non-commercial research only)",
    page="https://kaldir.vc.in.tum.de/scannetpp/",
    terms="register, sign the Terms of Use, wait for approval; you get a token for the script",
    parts=(
        Part("scan_mesh_path, scan_mesh_segs_path, scan_anno_json_path",
             "surfaces, labels and boxes", "", needed=False),
        Part("iphone_video_path, iphone_depth_path, iphone_pose_intrinsic_imu_path",
             "the walk: pictures, depth, poses", "", needed=False),
        Part("iphone_colmap_dir", "a check of the iPhone's poses", "", needed=False),
        Part("dslr_resized_dir, dslr_colmap_dir, dslr_train_test_lists_path",
             "stills of a DSLR camera", "", needed=False),
        Part("splits/nvs_sem_train.txt, nvs_sem_val.txt, ...", "the official splits",
             "", needed=False),
    ),
    layout=(
        "<root>/data/<scene>/scans/{mesh_aligned_0.05.ply, segments.json, segments_anno.json}",
        "<root>/data/<scene>/iphone/{rgb.mkv or rgb/, depth.bin, pose_intrinsic_imu.json, colmap/}",
        "<root>/data/<scene>/dslr/{resized_images/, colmap/, train_test_lists.json}",
        "<root>/splits/nvs_sem_{train,val}.txt, ...",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "video", "depth", "complete", "floor"}
    ),
    splits="splits/*.txt: nvs_sem_train is train, nvs_sem_val val, all others hidden test sets",
    countable="large things that are hard to overlook (bed, toilet, refrigerator, ...)",
)  # fmt: skip


@dataclass(slots=True)
class ScannetppSource:
    """The scene folders found under a root."""

    scenes: Mapping[str, SceneFiles]
    splits: Mapping[str, str]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the scene ids, sorted."""
        return tuple(self.scenes)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's mesh, labels and poses; pictures and depth stay unread.

        Raises:
            InputError: If a file is broken, or there are neither pictures nor an annotation.
        """
        if scene_id not in self.scenes:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scene(scene_id, self.scenes[scene_id], self.splits)

    def describe(self) -> str:
        """Say what was found and which scenes lack what."""
        files = self.scenes.values()
        lacking = {
            "annotation": sum(bool(f.missing_annotation()) for f in files),
            "iPhone video": sum(not f.has_iphone() for f in files),
            "DSLR pictures": sum(not f.has_dslr() for f in files),
        }
        lines = [f"ScanNet++: {counted(len(self.scenes), 'scene')}"]
        return "\n".join(lines + [f"{n} of them without {w}" for w, n in lacking.items() if n])


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the download folder, data/ in it, or one scene.

    Raises:
        MissingInput: If no scene folder is found there.
    """
    scenes = {} if root is None else find_scenes(root)
    if root is None or not scenes:
        raise nothing_found(NAME, FACTS, root, "data/<ten hex digits>/{scans, iphone, dslr}")
    splits = official_splits(root) or official_splits(root.resolve().parent)
    return ScannetppSource(dict(list(scenes.items())[: options.scenes]), splits)


def _open_scene(scene_id: str, files: SceneFiles, splits: Mapping[str, str]) -> Scene:
    missing = files.missing_annotation()
    if missing and not files.has_iphone() and not files.has_dslr():
        lacking = [*missing, "iphone/rgb.mkv", "iphone/pose_intrinsic_imu.json"]
        raise incomplete(NAME, FACTS, files.folder, lacking, "anything of it")
    notes: dict[str, str] = {}
    if scene_id not in splits:
        notes["split"] = "guessed: no list in splits/ names it"
    things = Things((), None, Room(), frozenset(), {})
    if missing:
        notes["objects"] = f"none: missing {', '.join(missing)}"
    else:
        things = read_things(files, NAME)
    walk, more = iphone_frames(files.iphone) if files.has_iphone() else ((), {})
    notes |= more
    stills, more = dslr_frames(files.dslr) if files.has_dslr() else ((), {})
    notes |= more
    return Scene(
        id=scene_id,
        source=NAME,
        split=splits.get(scene_id, "train"),
        license=FACTS.licence,
        objects=things.objects,
        frames=(*walk, *stills),
        room=things.room,
        shell=things.shell,
        complete_categories=things.complete_categories,
        notes=notes | dict(things.notes),
    )
