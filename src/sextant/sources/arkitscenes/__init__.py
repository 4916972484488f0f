"""ARKitScenes: 5,047 scans of homes with an iPad's LiDAR, boxes of 17 kinds of furniture.

Conventions of the files:

- ``lowres_wide.traj``: time, axis-angle, translation of the WORLD-TO-CAMERA transform; it is
  inverted here (its translation read as the camera's place is a known mistake of other tools).
  OpenCV camera axes, Z up, metres.
- ``.pincam``: ``width height fx fy cx cy``; the principal point is the full picture's divided by
  7.5, which leaves it 0.07 pixels off ours, and is taken as it is.
- Depth in millimetres, 0 invalid, registered with the picture (256x192).
- Names carry times: intrinsics may be 1 ms off their picture, poses (10 a second) up to 5 ms; a
  picture without a pose of its own, as most of the raw set at 60 a second, is left out and counted.
- Devices were held turned: pictures, intrinsics and poses of a scan are turned by the quarter that
  brings the world's up closest to the picture's, one for the whole scan.
- ``obbAligned``: full lengths, ROWS of ``normalizedAxes`` are the axes.
"""

from sextant.sources.arkitscenes.layout import read_trajectory
from sextant.sources.arkitscenes.reader import FACTS, NAME, ArkitScenesSource, open_source

__all__ = ["FACTS", "NAME", "ArkitScenesSource", "open_source", "read_trajectory"]
