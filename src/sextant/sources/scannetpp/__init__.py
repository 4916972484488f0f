"""ScanNet++ v2: laser scans of about a thousand rooms, with DSLR pictures and iPhone videos.

Conventions of the files, after the official toolbox unless marked:

- Everything lies in one world: that of ``mesh_aligned_0.05.ply``, Z up, metres.
- ``colmap/images.txt``: world-to-camera, OpenCV axes. ``nerfstudio/transforms.json``: OpenGL
  cameras in a world whose x and y are exchanged and whose z is negated; both say the same.
- DSLR pictures are fisheye (OPENCV_FISHEYE); here they are straightened, at half size.
- iPhone: ``pose_intrinsic_imu.json`` has ``aligned_pose`` (camera-to-world, OpenCV axes: not in the
  toolbox; held against COLMAP's poses where they are there, and refused if they differ) and
  ``intrinsic`` for 1920x1440. ``pose`` is ARKit's own world and is not used.
- ``depth.bin``: 256x192, either one raw-deflate stream of float32 metres for all frames, or per
  frame a length and LZ4'd uint16 millimetres (some frames raw-deflate float32 metres).
- ``segments_anno.json``: vertices may be in several instances, the smallest is meant;
  ``obb.normalizedAxes`` holds the axes as ROWS, and the vertical one may be any of them.
"""

from sextant.sources.scannetpp.reader import FACTS, NAME, ScannetppSource, open_source

__all__ = ["FACTS", "NAME", "ScannetppSource", "open_source"]
