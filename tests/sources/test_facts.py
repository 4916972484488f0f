"""What is said of a dataset before its data are there."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import sextant
from sextant.commands.registry import source_facts, source_names, task_classes
from sextant.commands.scene_help import fact_lines, families
from sextant.errors import MissingInput
from sextant.questions.task import NEEDS
from sextant.sources.facts import SUPPORTS, DatasetFacts
from sextant.sources.source import SourceOptions

HEAVY = {"numba", "trimesh", "pyarrow", "h5py", "scipy", "projectaria_tools", "shapely", "pydantic"}


def test_words_of_support_are_those_of_the_families() -> None:
    assert set(SUPPORTS) == set(NEEDS)


@pytest.mark.parametrize("name", source_names())
def test_every_reader_states_its_facts(name: str) -> None:
    facts = source_facts(name)
    assert isinstance(facts, DatasetFacts)
    assert facts.licence
    assert facts.layout
    assert families(facts)
    assert all(facts.page.startswith("http") for _ in range(1) if facts.page)
    assert any(facts.title in line for line in fact_lines(name, facts))
    module = importlib.import_module(f"sextant.sources.{name}")
    assert module.FACTS is facts


@pytest.mark.parametrize("name", sorted(set(source_names()) - {"procedural"}))
def test_a_folder_without_the_dataset_says_where_to_get_it(name: str, tmp_path: Path) -> None:
    module = importlib.import_module(f"sextant.sources.{name}")
    for root in (None, tmp_path, tmp_path / "no"):
        with pytest.raises(MissingInput) as caught:
            module.open_source(root, SourceOptions())
        assert f"sextant scenes help {name}" in str(caught.value)
        if module.FACTS.page:
            assert module.FACTS.page in str(caught.value)


def test_the_simulator_can_be_asked_everything() -> None:
    facts = source_facts("procedural")
    assert facts is not None
    assert set(families(facts)) == set(task_classes())


def test_facts_are_read_without_heavy_imports() -> None:
    names = [n for n in source_names() if n != "posed_rgbd"]
    code = (
        "import importlib, sys\n"
        f"for n in {names!r}: importlib.import_module('sextant.sources.' + n).FACTS\n"
        f"bad = {HEAVY!r} & set(sys.modules)\n"
        "sys.exit(f'imported {bad}' if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_verb_prints_a_table_of_all_and_a_page_of_one() -> None:
    for args, says in (([], "scannet"), (["scannet"], "non-commercial")):
        done = sextant("scenes", "help", *args)
        assert done.returncode == 0, done.stderr
        assert says in done.stdout
