"""Small corpora with drawn pictures, written by the real writer."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from sextant.samples.sample import Sample, sample_id
from sextant.samples.store import CorpusWriter

CATEGORIES = ("sofa", "chair", "table", "lamp", "bookshelf", "bed", "plant", "desk", "stool", "rug")

FAMILIES = (
    ("mm.object_size", "number", "cm"),
    ("mm.object_distance", "number", "m"),
    ("mm.object_count", "number", "count"),
    ("mm.room_area", "number", "m2"),
    ("sr.relative_distance", "choice", None),
    ("sr.vertical_relation", "boolean", None),
    ("sr.support", "text", None),
    ("mr.hidden_object", "choice", None),
    ("mr.map_position", "json", None),
    ("pt.camera_rotation", "number", "deg"),
    ("pt.hypothetical_direction", "choice", None),
    ("cr.appearance_order", "choice", None),
    ("cr.fit", "boolean", None),
)


def yaw_matrix(angle: float) -> np.ndarray:
    """Return a rotation about +z."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def look(center: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return camera-to-world axes (x right, y down, z forward)."""
    z = (target - center) / np.linalg.norm(target - center)
    x = np.cross(z, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def make_scene(index: int, cameras: int = 8) -> dict[str, Any]:
    """Return a scene row with decoded parts: an L-shaped room, some furniture, a ring of views."""
    rng = np.random.default_rng(index)
    w, d = rng.uniform(4, 7), rng.uniform(3.5, 5.5)
    polygon = [[0, 0], [w, 0], [w, 0.6 * d], [0.7 * w, 0.6 * d], [0.7 * w, d], [0, d]]
    objects = []
    for i in range(10):
        size = rng.uniform([0.25, 0.25, 0.3], [0.9, 0.6, 1.0])
        x, y = rng.uniform(0.6, 0.7 * w - 0.6), rng.uniform(0.6, d - 0.6)
        objects.append(
            {
                "id": f"{CATEGORIES[i]}_{i}",
                "category": CATEGORIES[i],
                "center": [x, y, size[2] / 2],
                "size_m": size.tolist(),
                "R": yaw_matrix(rng.uniform(-0.5, 0.5)).ravel().tolist(),
                "front": [0.0, 1.0, 0.0] if i % 3 == 0 else None,
            }
        )
    middle = np.array([0.35 * w, d / 2, 0.7])
    views = []
    for n in range(cameras):
        angle = 2 * math.pi * n / cameras
        ring = np.array([0.33 * w * math.cos(angle), 0.45 * d * math.sin(angle), 1.1])
        center = middle + ring
        views.append(
            {
                "id": f"frame-{n:06d}",
                "center": center.tolist(),
                "R": look(center, middle).ravel().tolist(),
            }
        )
    return {
        "source": "drawn" if index % 2 else "sketched",
        "scene_id": f"room_{index:04d}",
        "split": "val" if index % 5 == 0 else "train",
        "license": "CC0-1.0",
        "is_metric": True,
        "room": {"floor_polygon": polygon, "floor_z_m": 0.0, "kind": "bedroom", "area_m2": w * d},
        "objects": objects,
        "cameras": views,
    }


def draw_view(scene: Mapping[str, Any], camera: Mapping[str, Any], width: int = 320) -> bytes:
    """Paint the boxes of a scene, far to near, and return the PNG bytes."""
    height = 3 * width // 4
    picture = Image.new("RGB", (width, height), (214, 208, 198))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height * 0.58, width, height), fill=(164, 148, 128))
    R, center = np.array(camera["R"]).reshape(3, 3), np.array(camera["center"])
    faces = []
    for i, thing in enumerate(scene["objects"]):
        turn, size = np.array(thing["R"]).reshape(3, 3), np.array(thing["size_m"])
        tint = np.array([(97 * i + 60) % 180 + 40, (57 * i + 90) % 180 + 40, (31 * i) % 180 + 40])
        for axis in range(3):
            for side in (-1, 1):
                ring = []
                for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1)):
                    unit = np.insert(np.array([a, b], dtype=float), axis, side)
                    ring.append(np.array(thing["center"]) + turn @ (unit * size / 2))
                points = (np.array(ring) - center) @ R
                if (points[:, 2] < 0.15).any():
                    continue
                flat = points[:, :2] / points[:, 2:] * 0.6 * width + [width / 2, height / 2]
                shade = tint * (0.6 + 0.2 * axis)
                faces.append((points[:, 2].mean(), flat, tuple(int(c) for c in shade.clip(0, 255))))
    for _, flat, colour in sorted(faces, key=lambda face: -face[0]):
        pen.polygon([tuple(p) for p in flat], fill=colour, outline=(30, 30, 30))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def make_sample(
    scene: Mapping[str, Any], family: int, index: int, images: Sequence[str], **changes: Any
) -> Sample:
    """Return one plausible question; ``changes`` replace fields."""
    task, answer_type, unit = FAMILIES[family % len(FAMILIES)]
    rng = np.random.default_rng([index, family])
    chosen = [scene["objects"][i] for i in rng.choice(len(scene["objects"]), 5, replace=False)]
    names = {thing["id"]: thing["category"] for thing in chosen}
    listed = [thing["category"] for thing in chosen]
    options = tuple(listed[1:]) if answer_type == "choice" else None
    right = int(rng.integers(4)) if options else None
    value = float(rng.gamma(4.0, 0.6)) if unit else None
    if unit == "count":
        value = float(rng.integers(2, 9))
    words = {
        "choice": "ABCD"[right or 0],
        "number": "" if value is None else f"{value:.1f}",
        "boolean": "yes" if rng.random() < 0.5 else "no",
        "text": listed[1],
        "json": json.dumps({name: [int(rng.integers(10)), 3] for name in listed}),
    }
    frames = [camera["id"] for camera in scene["cameras"][: len(images)]]
    label = chosen[1 + right]["id"] if right is not None else None
    evidence = {
        "objects": [thing["id"] for thing in chosen],
        "names": names,
        "frames": frames,
        "geometry": "box",
        "quantity": "surface_distance_m",
        "value": value,
        "unit": unit,
        "label": label,
        "margin": float(rng.uniform(0, 1.5)),
        "thresholds": {"min_gap_m": 0.15, "min_gap_ratio": 0.1},
        "reference_frame": "world",
        "ask": {"variant": "closest"},
        "detail": {"distances_m": rng.uniform(0.3, 3.0, 4).round(4).tolist()},
        "difficulty": {"frames": len(images), "smallest_visible": 0.41, "steps": 2},
    }
    fields: dict[str, Any] = {
        "id": sample_id(scene["source"], scene["scene_id"], task, index),
        "capability": task[:2].upper(),
        "task": task,
        "source": scene["source"],
        "scene_id": scene["scene_id"],
        "split": scene["split"],
        "images": tuple(images),
        "frame_ids": tuple(frames),
        "question": "<image>\n"
        * len(images)
        + f"Measured between the nearest points, which of these objects is closest to the "
        f"{listed[0]}?",
        "answer": words[answer_type],
        "answer_type": answer_type,
        "options": options,
        "answer_index": right,
        "value": value,
        "unit": unit,
        "evidence": json.dumps(evidence),
        "difficulty": ("easy", "medium", "hard")[index % 3],
        "template": f"{task}.{int(rng.integers(8))}",
        "seed": index,
        "rationale": "Step 1: take the boxes.\nStep 2: compare." if index % 4 == 0 else None,
        "turns": None,
        "license": scene["license"],
        "generator": "sextant test",
    }
    return Sample(**{**fields, **changes})


