"""Matterport3D: 90 houses seen from 10,800 panoramas; a scene is one region (room) of a house.

Conventions of the files: ``undistorted_camera_parameters`` with camera-to-world poses of OpenGL
cameras and pixels counted FROM THE BOTTOM LEFT; ``matterport_camera_poses`` with OpenCV cameras,
pixels from the top left, and lenses that bend; z-depth in quarters of a millimetre, 0 invalid;
boxes as two axes and HALF lengths; names with ``#`` for a space; Z up, metres. Folders may be
unpacked or the .zip files as downloaded. The undistorted set is preferred; the other one is
rectified.
"""

from sextant.sources.matterport3d.reader import FACTS, NAME, Matterport3dSource, open_source

__all__ = ["FACTS", "NAME", "Matterport3dSource", "open_source"]
