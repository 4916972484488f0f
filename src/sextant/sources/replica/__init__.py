"""Replica: 18 scanned indoor spaces, with labelled meshes; pictures only where they were rendered.

Conventions of the files, after Replica's README and habitat-sim's reader unless marked:

- ``habitat/mesh_semantic.ply``: quads, with the ``object_id`` of every face; metres, Z up
  (``gravity_dir`` of ``info_semantic.json`` says so; another one is turned).
- ``info_semantic.json``: objects with ``id``, ``class_name`` and ``oriented_bbox``: an ``abb`` of
  centre and full ``sizes`` in the box's own frame, ``orientation`` box-to-world with the quaternion
  x, y, z, w. The box's centre in the world is the abb's centre moved by it, not its translation.
- Pictures in the layout of iMAP and NICE-SLAM: ``traj.txt`` with a camera-to-world OpenCV matrix
  per line, ``results/frame%06d.jpg``, ``results/depth%06d.png`` in steps of 1/6553.5 m, 0 =
  nothing; ``cam_params.json``, or the published 600/600/599.5/339.5 at 1200x680, with pixel centres
  at whole numbers. That their world is the mesh's is not written anywhere: two depth maps of every
  scene are held against the mesh's bounds.
"""

from sextant.sources.replica.pictures import read_depth
from sextant.sources.replica.reader import FACTS, NAME, ReplicaSource, SceneFiles, open_source

__all__ = ["FACTS", "NAME", "ReplicaSource", "SceneFiles", "open_source", "read_depth"]
