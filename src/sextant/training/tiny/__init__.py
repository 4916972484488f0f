"""A model of half a million parameters that learns to see and to answer on two processor cores.

Stage one (``tiny-base``) learns what pictures of simulated rooms show: names, places, distances,
said for many things of a picture at once (``captions``). Stage two (``tiny-sft``) learns to answer
a corpus's questions. Without stage one nothing of stage two is learned in any affordable time: one
letter a picture does not tell where to look.
"""
