"""Broken records are set aside and named: by the class for it, and by every reader."""

from __future__ import annotations

import contextlib
import json
import weakref
from pathlib import Path

import pytest
from battery import kinds_of_files, reader_module
from layouts.battered import BATTERED, needs

from sextant.commands import scene_import
from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.sources import posed_rgbd
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import SourceOptions


def read(n: int) -> int:
    if n < 0:
        raise CorruptInput("negative", where=f"record {n}")
    return 10 * n


def test_broken_records_are_set_aside_and_noted() -> None:
    quarantine = Quarantine("frames")
    assert list(quarantine.sift([1, 2, -3, 4, 5], read)) == [(1, 10), (2, 20), (4, 40), (5, 50)]
    quarantine.check()
    assert quarantine.notes == {
        "frames_dropped": "1",
        "frames_dropped_first": "record -3: negative",
    }


def test_nothing_broken_is_not_noted() -> None:
    quarantine = Quarantine("frames")
    assert list(quarantine.sift([], read)) == []
    quarantine.check()
    assert quarantine.notes == {}


def test_more_than_a_fifth_is_refused_with_the_first() -> None:
    quarantine = Quarantine("frames")
    list(quarantine.sift([1, 2, -3, -4, 5], read))
    with pytest.raises(ConventionError, match=r"2 of 5 frames are unusable.*negative") as caught:
        quarantine.check()
    assert caught.value.where == "record -3"


def test_other_exceptions_are_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        list(Quarantine("x").sift([0], lambda n: 1 / n))


PASSED_OVER = ("iphone/colmap/cameras.txt",)
"""Files that no reader opens: the iPhone's own table has its intrinsics for each frame."""


def test_what_was_read_is_not_held_by_the_error() -> None:
    class Opened:
        pass

    seen: list[weakref.ref[Opened]] = []

    def broken(_: int) -> None:
        opened = Opened()
        seen.append(weakref.ref(opened))
        try:
            raise OSError
        except OSError as error:
            raise CorruptInput("broken", where="here") from error

    quarantine = Quarantine("records")
    assert list(quarantine.sift([1], broken)) == []
    assert seen[0]() is None
    assert quarantine.errors[0].what == "broken"


@pytest.mark.slow
@pytest.mark.parametrize("name", BATTERED)
def test_whatever_file_is_damaged_is_said_with_a_reason(name: str, tmp_path: Path) -> None:
    """One file of every kind is overwritten, and the folder imported.

    Either the folder is refused, or the scene stands in quarantine.json with its reason, or what
    was left out of it stands in its notes.
    """
    if needs(name) is not None:
        pytest.importorskip(needs(name))
    root = tmp_path / "m"
    BATTERED[name](root)
    whole = imported(name, root, tmp_path / "whole")
    silent = []
    for number, path in enumerate(sorted({files[0] for files in kinds_of_files(root)})):
        data = path.read_bytes()
        path.write_bytes(b"damaged")
        with contextlib.suppress(InputError):
            told = imported(name, root, tmp_path / str(number))
            if told == whole and not path.as_posix().endswith(PASSED_OVER):
                silent.append(path.relative_to(root).as_posix())
        path.write_bytes(data)
    assert silent == []


def imported(name: str, root: Path, out: Path) -> dict[str, object]:
    """What an import says of every scene: its notes, or why it was set aside."""
    reader = name.split(" ")[0]
    scene_import.run(reader, root, out, None, 0, quiet=True)
    aside = out / "quarantine.json"
    told: dict[str, object] = json.loads(aside.read_text()) if aside.is_file() else {}
    for scene_id, reason in told.items():
        assert "where: " in reason, scene_id
    if any(p.name == "scene.json" for p in out.rglob("*")):
        source = posed_rgbd.open_source(out, SourceOptions())
        for scene_id in source.scene_ids():
            scene = source.open(scene_id)
            told[scene_id] = dict(scene.notes)
    ids = reader_module(name).open_source(root, SourceOptions()).scene_ids()
    assert len(told) == len(ids)
    return told
