"""Calls from a file of JSON lines, as `scripts/manage calls` writes them."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from callcenter.errors import Invalid


def rows_between(lines: Iterable[str], since: datetime | None, until: datetime | None) -> Iterator[dict[str, Any]]:
    """The calls that began in [since, until). Raises Invalid, naming the line, for one that is no call."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
            started = datetime.fromisoformat(row["started_at"])
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid({f"--calls, line {number}": str(error)}) from None
        if (since is None or started >= since) and (until is None or started < until):
            yield row
