"""Write masks as relation annotations hold them: COCO's run lengths inside lz-string.

By the plainest means, apart from the reader's own code.
"""

from __future__ import annotations

import numpy as np

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"


def coded(mask: np.ndarray) -> str:
    """``encodedMask`` of an (H, W) mask."""
    return packed(run_text(runs_of(mask)))


def runs_of(mask: np.ndarray) -> list[int]:
    """Runs down the columns, the first one outside; pixel by pixel."""
    runs, inside = [0], False
    for u in range(mask.shape[1]):
        for v in range(mask.shape[0]):
            if bool(mask[v, u]) != inside:
                runs.append(0)
                inside = not inside
            runs[-1] += 1
    return runs


def run_text(runs: list[int]) -> str:
    """Five bits a character, the sixth says that more follow; differences from the third run on."""
    out = []
    for k, run in enumerate(runs):
        x = run - runs[k - 2] if k > 2 else run
        while True:
            digits = x & 31
            x >>= 5
            more = x != (-1 if digits & 16 else 0)
            out.append(chr(48 + digits + (32 if more else 0)))
            if not more:
                break
    return "".join(out)


def packed(text: str) -> str:
    """lz-string, as its compressor does it: the longest known word, then that and one sign more."""
    known: dict[str, int] = {}
    fresh: set[str] = set()
    bits: list[int] = []
    state = {"room": 2, "width": 2, "next": 3}

    def write(value: int, count: int) -> None:
        bits.extend((value >> k) & 1 for k in range(count))

    def spend() -> None:
        state["room"] -= 1
        if state["room"] == 0:
            state["room"] = 1 << state["width"]
            state["width"] += 1

    def say(word: str) -> None:
        if word in fresh:
            wide = ord(word) >= 256
            write(int(wide), state["width"])
            write(ord(word), 16 if wide else 8)
            fresh.remove(word)
            spend()
        else:
            write(known[word], state["width"])
        spend()

    def learn(word: str) -> None:
        known[word] = state["next"]
        state["next"] += 1

    word = ""
    for sign in text:
        if sign not in known:
            learn(sign)
            fresh.add(sign)
        if word + sign in known:
            word += sign
            continue
        say(word)
        learn(word + sign)
        word = sign
    if word:
        say(word)
    write(2, state["width"])
    bits += [0] * (6 - len(bits) % 6)
    return "".join(
        ALPHABET[int("".join(map(str, bits[k : k + 6])), 2)] for k in range(0, len(bits), 6)
    )
