"""Structured3D: rendered rooms of 3,500 designed homes; a scene here is one room.

Conventions of the files, after the official ``data_organization.md`` and tools unless marked:

- Millimetres, Z up.
- ``camera_pose.txt``: eye, viewing direction, up direction, then HALF the angles of view in
  radians; the principal point is the middle.
- ``bbox_3d.json``: centroid, ``coeffs`` = HALF lengths, ROWS of ``basis`` are the axes; one list
  for the whole house, without labels.
- ``instance.png``: 16 bits, 65535 = background; values are the boxes' IDs, from 0.
- ``semantic.png``: NYU40; documented as ids, published as colours of ScanNet's palette [from users'
  code]; both are read. An object's label is that of most of its pixels in all views of the room.
- ``depth.png``: 16 bits, 0 = nothing; z-depth [from users' code, not documented].
- A room's outline is the floor plane of the semantic whose ID is the room's.

Labels need pictures: opening a room reads the id maps of its views, which are few.
"""

from sextant.sources.structured3d.layout import RoomFiles
from sextant.sources.structured3d.reader import FACTS, NAME, Structured3dSource, open_source
from sextant.sources.structured3d.views import (
    PALETTE,
    read_classes,
    read_depth,
    read_instances,
    read_pose,
)

__all__ = [
    "FACTS",
    "NAME",
    "PALETTE",
    "RoomFiles",
    "Structured3dSource",
    "open_source",
    "read_classes",
    "read_depth",
    "read_instances",
    "read_pose",
]
