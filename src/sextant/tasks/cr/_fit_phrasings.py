"""Phrasings of cr.fit."""

from __future__ import annotations

GAP = (
    "Would {a} fit into the free space between {b} and {c} if it stood there upright, turned "
    "whichever way suits best?",
    "Suppose {a} were carried over and set down upright between {b} and {c}. Is there enough room "
    "for it, turning it as needed?",
    "Is the gap between {b} and {c} wide enough for {a}, standing upright and turned to its "
    "narrower side?",
    "Someone wants to put {a} on the floor between {b} and {c}. It stays upright but may be "
    "turned. Does it fit?",
    "Compare the narrower side of {a}, seen from above, with the distance from {b} to {c}. Could "
    "{a} stand between them?",
    "You are rearranging the room and think of placing {a} upright between {b} and {c}, without "
    "moving either. Is the space wide enough, if you turn it the best way?",
    "Can {a} stand between {b} and {c} without touching them, kept upright and turned so that it "
    "takes up the least width?",
    "Leaving {b} and {c} where they are, would the floor between them take {a}, upright and with "
    "its shorter horizontal side across the gap?",
    "If {a} were pushed upright into the space between {b} and {c}, shorter side across, would it "
    "go in?",
    "Is the shorter horizontal side of {a} less than the width of the gap between {b} and {c}?",
    "Imagine {a} standing upright in the gap that separates {b} from {c}. Turned in the most "
    "favorable direction, does it fit in?",
    "A mover asks whether {a}, kept upright and turned at will, can be placed between {b} and {c}. "
    "Is there room for it?",
    "Think of the floor between {b} and {c}. Is it wide enough to set {a} down there upright, in "
    "its slimmest orientation?",
)

TOP = (
    "If the top of {b} were cleared, would {a} fit on it without sticking out over an edge, "
    "standing as it does and turned to line up with the edges?",
    "Could {a} be placed upright on top of {b} so that nothing of it overhangs, if that top were "
    "empty? It may be turned by 90 degrees.",
    "Suppose you lift {a} onto the emptied top of {b}, keeping it upright and parallel to the "
    "edges. Is the top large enough for it in one of the two directions?",
    "Is the top of {b} big enough, in length and in width, to hold the whole footprint of {a} "
    "placed parallel to its edges?",
    "Someone clears the top of {b} and wants to stand {a} on it, edges parallel. Does {a} fit "
    "without jutting out?",
    "Compare the space that {a} takes up on the ground with the top of {b}. Would {a}, set down "
    "parallel to the edges, stay within that top?",
    "Taking no notice of what stands on {b} now: does {a} fit on top of it, upright and aligned "
    "with its edges, without reaching beyond them?",
    "Imagine {a} standing on {b} instead, on an empty top and lined up with the sides. Would all "
    "of its footprint lie on the top?",
    "You want to use {b} as a stand for {a}. With everything else taken off, can {a} be put on it "
    "upright, parallel to its edges, without overhanging?",
    "Would the footprint of {a} lie wholly within the top face of {b}, if placed parallel to its "
    "sides in the better of the two directions?",
    "Seen from above, is {a} small enough to stand on the cleared top of {b}, squarely placed, "
    "without going past any edge?",
    "A mover asks whether {a} can ride on top of {b}, empty and squarely under it, with no side "
    "protruding. Can it?",
    "Think of the emptied top of {b}. Is there space on it for {a} as it stands, turned lengthwise "
    "or crosswise, with no part over the edge?",
)

TEMPLATES = {"gap": GAP, "top": TOP}
