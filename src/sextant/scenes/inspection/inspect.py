"""All checks of one scene, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.scenes.inspection.agreement import (
    Agreement,
    agreement,
    better_reading,
    displacements_m,
)
from sextant.scenes.inspection.boxes import BoxFacts, box_facts
from sextant.scenes.inspection.findings import Finding, SceneReport
from sextant.scenes.inspection.views import View, load_views
from sextant.scenes.scene import Scene

Array = NDArray[np.float64]

VIEWS = 24
"""Frames that are looked at in a scene, if no other number is asked for."""

OFF_M, OFF_SHARE = 0.05, 0.005
"""A frame is misaligned if it is off by more than 5 cm plus half a percent of its depth."""

ROOM_M = (0.15, 40.0)
"""Median depth of a capture people walk through; an object on a turntable is at the lower end."""

OBJECT_M = (0.02, 8.0)
"""Median of the longest sides of a scene's boxes."""

ALONE = 0.02
"""A frame that sees less than this like any other could lie anywhere."""

LEANING = 0.6
"""Cameras that agree in their vertical by so much (1: all the same) tell which way is up."""


def inspect_scene(scene: Scene, views: int = VIEWS) -> SceneReport:
    """Hold a scene's frames, boxes and units against each other.

    Args:
        scene: Its frames' depth (and ids, where there are boxes) is read, of ``views`` of them.
        views: How many frames to look at.
    """
    numbers: dict[str, Any] = {"frames": len(scene.frames), "objects": len(scene.objects)}
    found: list[Finding] = []
    checks = 0
    looked, errors = load_views(scene, views, with_ids=bool(scene.objects))
    if errors:
        what = (
            f"{len(errors)} of {len(errors) + len(looked)} frames cannot be read: {errors[0].what}"
        )
        found.append(Finding(2 * len(errors) > len(looked), "frames", what))
    numbers["views"] = len(looked)
    if looked:
        checks += 1
        depth = [float(np.nanmedian(v.depth_m)) for v in looked]
        numbers["depth_m"] = float(np.median(depth))
    trusted = bool(looked)
    if len(looked) >= 2:
        checks += 1
        now = agreement(looked)
        found += _agreement_findings(looked, now, numbers)
        trusted = not any(f.fails for f in found)
        # A frame that shares nothing may lie anywhere, and so may what it saw.
        fixed = [v for v, same in zip(looked, now.same, strict=True) if same >= ALONE]
        looked = fixed or looked
    if scene.is_metric:
        found += _unit_findings(scene, numbers)
    checks += bool(scene.objects)
    found += _world_findings(scene, numbers)
    if scene.objects and trusted:
        # Boxes can only be held against frames that agree with each other.
        found += _box_findings(box_facts(scene.objects, looked), numbers)
    numbers["checks"] = checks
    return SceneReport(scene.id, numbers, tuple(sorted(found, key=lambda f: not f.fails)))


def _agreement_findings(
    views: Sequence[View], now: Agreement, numbers: dict[str, Any]
) -> list[Finding]:
    alone = [v.id for v, same in zip(views, now.same, strict=True) if not same >= ALONE]
    numbers |= {"agreement": now.score, "median_error_m": now.median_m, "alone": len(alone)}
    found = []
    better = better_reading(views, now)
    if better is not None:
        kind, name, other = better
        what = f"frames agree on {now.score:.0%} of what they share, on {other.score:.0%} if {name}"
        return [Finding(True, kind, what)]
    share = len(alone) / len(views)
    if share > 0.1:
        what = f"{len(alone)} of {len(views)} frames share nothing with another ({alone[0]}, ...)"
        found.append(Finding(share > 0.5, "overlap", what))
    if now.pairs == 0:
        return found
    before = float(np.nanmedian(now.before))
    numbers["before"] = before
    if now.score < 0.3 and before > 0.3:
        what = (
            f"frames agree on {now.score:.0%} of what they share, and no known mistake explains it"
        )
        return [*found, Finding(True, "poses", what)]
    off = displacements_m(views)
    known = off[np.isfinite(off)]
    if len(known):
        numbers["off_m"] = float(np.median(known))
        numbers["worst_off_m"] = float(known.max())
    bad = [
        (float(d), v.id)
        for d, v in zip(off, views, strict=True)
        if d > OFF_M + OFF_SHARE * float(np.nanmedian(v.depth_m))
    ]
    if bad:
        worst, frame = max(bad)
        what = f"{len(bad)} of {len(views)} frames are misaligned; {frame} by {worst * 100:.0f} cm"
        found.append(Finding(True, "poses", what))
    return found


