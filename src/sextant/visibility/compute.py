"""Visibility of all objects in all frames, by the best evidence that each frame has.

    instance masks                        "masks"   own pixels are the mask's
    no masks, every object has a mesh     "mesh"    own pixels are the z-buffer's
    no masks, depth                       "depth"   own pixels are where depth and geometry agree
    neither                               "boxes"   own pixels are the z-buffer's of boxes as solids

What an object would show if it stood alone is, in this order: the pixels its mesh covers; with
depth, what its points or its box's silhouette tell (:mod:`sextant.visibility.silhouettes`); else
the pixels its box covers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sextant.scenes import Scene
from sextant.visibility.frame_views import view_frame
from sextant.visibility.reading import frames_of
from sextant.visibility.samples import in_frame_ratios
from sextant.visibility.surfaces import lay_out
from sextant.visibility.table import VisibilityTable


def compute_visibility(scene: Scene, frame_ids: Sequence[str] | None = None) -> VisibilityTable:
    """Compute visible ratio, in-frame ratio, pixels, 2D box and nearest distance.

    In a frame with masks an object without an instance value is unseen.

    Args:
        scene: Objects and frames; each frame's arrays are read once and dropped.
        frame_ids: Frames in the order wanted; None = all of the scene.

    Returns:
        The table, with all objects of the scene as columns in scene order.

    Raises:
        ConventionError: If a frame's depth or masks have another size than its camera says, or a
            frame id is not in the scene.
    """
    frames = frames_of(scene, frame_ids)
    surfaces = lay_out(scene)
    shape = (len(frames), len(scene.objects))
    ratio, inside = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    count, box2d = np.zeros(shape, np.int32), np.full((*shape, 4), np.nan, np.float32)
    nearest, methods = np.full(shape, np.nan, np.float32), []
    for f, frame in enumerate(frames):
        inside[f] = in_frame_ratios(frame, surfaces.samples_world)
        method, ratio[f], (count[f], box2d[f], nearest[f]) = view_frame(frame, scene, surfaces)
        methods.append(method)
    # What is seen is inside, though every sample may miss the corner that a few pixels show.
    inside[(count > 0) & (inside == 0)] = 1.0 / surfaces.samples_world.shape[1]
    return VisibilityTable(
        frame_ids=tuple(f.id for f in frames),
        object_ids=tuple(o.id for o in scene.objects),
        visible_ratio=ratio,
        in_frame_ratio=inside,
        pixel_count=count,
        box2d=box2d,
        nearest_m=nearest,
        image_pixels=np.array([f.camera.width * f.camera.height for f in frames], dtype=np.int64),
        method=np.array(methods, dtype="<U5"),
    )
