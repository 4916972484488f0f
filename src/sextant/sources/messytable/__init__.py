"""MessyTable: 5,579 cluttered tables, each seen by nine cameras at once.

Conventions of the files, after the authors' code (caizhongang/MessyTable, ``src``):

- ``labels/{train,val,test}.json``: ``intrinsics`` of each camera (9 numbers, row by row) and
  ``scenes`` with, per camera, ``extrinsics`` of six numbers and ``instances`` with 2D boxes whose
  ids are shared by all cameras.
- ``extrinsics``: x, y, z and Euler angles of T_reference_camera, scipy's lower-case "xyz" (the
  matrix is Rz Ry Rx), OpenCV axes. Neither the unit nor the reference's vertical is stated.

What is not stated is measured, and refused if it does not fit: the instances' box centres are
triangulated (poses of another convention would not bring them together); the table they stand on
gives the vertical, an axis of the reference where one is within 10 degrees; the distances between
cameras around a table tell metres from millimetres, or the scene is not metric.

There is no depth and there are no 3D boxes, so there are no objects: frames serve for questions
about cameras, and the 2D boxes with shared ids for which things are the same.
``MessytableSource.instances`` gives the 2D boxes with their shared ids.
"""

from sextant.sources.messytable.reader import FACTS, NAME, MessytableSource, open_source
from sextant.sources.messytable.views import Instance
from sextant.sources.messytable.world import triangulate

__all__ = ["FACTS", "NAME", "Instance", "MessytableSource", "open_source", "triangulate"]
