"""Phrasings of the families about how a camera moved between two pictures."""

from __future__ import annotations

DIRECTION = (
    "Two pictures were taken one after the other. In which direction did the camera move from the "
    "first to the second, seen from its first orientation?",
    "Between the first and the second image, which way did the camera move in terms of the first "
    "view?",
    "Compare the two views. Relative to its orientation in the first image, in what direction did "
    "the camera travel?",
    "Seen from the first view, in which direction from it was the second picture taken?",
    "The photographer took the first picture, moved, and took the second. Which way did they go, "
    "as told by somebody who looks the way the first picture does?",
    "How did the camera's position change from image 1 to image 2, in the directions of image 1?",
    "Judging by both pictures, which movement, described from the first viewpoint, brought the "
    "camera to the second one?",
    "Taking the first image's viewing direction as forward, where did the camera move to?",
    "What best describes the camera's translation from view 1 to view 2, in the axes of view 1?",
    "Ignore any turn of the camera. Into which direction of the first picture was it shifted "
    "before it took the second?",
    "You hold the camera as in the first picture. Which way do you have to move it to take the "
    "second picture?",
    "The camera was displaced mainly along one direction between the two pictures. Which one, in "
    "terms of the first view?",
)
MMSI_DIRECTION = (
    "The images are taken continuously from a first-person perspective. In which direction are you "
    "moving from the first image to the second?",
)
SPAR_DIRECTION = (
    "Image 1 and image 2 are two views of a scene. Along which direction, in the first camera's "
    "coordinate system, did the camera mainly move between them?",
)

SHIFT = (
    "How far did the camera move between the first and the second image, in meters?",
    "What is the distance in meters between the two positions from which the pictures were taken?",
    "How many meters lie between the viewpoint of image 1 and that of image 2?",
    "In meters, how far apart are the two camera positions?",
    "Estimate the straight-line distance in meters that the camera traveled from the first view to "
    "the second.",
    "The photographer moved between the two pictures. By how many meters, measured in a straight "
    "line from camera to camera?",
    "What is the camera's displacement from view 1 to view 2 in meters?",
    "By how many meters was the camera shifted between the first picture and the second?",
    "Compare both views and give the length, in meters, of the straight line from the first camera "
    "to the second.",
    "If you stretched a string from the first camera to the second, how many meters long would it "
    "be?",
    "Two cameras took these pictures. How many meters of straight distance separate them?",
    "The same camera stood at two places. Give the straight-line distance between these places in "
    "meters.",
)
SPAR_SHIFT = (
    "What is the distance in meters that the camera center moved between image 1 and image 2?",
)

POSITION = (
    "Taking the viewing direction of the first image as front, in which direction from its camera "
    "was the second image taken?",
    "You stand where the first picture was taken and look the way it looks. Where is the spot from "
    "which the second picture was taken?",
    "Seen from the first camera, with its viewing direction as front, where is the second camera?",
    "Imagine standing at the first camera, facing what it faces. In which direction would you see "
    "the photographer of the second image?",
    "With the view of image 1 straight ahead, at which side is the camera of image 2?",
    "Relative to the position and heading of the camera in view 1, where is the camera of view 2?",
    "If you held the camera of the first picture, in which direction would you have to walk to "
    "reach the place of the second, front being where the first picture looks?",
    "Looking along the first image, where does the viewpoint of the second image lie on the floor "
    "plan?",
    "Draw a floor plan with the first camera in the middle, looking up the page (front). Where on "
    "it is the second camera?",
    "Two photographers took these pictures at the same time. Where is the second one, as seen by "
    "the first one who looks straight ahead in image 1?",
    "Which way from the first viewpoint does the second one lie, if the first picture's viewing "
    "direction counts as front?",
    "Work out where the second picture was taken: in which direction is that from the first "
    "camera, counted from the way it faces?",
)
MMSI_POSITION = (
    "When taking the first image, in which direction relative to you is the place from which the "
    "second image was taken?",
)
MINDCUBE_POSITION = (
    "If I am standing at the same spot and facing the same direction as shown in image 1, where is "
    "the viewpoint of image 2 relative to me?",
)

TURN = (
    "By how many degrees did the camera turn to the {side} between the first and the second image?",
    "From view 1 to view 2 the camera turned to the {side}. By how many degrees?",
    "How far, in degrees, was the camera rotated to the {side} from the first picture to the "
    "second?",
    "The second picture was taken after turning to the {side}. Estimate the turn in degrees.",
    "Compare both images: what is the angle in degrees by which the view swung to the {side}?",
    "Through what angle, in degrees, did the viewing direction turn {side} from image 1 to image "
    "2?",
    "Estimate how many degrees the camera panned to the {side} between the two pictures.",
    "What is the size, in degrees, of the camera's turn to the {side} from the first view to the "
    "second?",
    "Seen from above, the camera's heading changed to the {side} between the pictures. Give the "
    "change in degrees.",
    "A photographer turns {side} after the first picture and takes the second. What was the angle "
    "of that turn, in degrees?",
    "If a compass were fixed to the camera, by how many degrees would its reading change during "
    "the turn to the {side} from the first picture to the second?",
    "Give the angle, in degrees, between the headings of the two views; the second looks further "
    "to the {side}.",
)
TILT = (
    "By how many degrees was the camera tilted {side} between the first and the second image?",
    "From view 1 to view 2 the camera tilted {side}. By how many degrees?",
    "How far, in degrees, did the camera pitch {side} from the first picture to the second?",
    "The second picture was taken after tilting the camera {side}. Estimate the tilt in degrees.",
    "Compare both images: by what angle in degrees did the view swing {side}?",
    "Through what angle, in degrees, did the viewing direction move {side} between the pictures?",
    "Estimate how many degrees the camera was turned {side} between the two pictures.",
    "What is the size, in degrees, of the camera's tilt {side} from the first view to the second?",
    "The camera's elevation angle changed between the pictures: it looks further {side} in the "
    "second. Give the change in degrees.",
    "A photographer tilts the camera {side} after the first picture and takes the second. What was "
    "the angle of that tilt, in degrees?",
    "Measured against the horizon, by how many degrees did the viewing direction go {side} from "
    "image 1 to image 2?",
    "Give the angle, in degrees, by which the second view points further {side} than the first.",
)
WAY = (
    "Which way and how far did the camera turn between the first and the second image?",
    "What rotation leads from the first view's direction to the second's?",
    "How did the camera turn from view 1 to view 2?",
    "Between the two pictures the camera turned. Which description fits?",
    "Compare the images: how was the camera rotated from the first to the second?",
    "From the first picture to the second, which turn did the camera make?",
    "Which turn of the camera explains the change from image 1 to image 2?",
    "Choose the rotation that the camera made between the first picture and the second.",
    "The photographer turned before taking the second picture. Which way, and by about what angle?",
    "You hold the camera as in image 1. How do you have to turn it to look the way image 2 does?",
    "Leave aside where the camera stood. By which turn does the second viewing direction differ "
    "from the first?",
    "Give the side to which the view swung from the first picture to the second, and how far.",
)
MMSI_WAY = (
    "The images are taken continuously from a first-person perspective. How did the camera rotate "
    "from the first image to the second?",
)
SPAR_TURN = (
    "Image 1 and image 2 are two views of a scene. By how many degrees did the camera rotate "
    "horizontally to the {side} between them?",
)
