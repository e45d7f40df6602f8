"""Alembic's entry: runs on the connection that `callcenter.migrate` hands over, inside its transaction."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

import callcenter.models  # noqa: F401 (fills Base.metadata)
from callcenter.db import Base, UtcDateTime


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as what they are in the database, so that a migration outlives them."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, render_item=render)
context.run_migrations()
