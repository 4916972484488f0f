"""ScanNet v2: RGB-D video of 707 rooms, with reconstructed meshes and labelled instances.

Conventions of the files: ``.sens`` with camera-to-world poses in OpenCV axes, some of them -inf;
depth in millimetres, 0 invalid, 640x480; colour 1296x968 with other intrinsics; pixel centres at
whole numbers; a mesh, Z up, in the scan's own frame, which ``axisAlignment`` of ``<scene>.txt``
turns along the walls (test scenes have none); 8-bit instance maps at the size of the colour.
Here: everything on the raster of the depth camera, in the aligned world.
"""

from sextant.sources.scannet.reader import FACTS, NAME, ScannetSource, open_source

__all__ = ["FACTS", "NAME", "ScannetSource", "open_source"]
