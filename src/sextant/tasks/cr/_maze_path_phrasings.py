"""Phrasings of cr.maze_path."""

from __future__ import annotations

FOLLOW = (
    "Starting at the cell marked S, make these moves: {moves}. Each number says how many cells to "
    "go, with directions as seen in the picture. On which lettered cell do you end?",
    "You stand on S and walk {moves} (cells to go, directions as in the picture). Which marked "
    "cell do you reach?",
    "Follow this route from S through the maze: {moves}. Numbers count cells. What letter is on "
    "the cell where the route stops?",
    "A token is placed on S. It is moved {moves}, counted in cells of the picture. On which letter "
    "does it come to rest?",
    "Where do you arrive if you leave S and go {moves}? Numbers are cells; name the marked cell.",
    "The drawing shows a maze seen from above. From S, someone takes these steps: {moves}. Which "
    "of the lettered cells are they on afterwards?",
    "Trace the following moves with your finger, beginning at S: {moves}. One unit is one cell. "
    "Under which letter is your finger at the end?",
    'A robot on S executes the program "{moves}", where each number is a count of cells. On '
    "which marked cell does the program leave it?",
    "Begin at S. Go {moves}, cell by cell. Tell which letter you have reached.",
    "Look at the maze. After moving {moves} from S (the numbers are cells), at which letter are "
    "you?",
    "Take the moves in order, starting on the cell with the S: {moves}. Every step goes one cell. "
    "Which lettered cell is the last one entered?",
    "These directions start from S: {moves}, in cells. To which of the marked cells do they lead?",
    "Which marked cell is at the end of this way, if it starts at S: {moves} (numbers of cells)?",
)

SLIDE = (
    "Starting at the cell marked S, go in each of these directions until a wall stops you, then "
    "take the next: {moves}. On which lettered cell do you end?",
    "A ball lies on S. It is rolled in these directions one after the other, each time until it "
    "hits a wall: {moves}. On which letter does it come to rest?",
    "From S, slide {moves}. Every slide goes on as far as no wall is in the way. Which marked cell "
    "do you reach?",
    "You leave S and walk straight ahead in each direction until you can go no further: {moves}. "
    "Which letter marks the cell where you stand at last?",
    "A robot on S obeys the commands {moves}. On each it drives until a wall blocks it. On which "
    "marked cell is it after the last command?",
    "Directions: {moves}. Begin at S, and keep going in one direction until a wall stops you "
    "before changing to the next. Name the letter at which you finish.",
    "In this maze a token can only be pushed until it meets a wall. Pushed {moves} from S, on "
    "which lettered cell does it stop?",
    "Imagine gliding on ice from S: {moves}. You stop only at walls, and then turn to the next "
    "direction. At which letter does the glide end?",
    "Where do you arrive from S by going {moves}, each time right up to the next wall? Name the "
    "marked cell.",
    "The drawing shows a maze from above. Someone starts on S and goes {moves}, in every direction "
    "as far as the walls allow. Which of the lettered cells are they on afterwards?",
    "Take these directions in order, starting at S: {moves}. Never stop between cells unless a "
    "wall is ahead. What letter is on the cell you end on?",
    "Move from S in the directions {moves}. A direction lasts until a wall is reached. Which "
    "lettered cell is the last stop?",
    "Trace it from S: {moves}, with every line drawn up to the wall in that direction. Under which "
    "letter does the last line end?",
)

LENGTH = (
    "How many steps does the shortest way from S to G take, if a step goes from a cell to a free "
    "neighbouring one above, below, left or right?",
    "You may move one cell up, down, left or right at a time, not through walls. What is the "
    "smallest number of moves from S to G?",
    "Find the shortest path through the maze from S to G. How many cell-to-cell steps long is it?",
    "A mouse on S wants the cheese on G. Going from cell to neighbouring cell and never through a "
    "wall, how many steps does it need at least?",
    "What is the length of the shortest route from S to G, counted in steps between adjacent "
    "cells?",
    "Count the moves of the quickest way from the cell S to the cell G. A move takes you to the "
    "next cell up, down, left or right.",
    "The drawing shows a maze seen from above. At least how many single-cell moves separate G from "
    "S?",
    "If a robot drives one cell per second and cannot turn diagonally or cross walls, after how "
    "many seconds can it first be on G, having started on S?",
    "Leaving S, you enter one new cell with every step. With how few steps can you be on G?",
    "Give the number of steps in the shortest walk from S to G; each step crosses from one cell "
    "into the next.",
    "How far apart are S and G along the maze's passages, in cells stepped (G counts, S does not)?",
    "Work out the shortest connection between S and G. How many times do you step from one cell to "
    "another on it?",
    "Without passing through walls and without diagonal moves, how many steps does one need at "
    "least to get from S to G?",
)

SEQUENCE = (
    "Which of these move sequences leads from S to G without going through a wall? Numbers are "
    "cells to go, directions are as seen in the picture.",
    "You are on S and want to be on G. Which list of moves takes you there along free cells "
    "(numbers count cells)?",
    "Find the way from S to G. Which option describes it, in cells per direction?",
    "Exactly one of these routes can be walked from S to G; the others run into a wall or end "
    "elsewhere. Which one?",
    "A robot on S has to drive to G. Which program, given as numbers of cells and directions, gets "
    "it there without a collision?",
    "Trace each option from S. Which one stays within the passages and ends on G?",
    "Which directions would you give to someone at S who has to find G in this maze? Each number "
    "is a count of cells.",
    "The drawing shows a maze from above. How does one get from S to G? Choose the moves, counted "
    "in cells.",
    "Choose the moves that solve the maze from S to G. Every number says how many cells to go in "
    "that direction.",
    "Starting on the cell S, by which of these moves is the cell G reached without crossing a "
    "wall?",
    "A mouse on S runs to the cheese on G. Which of the listed runs (in cells) can it have made?",
    "Only one sequence below is a real way through this maze from S to G. Pick it; numbers are "
    "cells.",
    "What is the correct route from S to G? Options give the cells to go in each direction, in "
    "order.",
)

TEMPLATES = {"follow": FOLLOW, "slide": SLIDE, "length": LENGTH, "sequence": SEQUENCE}
