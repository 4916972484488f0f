"""A capture of one's own: posed pictures, depth, ids and boxes in one documented layout.

The layout stands in docs/posed_rgbd.md; ``write_scene`` writes any scene into it.
"""

from sextant.sources.posed_rgbd.reader import FACTS, NAME, PosedRgbdSource, open_source
from sextant.sources.posed_rgbd.writer import write_scene

__all__ = ["FACTS", "NAME", "PosedRgbdSource", "open_source", "write_scene"]
