"""VRS containers: streams of time-stamped records, an index of them, and tags.

The format is that of facebookresearch/vrs (``vrs/FileFormat.h``, ``vrs/IndexRecord.cpp``,
``vrs/DescriptionRecord.cpp``, ``vrs/DataLayout.h``), read here without its library: that one ends
the process on some damaged files. All numbers are little-endian and packed::

    file         header (80 bytes: sizes, places of the index, the description, the first record)
    record       header (32 bytes), then the payload, compressed as a whole or not
    index        the streams, then 19 bytes for each record: time, size, kind, stream
    description  tags of each stream, tags of the file

What a stream's payloads look like stands in its tags: blocks (``data_layout/size=84+image/jpg``)
and the places of numbers in the first of them.
"""

from sextant.sources.vrs.container import CONFIGURATION, DATA, StreamId, Vrs, open_vrs
from sextant.sources.vrs.images import ImageStream, open_images

__all__ = ["CONFIGURATION", "DATA", "ImageStream", "StreamId", "Vrs", "open_images", "open_vrs"]
