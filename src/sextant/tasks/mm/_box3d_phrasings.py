"""Phrasings of mm.box3d: what is asked, and the one definition that goes with all of them."""

from __future__ import annotations

BOX_TEMPLATES = (
    "What is the 3D bounding box of {a}?",
    "Give the 3D bounding box of {a} as seen from this camera.",
    "Detect {a} in 3D: where is its box, how large is it, and how is it turned?",
    "Estimate center, size and yaw of the box that tightly encloses {a}.",
    "Find {a} in the picture and write down its oriented 3D box.",
    "How would you place an upright box around {a} in the space before the camera?",
    "For {a}, predict the 3D box in camera coordinates.",
    "A robot that carries this camera has to steer around {a}. Which 3D box does it occupy?",
    "Lift {a} from the picture into 3D and state its bounding box.",
    "Describe the space that {a} takes up by an upright 3D box.",
    "If a tight box were put around {a}, parallel to its sides, what would the box's position, "
    "dimensions and heading be?",
    "Locate {a} in three dimensions, by its bounding box.",
    "Annotate {a} with a 3D box, the way an indoor detection data set does.",
    "Which oriented 3D box fits {a}, with nothing of it sticking out?",
)

RULE = (
    " The box stands upright and encloses the whole object, hidden parts included. Answer as a "
    'JSON object with three keys. "center": [x, y, z], the middle of the box in meters in the '
    'camera\'s own axes (x to the right, y down, z forward). "size": [length, width, height] in '
    "meters, where length is the longer horizontal side, width the shorter horizontal side and "
    'height the vertical side. Write center and size with two decimals. "yaw": the angle about '
    "the vertical, in whole degrees, from the camera's viewing direction in the floor plane to the "
    "length side. It is 0 if the length runs along the viewing direction, positive if it is turned "
    "counterclockwise seen from above (to the left), 90 if it runs straight across; since the two "
    "ends of the box are not told apart, yaw lies above -90 and is at most 90."
)
"""Follows every phrasing: without it the same box has dozens of true descriptions."""
