"""Arrays in, arrays out: rigid transforms, oriented boxes, projection, directions, distances.

Conventions (docs/conventions.md): metres and radians; world right-handed with +Z up; camera in
OpenCV axes (x right, y down, z forward); pixels (u right, v down) with the centre of the top-left
pixel at (0.5, 0.5); rotations orthonormal with det +1; ``T_a_b`` maps coordinates of b into a.
"""
