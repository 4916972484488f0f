"""3RScan: 1,482 scans of 478 rooms, most of them scanned again after things were moved.

Conventions of the files: ``sequence.zip`` with camera-to-world poses (OpenCV axes, metres, some
lost), pictures 960x540 and depth 224x172 in millimetres, registered with each other but of other
proportions; phones were held upright and the sensor lies on its side; boxes as full lengths with
axes in ROWS; ``3RScan.json`` with the transform from a rescan to its reference COLUMN by column,
its translation in metres as the toolkit reads it, or in millimetres as its FAQ says. Here: pictures
upright, depth brought onto their raster, a rescan in the world of its reference.
"""

from sextant.sources.threerscan.reader import FACTS, NAME, ThreeRScanSource, open_source

__all__ = ["FACTS", "NAME", "ThreeRScanSource", "open_source"]
