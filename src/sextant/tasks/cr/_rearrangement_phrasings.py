"""Phrasings of cr.rearrangement."""

from __future__ import annotations

SHOWN = (
    "Earlier pictures of a room:\n{before}Later pictures of the same room:\n{after}",
    "These pictures show a room at first:\n{before}And these show it some time later:\n{after}",
    "Before:\n{before}After:\n{after}",
    "A room was photographed twice. First visit:\n{before}Second visit:\n{after}",
)
"""What comes before the question; the placeholders are lines of pictures."""

CHOICE = (
    "Which of these things was moved to another place between the earlier and the later pictures?",
    "Between the two sets of pictures one of these was put somewhere else. Which one?",
    "Compare where things stand at first and later on. Which of the following has changed its "
    "place?",
    "One of the things listed no longer stands where it stood at first. Which is it?",
    "Someone rearranged the room a little. Which of these did they move?",
    "Which of the following is at a different place in the room the second time?",
    "The camera may have moved as well, but only one of these objects has. Which one?",
    "Judging by both sets, which of these objects ended up in a new spot?",
    "All of these but one stayed where they were. Which one did not?",
    "Which object in this list was relocated after the first pictures were taken?",
    "If you returned to this room with the first pictures in mind, which of these would you find "
    "elsewhere?",
    "Work out each object's position in the room both times. Whose position differs?",
    "Which of these stands somewhere else in the later pictures than in the earlier ones?",
)

OPEN = (
    "Exactly one object that both sets of pictures show was moved to another place. What is it?",
    "What was moved between the earlier and the later pictures?",
    "One thing has changed its place in the room. Name it.",
    "Compare the two sets of pictures. Which object stands somewhere else the second time?",
    "Someone moved a single object before the later pictures were taken. Which object was it?",
    "Something no longer stands where it stood at first. What?",
    "What did someone put elsewhere in this room between the two visits?",
    "The camera may have moved, but only one object in the room has. Which object is that?",
    "Judging by both sets of pictures, what ended up in a new spot?",
    "If you returned to this room with the first pictures in mind, what would you find elsewhere?",
    "Name the object whose place in the room differs between the first and the later pictures.",
    "All but one of the objects shown both times stayed where they were. Which one was moved?",
    "Which object was relocated after the first pictures were taken?",
)

TEMPLATES = {"choice": CHOICE, "open": OPEN}
