from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from layouts.world import small_room

from sextant.scenes import Scene

REPOSITORY = Path(__file__).resolve().parents[2]


def data_folder(name: str) -> Path:
    """A folder of real sample captures, which never stand in the repository itself."""
    default = REPOSITORY.parent / "shared" / "data"
    folder = Path(os.environ.get("SEXTANT_TEST_DATA", default)) / name
    if not folder.exists():
        pytest.skip(f"real sample {name!r} is absent; set SEXTANT_TEST_DATA to its parent folder")
    return folder


@pytest.fixture(scope="session")
def truth() -> Scene:
    """The room that a test module writes in its dataset's layout, unless it needs another."""
    return small_room()


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of what a test module wrote as ``root``, to be damaged."""
    shutil.copytree(root, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def vsi_meta_root() -> Path:
    return data_folder("vsibench_meta_info")


@pytest.fixture(scope="session")
def scannet_labels() -> Path:
    return data_folder("mmdet3d_demo") / "scannetv2-labels.combined.tsv"


@pytest.fixture(scope="session")
def hypersim_root() -> Path:
    return data_folder("hypersim")


@pytest.fixture(scope="session")
def seven_scenes_root() -> Path:
    return data_folder("seven_scenes_sample")


@pytest.fixture(scope="session")
def adt_root() -> Path:
    return data_folder("adt_raw")


@pytest.fixture(scope="session")
def adt_decoded_root() -> Path:
    return data_folder("adt_apartment_sample")
