"""A real Asterisk for the tests of this folder; where there can be none they are skipped by reason."""

import pytest

from scripts.lab.asterisk_install import AsteriskUnavailable, unpacked


@pytest.fixture(scope="session")
def asterisk_tree() -> None:
    """Unpacks Asterisk and SIPp into the cache, or skips."""
    try:
        unpacked(lambda line: None)
    except AsteriskUnavailable as why:
        pytest.skip(f"real Asterisk: {why}")
