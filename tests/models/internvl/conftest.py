"""One tiny folder, its family, and one thread."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    pytest.importorskip("torch", reason="needs the extra train")
    pytest.importorskip("transformers", reason="needs the extra train")
    from tiny_internvl import opengvlab_folder

    return opengvlab_folder(tmp_path_factory.mktemp("internvl") / "tiny")


@pytest.fixture(scope="session")
def family(folder):
    from sextant.models.internvl import open_family

    return open_family(folder)


@pytest.fixture
def model(family):
    import torch

    return family.load(dtype=torch.float32)


@pytest.fixture(autouse=True)
def one_thread():
    """One thread multiplies tiny matrices faster than several that wait for each other."""
    try:
        import torch
    except ImportError:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
