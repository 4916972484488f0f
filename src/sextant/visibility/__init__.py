"""What each frame sees of each object, and how much two frames see of the same place.

Definition (taxonomy): visible ratio v = visible surface / surface that faces the camera inside the
frame if nothing else stood there; in-frame ratio w = share of the whole surface inside the frame.
"""

from sextant.visibility.compute import compute_visibility
from sextant.visibility.pairs import PairTable, compute_pairs
from sextant.visibility.table import ObjectView, VisibilityTable

__all__ = ["ObjectView", "PairTable", "VisibilityTable", "compute_pairs", "compute_visibility"]
