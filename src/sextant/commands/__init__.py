"""One file per verb: the places where the rooms are put together."""
