"""Write a simulated scene as ScanNet++ v2 would hold it."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pyarrow
from numpy.typing import NDArray
from PIL import Image

from layouts.colmap import bent_picture
from layouts.world import picture, render
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import invert, quaternion_from_rotation, rigid
from sextant.scenes import Camera, Scene
from sextant.sources.colmap.lenses import lens_of

Array = NDArray[np.float64]

SCENE = "0a5c013435"

STATED = Camera(1920, 1440, 1410.0, 1405.0, 951.0, 727.0)
"""What the iPhone's intrinsics speak of."""

VIDEO = Camera(480, 360, 1410.0 / 4, 1405.0 / 4, 951.0 / 4, 727.0 / 4)
"""The same pictures, stored smaller to keep tests quick."""

SENSOR = Camera(256, 192, 1410.0 / 7.5, 1405.0 / 7.5, 951.0 / 7.5, 727.0 / 7.5)

FISHEYE = ("OPENCV_FISHEYE", 120, 80, (52.0, 51.5, 59.0, 41.0, 0.03, -0.006, 0.002, -0.001))

T_ARKIT_WORLD = rigid(rotation_from_axis_angle([1.2, 0.3, -0.4]), [3.0, 1.0, -2.0])
"""ARKit's own world, in which ``pose`` is: nothing else is."""


def write_scene(
    root: Path,
    scene: Scene,
    *,
    framed: bool = True,
    video: bool = True,
    lost: tuple[int, ...] = (),
    dslr: bool = True,
    iphone: bool = True,
    nerfstudio: bool = False,
) -> Path:
    """Write one scene folder below root/data; frames of the scene are the iPhone's."""
    folder = root / "data" / SCENE
    folder.mkdir(parents=True)
    write_scan(folder / "scans", scene)
    if iphone:
        write_iphone(folder / "iphone", scene, framed=framed, video=video, lost=lost)
    if dslr:
        write_dslr(folder / "dslr", scene, nerfstudio=nerfstudio)
    return folder


def write_scan(folder: Path, scene: Scene) -> None:
    """Mesh, one segment per object, and a group that holds all of them (a multilabel)."""
    folder.mkdir(parents=True)
    parts = [(o.mesh, 100 + 7 * o.instance_value) for o in scene.objects]
    parts.append((scene.shell, 5))
    starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in parts)])
    vertices = np.concatenate([m.vertices_world for m, _ in parts])
    faces = np.concatenate([m.faces + s for (m, _), s in zip(parts, starts, strict=False)])
    segments = np.concatenate([np.full(len(m.vertices_world), s) for m, s in parts])
    segments[(segments == 5) & (vertices[:, 2] < 1e-6)] = 6
    header = [
        "ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}",
        *(f"property double {a}" for a in "xyz"), f"element face {len(faces)}",
        "property list uchar int vertex_indices", "end_header", "",
    ]  # fmt: skip
    triangles = np.zeros(len(faces), [("n", "u1"), ("f", "<i4", 3)])
    triangles["n"], triangles["f"] = 3, faces
    (folder / "mesh_aligned_0.05.ply").write_bytes(
        "\n".join(header).encode() + vertices.astype("<f8").tobytes() + triangles.tobytes()
    )
    (folder / "segments.json").write_text(json.dumps({"segIndices": segments.tolist()}))
    groups = [
        group(o.instance_value, o.category, [100 + 7 * o.instance_value], o.box, i)
        for i, o in enumerate(scene.objects)
    ]
    everything = [s for _, s in parts] + [6]
    box = scene.objects[0].box
    groups.append(group(900, "floor", [6], box, 0))
    groups.append(group(901, "REMOVE", [5], box, 0))
    groups.append(group(902, "wall", everything, box, 0))
    (folder / "segments_anno.json").write_text(json.dumps({"segGroups": groups}))


def group(number: int, label: str, segments: list[int], box: object, turn: int) -> dict:
    """An instance whose box axes start with any of the three: the vertical is any row."""
    order = np.roll(np.arange(3), turn)
    axes = box.R_world_box.T[order]
    if turn % 2:  # axes of a minimal box may be left-handed as well
        axes[0] = -axes[0]
    return {
        "id": number, "objectId": number, "label": label, "segments": segments,
        "obb": {
            "centroid": box.center.tolist(), "axesLengths": box.size_m[order].tolist(),
            "normalizedAxes": axes.ravel().tolist(),
        },
    }  # fmt: skip


