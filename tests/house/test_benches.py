"""Benches run by hand, and so none of them may fall behind the code unseen: each one can be loaded."""

from importlib import import_module
from pathlib import Path

import pytest

BENCHES = sorted(path.stem for path in (Path(__file__).parents[1] / "bench").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_can_be_loaded(name: str) -> None:
    assert import_module(f"tests.bench.{name}").__doc__
