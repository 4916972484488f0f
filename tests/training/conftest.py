from __future__ import annotations

import pytest


@pytest.fixture
def one_thread():
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
