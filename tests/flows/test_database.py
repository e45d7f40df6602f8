"""The database as everybody opens it: what its errors tell a log."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError


def test_an_error_does_not_tell_what_the_statement_was_given(engine: Engine) -> None:
    """Numbers, names and hashes go through statements; the log of a failed one has the statement alone."""
    with engine.connect() as connection, pytest.raises(DataError) as failed:
        connection.execute(text("SELECT 1 / 0 WHERE :number <> ''"), {"number": "0905123456"})
    assert "SELECT 1 / 0" in str(failed.value)
    assert "0905123456" not in str(failed.value)