def write_corpus(
    root: Path,
    samples: Iterable[Sample],
    scenes: Iterable[Mapping[str, Any]] = (),
    images: Iterable[bytes] = (),
    drops: Mapping[tuple[str, str], int] | None = None,
    quarantine: Sequence[Mapping[str, str]] = (),
) -> Path:
    """Write one shard and finish the folder."""
    head = {
        "recipe": {"seed": 7, "tasks": "all"},
        "recipe_hash": "5f" * 16,
        "source": {"name": "drawn", "root": "rooms", "options": {}},
        "versions": {"sextant": "0.1.0", "numpy": "2.0"},
        "shards": 1,
    }
    writer = CorpusWriter(root, head)
    shard = writer.shard(0)
    for data in images:
        shard.image(data, ".png")
    shard.commit(list(samples), list(scenes), drops or {}, quarantine)
    writer.finish()
    return root


def image_name(data: bytes) -> str:
    """Return the path under which the writer stores a PNG."""
    from hashlib import blake2b

    digest = blake2b(data, digest_size=16).hexdigest()
    return f"images/{digest[:2]}/{digest}.png"


def write_rooms(root: Path, scenes: int = 2, per_family: int = 4, width: int = 96) -> Path:
    """Write a corpus with all of ``FAMILIES`` over some drawn rooms."""
    rooms = [make_scene(i) for i in range(scenes)]
    views = {r["scene_id"]: [draw_view(r, c, width) for c in r["cameras"]] for r in rooms}
    samples = []
    for family, (task, _, _) in enumerate(FAMILIES):
        for index in range(per_family):
            room = rooms[(index + family) % scenes]
            shown = 8 if task == "cr.appearance_order" else 0 if index % 7 == 6 else 1 + family % 4
            names = [image_name(data) for data in views[room["scene_id"]][:shown]]
            samples.append(make_sample(room, family, index, names))
    drops = {
        (task, reason): 10 + 7 * i + 31 * j
        for i, (task, _, _) in enumerate(FAMILIES)
        for j, reason in enumerate(("margin_too_small", "name_ambiguous", "not_visible"))
    }
    broken = [
        {"scene_id": "room_9", "what": "a pose is not a rotation", "where": "f3", "message": "m"}
    ]
    data = [one for listed in views.values() for one in listed]
    return write_corpus(root, samples, rooms, data, drops, broken)