def write_iphone(
    folder: Path, scene: Scene, *, framed: bool, video: bool, lost: tuple[int, ...]
) -> None:
    """Frames 0, 10, 20, ... of the walk carry the scene's views; the video holds only those."""
    (folder / "colmap").mkdir(parents=True)
    records, images, depths = {}, [], []
    for k, frame in enumerate(scene.frames):
        T = frame.T_world_camera if k not in lost else np.full((4, 4), np.nan)
        records[f"frame_{k:06d}"] = {
            "timestamp": 1000.5 + k / 2,
            "pose": (T_ARKIT_WORLD @ frame.T_world_camera @ np.diag([1, -1, -1, 1])).tolist(),
            "aligned_pose": T.tolist(),
            "intrinsic": STATED.K.tolist(),
            "imu": {},
        }
        images.append((k + 1, frame.T_world_camera, f"video/frame_{k:06d}.jpg"))
        depths.append(np.nan_to_num(render(scene, SENSOR, frame.T_world_camera).depth_m))
    (folder / "pose_intrinsic_imu.json").write_text(json.dumps(records))
    write_colmap(folder / "colmap", "OPENCV", 1920, 1440, (*STATED_PARAMS, 0, 0, 0, 0), images)
    pictures = [frame.read_rgb() for frame in scene.frames]
    if video:
        write_video(folder / "rgb.mkv", pictures)
    else:
        (folder / "rgb").mkdir()
        for k, rgb in enumerate(pictures):
            Image.fromarray(rgb).save(folder / "rgb" / f"frame_{k:06d}.jpg", quality=95)
    write_depth(folder / "depth.bin", depths, framed=framed)


STATED_PARAMS = (STATED.fx, STATED.fy, STATED.cx, STATED.cy)


def write_depth(path: Path, depths: list, *, framed: bool) -> None:
    """depth.bin in one of its two layouts; in the newer one every third frame falls back."""
    if not framed:
        raw = b"".join(d.astype("<f4").tobytes() for d in depths)
        path.write_bytes(deflated(raw))
        return
    out = []
    for k, depth in enumerate(depths):
        if k % 3 == 2:
            packed = deflated(depth.astype("<f4").tobytes())
        else:
            millimetres = np.rint(depth * 1000).astype("<u2").tobytes()
            packed = bytes(pyarrow.Codec("lz4_raw").compress(millimetres))
        out += [struct.pack("<I", len(packed)), packed]
    path.write_bytes(b"".join(out))


def deflated(raw: bytes) -> bytes:
    """A raw deflate stream, without zlib's header."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(raw) + packer.flush()


def write_video(path: Path, pictures: list) -> None:
    """A file with frames that lean on each other: .mkv or .mp4."""
    import av

    kind = {".mkv": "matroska", ".mp4": "mp4"}[path.suffix]
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"g": "3", "bf": "1", "qscale": "1"}
        stream.bit_rate = 40_000_000
        for rgb in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))


def write_dslr(folder: Path, scene: Scene, *, nerfstudio: bool) -> None:
    """Fisheye stills; the last one is in no list."""
    (folder / "resized_images").mkdir(parents=True)
    lens = lens_of(*FISHEYE, "test")
    names, images = [], []
    for k, frame in enumerate(scene.frames):
        name = f"DSC{k:05d}.JPG"
        rgb = bent_picture(scene, lens, frame.T_world_camera)
        Image.fromarray(rgb).save(folder / "resized_images" / name, quality=95)
        names.append(name)
        images.append((k + 1, frame.T_world_camera, name))
    lists = {"train": names[:-2], "test": names[-2:-1], "has_masks": False}
    (folder / "train_test_lists.json").write_text(json.dumps(lists))
    if not nerfstudio:
        (folder / "colmap").mkdir()
        write_colmap(folder / "colmap", *FISHEYE, images)
        return
    (folder / "nerfstudio").mkdir()
    frames = []
    for _, T, name in images:
        # as the toolbox writes it: OpenGL camera, x and y exchanged, z negated
        opengl = T @ np.diag([1.0, -1.0, -1.0, 1.0])
        opengl = opengl[[1, 0, 2, 3]]
        opengl[2] *= -1
        frames.append({"file_path": name, "transform_matrix": opengl.tolist()})
    keys = ("fl_x", "fl_y", "cx", "cy", "k1", "k2", "k3", "k4")
    document = dict(zip(keys, FISHEYE[3], strict=True)) | {
        "w": FISHEYE[1], "h": FISHEYE[2], "camera_model": "OPENCV_FISHEYE",
        "frames": frames[:-1], "test_frames": frames[-1:],
    }  # fmt: skip
    (folder / "nerfstudio" / "transforms.json").write_text(json.dumps(document))


def write_colmap(
    folder: Path, model: str, width: int, height: int, params: tuple, images: list
) -> None:
    """cameras.txt and images.txt, world-to-camera."""
    numbers = " ".join(repr(float(p)) for p in params)
    (folder / "cameras.txt").write_text(f"# cameras\n1 {model} {width} {height} {numbers}\n")
    lines = ["# images"]
    for number, T, name in images:
        T_camera_world = invert(T)
        q = quaternion_from_rotation(T_camera_world[:3, :3])
        words = [repr(float(x)) for x in (*q, *T_camera_world[:3, 3])]
        lines += [f"{number} {' '.join(words)} 1 {name}", ""]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")


def stretched_pinhole(scene: Scene, T: Array) -> NDArray[np.uint8]:
    """What a DSLR frame would show if the stored picture were a pinhole's."""
    return picture(scene, Camera(FISHEYE[1], FISHEYE[2], *FISHEYE[3][:4]), T)
