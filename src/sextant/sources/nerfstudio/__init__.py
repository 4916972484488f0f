"""nerfstudio's ``transforms.json``: what Polycam, Record3D, NeRF tools and COLMAP are turned into.

Conventions of the files, after nerfstudio's data parser and its converters:

- ``transform_matrix`` is camera-to-world of an OPENGL camera (y up, z backward).
- The world differs per file. Polycam's is Z up (``orientation_override: none``); Record3D's is
  ARKit's own, Y up; COLMAP's (``applied_transform``) has neither a vertical nor a unit. The
  vertical is taken from ``sextant.json``, from ``orientation_override``, else it is the mean of
  the cameras' up directions, or an axis of the world within 25 degrees of that; ``notes["up"]``
  says which.
- Intrinsics stand at the top or at each frame: ``fl_x fl_y cx cy w h``, or ``camera_angle_x``;
  lenses are straight, ``k1..k4 p1 p2`` (OPENCV) or ``k1..k4`` (OPENCV_FISHEYE).
- Depth is z-depth in steps of ``depth_unit_scale_factor`` metres (a millimetre), 0 = unknown, often
  smaller than its picture. The poses are metres times ``applied_scale``; so a capture with depth is
  metric. COLMAP's is not, and its depth, if any, is left out: it does not belong to its poses.
- ``mask_path``: black is not to be used. ``applied_transform`` is already in poses and in the PLY.
"""

from sextant.sources.nerfstudio.reader import FACTS, NAME, NerfstudioSource, open_source
from sextant.sources.nerfstudio.views import read_depth

__all__ = ["FACTS", "NAME", "NerfstudioSource", "open_source", "read_depth"]
