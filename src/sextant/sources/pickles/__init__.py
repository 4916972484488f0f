"""Pickle files read as data: containers, numbers, texts, bytes and plain numpy arrays.

A pickle is a program for a small stack machine; Python's own loader lets it import and call
anything. This is another machine for the same programs that has neither imports nor calls: of the
names that numpy's arrays need, it knows what they mean and builds the array itself from the bytes;
any other name, and any instruction that would make an object, ends the reading with an error.
"""

from sextant.sources.pickles.reading import parse_plain_pickle, read_plain_pickle

__all__ = ["parse_plain_pickle", "read_plain_pickle"]
