"""Scopes as SQL conditions: the tickets that an actor may see."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false

from callcenter.errors import NotFound
from callcenter.models import CallBack, Ticket
from tickets import rights
from tickets.actors import Actor
from tickets.life import reach
from tickets.rights import Right, Scope

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def visible(query: Query, actor: Actor) -> Query:
    """`query` of tickets, narrowed to those that this person may see. Raises NotFound for a person without any."""
    scope = rights.scope_of(actor, Right.SEE_TICKET)
    if scope is None:
        raise NotFound("tickets are for people who signed in")
    return query if scope is Scope.ALL else query.where(_CONDITIONS[scope](actor))


def visible_call_backs(query: Query, actor: Actor) -> Query:
    """`query` of call-backs, narrowed as `visible` does; no agency ever has one."""
    scope = rights.scope_of(actor, Right.SEE_TICKET)
    if scope in (Scope.OWN, Scope.OWN_TEAM):
        return query.where(CallBack.owner_id == actor.id)
    return query if scope is Scope.ALL else query.where(false())


def sees_call_backs(actor: Actor) -> bool:
    return rights.scope_of(actor, Right.SEE_TICKET) in (Scope.OWN, Scope.OWN_TEAM, Scope.ALL)


def _owned(actor: Actor) -> ColumnElement[bool]:
    return Ticket.owner_id == actor.id


def _with_the_agency(actor: Actor) -> ColumnElement[bool]:
    return reach.in_reach(actor.agency_id)


# No teams and no tree of agencies yet: as `tickets.rights` has it, their scopes reach as far as the smaller ones.
_CONDITIONS: Mapping[Scope, Callable[[Actor], ColumnElement[bool]]] = {
    Scope.OWN: _owned,
    Scope.OWN_TEAM: _owned,
    Scope.OWN_AGENCY: _with_the_agency,
    Scope.AGENCIES_BELOW: _with_the_agency,
}
