"""What every view of an app shares: its settings, its database, its broker, and the moment of the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, current_app, g
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter import db
from callcenter.config import Settings

_KEY = "hotline"


@dataclass(frozen=True)
class Site:
    settings: Settings
    engine: Engine
    redis_url: str | None


def attach(app: Flask, site: Site) -> None:
    app.extensions[_KEY] = site


def site() -> Site:
    found: Site = current_app.extensions[_KEY]
    return found


def now() -> datetime:
    """One moment for the whole request: everything a page shows or writes agrees on it."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


@contextmanager
def reading() -> Iterator[Session]:
    """One view of the data for a whole page: a part that reads while its page does sees the same."""
    open_one: Session | None = g.get("reading")
    if open_one is not None:
        yield open_one
        return
    with db.reading(site().engine) as session:
        g.reading = session
        try:
            yield session
        finally:
            g.pop("reading")


@contextmanager
def transaction() -> Iterator[Session]:
    with db.transaction(site().engine) as session:
        yield session
