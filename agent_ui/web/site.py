"""Request context: the app's settings, database and broker, one moment, and one snapshot of the data."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from flask import Flask, current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter import db
from callcenter.config import Settings
from callcenter.models import Call
from callcenter.vocab import Sound
from tickets.actors import Actor
from tickets.calls import listening
from tickets.calls.recordings import Heard

_KEY = "hotline"
_ONLY_READ = ("GET", "HEAD", "OPTIONS")


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


def sounds(session: Session, actor: Actor, calls: Collection[Call | None]) -> dict[tuple[int, Sound], Heard]:
    """What this person may hear of these calls, as `sounds.html` takes it."""
    there = [call for call in calls if call is not None]
    return listening.to_hear(session, actor, site().settings.recordings, there, now())


def asked_part() -> str:
    """The id of the part of a page that this request is for; '' for a whole page."""
    return request.headers.get("HX-Target", "").rpartition("#")[2]


@contextmanager
def reading() -> Iterator[Session]:
    """One view of the data. A request that only reads has a single one, from the person to the page, until it is
    answered; a request that writes reads before and after that in views of their own."""
    try:
        yield _view()
    except BaseException:
        # Perhaps it was the database that failed.
        end_view()
        raise
    if request.method not in _ONLY_READ:
        end_view()


@contextmanager
def lookup() -> Iterator[Session]:
    """One statement beside the view and the transaction of the request."""
    with db.lookup(site().engine) as session:
        yield session


@contextmanager
def transaction() -> Iterator[Session]:
    """What is read after it is read anew."""
    end_view()
    with db.transaction(site().engine) as session:
        yield session


def _view() -> Session:
    open_one: tuple[Session, ExitStack] | None = g.get("view")
    if open_one is None:
        stack = ExitStack()
        open_one = g.view = (stack.enter_context(db.reading(site().views)), stack)
    return open_one[0]


def end_view(_error: BaseException | None = None) -> None:
    open_one: tuple[Session, ExitStack] | None = g.pop("view", None)
    if open_one is not None:
        open_one[1].close()
