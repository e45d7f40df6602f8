"""What every view of an app shares: its settings, its database, its broker, and the moment of the request."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from flask import Flask, current_app, g, request
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

    @cached_property
    def views(self) -> Engine:
        return db.one_view(self.engine)


def attach(app: Flask, site: Site) -> None:
    app.extensions[_KEY] = site
    app.teardown_appcontext(end_view)


def site() -> Site:
    found: Site = current_app.extensions[_KEY]
    return found


def now() -> datetime:
    """One moment for the whole request: everything a page shows or writes agrees on it."""
    moment: datetime | None = g.get("now")
    if moment is None:
        moment = g.now = datetime.now(UTC)
    return moment


def is_part(*ids: str) -> bool:
    """Whether this answers one of these parts of a page: the frame around it stays, and is not shown."""
    return request.headers.get("HX-Target", "").rpartition("#")[2] in ids


@contextmanager
def reading() -> Iterator[Session]:
    """One view of the data for a whole page: a part that reads while its page does sees the same."""
    open_one: Session | None = g.get("reading")
    if open_one is None:
        with _view() as session:
            yield session
        return
    try:
        yield open_one
    except BaseException:
        # Perhaps it was the database that failed: who tells of it begins anew.
        end_view()
        raise


def read_on() -> None:
    """For an answer that only reads: what it has read from now on, and who asks, is all one view, till it is given."""
    if "reading" not in g:
        stack = g.view = ExitStack()
        stack.enter_context(_view())


@contextmanager
def _view() -> Iterator[Session]:
    with db.reading(site().views) as session:
        g.reading = session
        try:
            yield session
        finally:
            g.pop("reading")


def end_view(_error: BaseException | None = None) -> None:
    """Give back the connection of `read_on`; what is read after it is read in a view of its own."""
    stack: ExitStack | None = g.pop("view", None)
    if stack is not None:
        stack.close()


@contextmanager
def transaction() -> Iterator[Session]:
    with db.transaction(site().engine) as session:
        yield session