def _unit_findings(scene: Scene, numbers: dict[str, Any]) -> list[Finding]:
    found = []
    depth = numbers.get("depth_m")
    if depth is not None and not ROOM_M[0] <= depth <= ROOM_M[1]:
        what = f"median depth is {depth:.3g} m: is it in another unit?"
        found.append(Finding(True, "units", what))
    if scene.objects:
        side = float(np.median([o.box.size_m.max() for o in scene.objects]))
        numbers["box_m"] = side
        if not OBJECT_M[0] <= side <= OBJECT_M[1]:
            what = f"the median object is {side:.3g} m long: are boxes in another unit?"
            found.append(Finding(True, "units", what))
    return found


def _world_findings(scene: Scene, numbers: dict[str, Any]) -> list[Finding]:
    """Cameras that people hold keep one of their image axes near the vertical."""
    if len(scene.frames) < 3:
        return []
    R = np.array([f.T_world_camera[:3, :3] for f in scene.frames])
    # Upright, or on its side: as the camera turns about the vertical, only the image axis that
    # lies along it keeps its direction.
    means = {"upright": -R[:, :, 1].mean(axis=0), "sideways": R[:, :, 0].mean(axis=0)}
    lengths = {name: float(np.linalg.norm(mean)) for name, mean in means.items()}
    held = max(lengths, key=lambda name: lengths[name])
    if lengths[held] < LEANING or abs(lengths["upright"] - lengths["sideways"]) < 0.05:
        return []
    up = means[held] / lengths[held]
    numbers["up_z"] = float(up[2]) if held == "upright" else abs(float(up[2]))
    if numbers["up_z"] > 0.5:
        return []
    if numbers["up_z"] < -0.5:
        return [Finding(True, "world", "cameras are upside down: up is -z in this world")]
    axis = int(np.argmax(np.abs(up)))
    sign = "" if held == "sideways" else "+" if up[axis] > 0 else "-"
    what = f"cameras are held along {sign}{'xyz'[axis]}: up is not z in this world"
    return [Finding(bool(abs(up[axis]) > 0.7), "world", what)]


def _box_findings(facts: BoxFacts, numbers: dict[str, Any]) -> list[Finding]:
    numbers |= {
        "boxes": facts.judged,
        "boxes_empty": len(facts.empty),
        "boxes_outside": len(facts.outside),
        "boxes_touched": facts.touched,
        "own_pixels_inside": facts.own_inside,
        "sides_against_doubled": facts.against_doubled if facts.sided else None,
    }
    found = []
    told = facts.sided >= 5
    if told and facts.against_doubled < 0.8:
        what = "surfaces lie at twice the boxes' lengths: are these half lengths?"
        found.append(Finding(True, "boxes", what))
    elif told and facts.halved_against > 1.3:
        what = "surfaces lie at half of the boxes' lengths: are these doubled?"
        found.append(Finding(True, "boxes", what))
    if facts.own_inside is not None and facts.own_inside < 0.9:
        what = f"the median box holds {facts.own_inside:.0%} of its own object's pixels"
        found.append(Finding(facts.own_inside < 0.7, "boxes", what))
    total = facts.judged + len(facts.outside)
    if facts.empty:
        what = f"{len(facts.empty)} of {total} boxes hold nothing but air ({facts.empty[0]}, ...)"
        found.append(Finding(len(facts.empty) > 0.2 * total, "boxes", what))
    # Where those boxes fit that can be held against surfaces, the frames saw a part of the place.
    partly = facts.judged >= 5 and facts.touched >= 0.9
    if facts.outside and not (partly and len(facts.outside) > 0.2 * total):
        what = f"{len(facts.outside)} of {total} boxes lie outside of what was seen"
        what += f" ({facts.outside[0]}, ...)"
        found.append(Finding(len(facts.outside) > 0.2 * total, "boxes", what))
    return found
