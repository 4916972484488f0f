"""The command line as a user meets it: help, exit codes, messages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from command_line import sextant
from sextant._version import __version__


def started(*args: str, **more) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sextant", *args],
        capture_output=True, text=True, timeout=100, check=False, **more,
    )  # fmt: skip


EVALUATE = ["evaluate", "--data", "nowhere", "--model", "blind:prior", "--out", "run"]
SCORE = ["score", "--data", "nowhere", "--predictions", "nowhere.jsonl"]


@pytest.mark.parametrize(
    "verb", [[], ["generate"], ["verify"], ["export"], ["report"], ["scenes"], ["scenes", "show"],
             ["scenes", "list"], ["scenes", "help"], ["scenes", "save"], ["scenes", "check"],
             ["scenes", "import"], ["demo"], ["audit"], ["evaluate"], ["score"], ["import"],
             ["mix"], ["check"], ["info"], ["train"], ["plan"], ["publish"]],
)  # fmt: skip
def test_every_verb_has_help(verb):
    done = sextant(*verb, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_version():
    assert sextant("--version").stdout.strip() == f"sextant {__version__}"


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--version"], 0, ""),
        (["generate", "--source", "vsi_meta", "--root", "nowhere", "--out", "c"], 1, "nowhere"),
        (["export", "nowhere", "--out", "x", "--format", "csv"], 2, "sharegpt"),
        (["generate", "--source", "procedural", "--scenes", "many"], 2, "--scenes"),
    ],
)
def test_a_process_ends_with_the_code_and_says_the_same(tmp_path, args, code, says):
    done = started(*args, cwd=tmp_path)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    here = sextant(*args, cwd=tmp_path)
    assert here.stdout == done.stdout
    # Usage names the program as it was called.
    assert without_usage(here.stderr) == without_usage(done.stderr)


def without_usage(said: str) -> list[str]:
    return [line for line in said.splitlines() if not line.startswith(("Usage:", "Try "))]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from sextant.cli import app; from typer.testing import CliRunner;"
        "CliRunner().invoke(app, ['--help']);"
        "bad = {'numba', 'numpy', 'pyarrow', 'shapely', 'trimesh', 'torch'} & set(sys.modules);"
        "sys.exit(f'imported {bad}' if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["generate", "--source", "proceduraal", "--out", "c"], 2, "did you mean 'procedural'"),
        (["generate", "--source", "procedural"], 2, "--out"),
        (["generate", "--source", "procedural", "--out", "c", "--tasks", "mm.size"], 2, "did you"),
        (["generate", "--source", "procedural", "--out", "c", "--set", "per_task"], 2, "key=value"),
        (["generate", "--source", "procedural", "--out", "c", "--set", "pertask=1"], 2, "per_task"),
        (["generate", "--source", "procedural", "--out", "c", "--shard", "4/4"], 2, "0 <= i < N"),
        (["generate", "--source", "vsi_meta", "--root", "nowhere", "--out", "c"], 1, "nowhere"),
        (["generate", "--source", "vsi_meta", "--out", "c"], 1, "root"),
        ([*EVALUATE, "--benchmark", "vsi_bnech"], 2, "did you mean 'vsi_bench'"),
        ([*EVALUATE, "--benchmark", "vsi_bench"], 1, "nowhere"),
        ([*EVALUATE, "--benchmark", "vsi_bench", "--prompts", "ours"], 2, "official"),
        ([*SCORE, "--benchmark", "blnk"], 2, "did you mean 'blink'"),
        ([*SCORE, "--benchmark", "blink"], 1, "nowhere"),
        (["generate", "--source", "procedural", "--scenes", "many"], 2, "--scenes"),
        (["verify", "nowhere"], 1, "nowhere"),
        (["export", "nowhere", "--out", "x"], 1, "nowhere"),
        (["export", "nowhere", "--out", "x", "--format", "csv"], 2, "sharegpt"),
        (["audit", "nowhere", "--blind"], 1, "nowhere"),
        (["audit", "nowhere"], 2, "--blind"),
        (["export", "nowhere", "--out", "x", "--subset", "hard"], 2, "counter_heuristic"),
        (["report", "nowhere", "--out", "x"], 1, "nowhere"),
        (["import", "sensenova", "nowhere", "--out", "c"], 2, "did you mean 'sensenova_si'"),
        (["import", "sensenova_si", "nowhere", "--out", "c"], 1, "nowhere"),
        (["import", "sensenova_si", "nowhere", "--out", "c", "--images", "keep"], 2, "refer"),
        (["import", "sensenova_si", "nowhere", "--out", "c", "--name", "A/b"], 2, "digits"),
        (["import", "sensenova_si"], 2, "--list"),
        (["mix", "sensenova_8m", "--out", "m"], 2, "did you mean 'sensenova_si_8m'"),
        (["mix", "single_source", "--out", "m"], 2, "--input source=FOLDER"),
        (["mix", "single_source", "--out", "m", "--input", "source=nowhere"], 1, "nowhere"),
        (["mix", "single_source", "--out", "m", "--input", "x"], 2, "name=folder"),
        (["info", "nowhere"], 1, "nowhere"),
        (["scenes", "show", "x", "--source", "vsi_meta", "--root", "nowhere"], 1, "nowhere"),
        (["scenes", "help", "scanet"], 2, "did you mean 'scannet'"),
        (["scenes", "list", "--source", "scannet", "--root", "nowhere"], 1, "scan-net.org"),
        (["scenes", "list", "--source", "scannet", "--root", "nowhere"], 1, "no such folder"),
        (["scenes", "list", "--root", "nowhere"], 1, "no reader finds anything"),
        (["scenes", "list"], 2, "--root"),
    ],
)
def test_wrong_usage_is_2_and_bad_input_is_1_and_nothing_is_left(tmp_path, args, code, says):
    done = sextant(*args, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_unknown_recipe_key(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("visibility: {min_ratio: 0.5}\n")
    done = sextant(
        "generate", "--source", "procedural", "--out", "c", "--recipe", str(recipe), cwd=tmp_path
    )
    assert done.returncode == 2
    assert "min_visible_ratio" in done.stderr
    assert not (tmp_path / "c").exists()


def test_a_folder_of_unknown_origin_is_given_its_reader(tmp_path):
    for name in ("hall", "kitchen"):
        (tmp_path / "rooms" / name).mkdir(parents=True)
        (tmp_path / "rooms" / name / "scene.json").write_text("{}")
    done = sextant("scenes", "list", "--root", "rooms", cwd=tmp_path)
    assert done.stdout == "--source posed_rgbd: posed RGB-D layout: 2 scenes\n"
    done = sextant("scenes", "show", "rooms", cwd=tmp_path)
    assert done.returncode == 2
    assert "2 scenes are there; name one" in done.stderr
    assert "sextant scenes show rooms/hall" in done.stderr
