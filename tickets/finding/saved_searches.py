"""Saved searches of a person, each under a name; a search is an address, so that its link can be shared."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter.errors import Invalid
from callcenter.models import SavedSearch
from tickets.actors import Actor
from tickets.rules import policy
from tickets.rules.fields import owed

_LONGEST_NAME = 60
_OF_ONE = (
    select(SavedSearch.id, SavedSearch.name, SavedSearch.query)
    .where(SavedSearch.user_id == bindparam("user"))
    .order_by(func.lower(SavedSearch.name), SavedSearch.id)
)


def of(session: Session, actor: Actor) -> Sequence[Row[int, str, str]]:
    """`id`, `name` and `query` of this person's own, by name."""
    return session.connection().execute(_OF_ONE, {"user": actor.id}).all()


def keep(session: Session, actor: Actor, name: str, query: str, *, now: datetime) -> None:
    """Under a name that this person has used already, the new search takes the place of the old one."""
    name = " ".join(name.split())
    kept = {one.name for one in of(session, actor)}
    if why := owed(name, _LONGEST_NAME):
        raise Invalid({"name": why})
    if name not in kept and len(kept) >= policy.MOST_SEARCHES:
        raise Invalid({"name": "too_many_searches"})
    row = {"user_id": actor.id, "name": name, "query": query, "created_at": now}
    same = {"query": query, "created_at": now}
    session.execute(
        insert(SavedSearch).values(row).on_conflict_do_update(index_elements=["user_id", "name"], set_=same)
    )


def drop(session: Session, actor: Actor, saved_id: int) -> None:
    """Only one's own; one that is gone already is gone."""
    session.execute(delete(SavedSearch).where(SavedSearch.id == saved_id, SavedSearch.user_id == actor.id))
