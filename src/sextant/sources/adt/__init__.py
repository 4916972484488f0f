"""Aria Digital Twin: egocentric recordings of a fully modelled room.

Conventions of the files: VRS containers; RGB fisheye turned by a quarter, z-depth in millimetres
with 0 invalid, uint64 instance ids; world Y up; object quaternions w, x, y, z and device
quaternions x, y, z, w; times that agree to 0.1 ms. Here: upright pinhole pictures, Z up.
"""

from sextant.sources.adt.reader import FACTS, NAME, AdtSource, annotated_visibility, open_source

__all__ = ["FACTS", "NAME", "AdtSource", "annotated_visibility", "open_source"]
