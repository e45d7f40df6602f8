"""The operator's page: who waits, whose call is mine, what I still owe an end; each part re-read when told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from agent_ui.web import choices, filters, site
from agent_ui.web.auth import may, me
from callcenter.models import Call, PbxStatus, Ticket
from callcenter.vocab import TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.desk import filing, queries, same_caller
from tickets.desk.queries import CallerHistory
from tickets.desk.same_caller import Redial
from tickets.oversight import worklist
from tickets.people import contacts
from tickets.people.contacts import Card
from tickets.rights import Right
from tickets.telephone import restarts

blueprint = Blueprint("console", __name__)

# Drafts whose forms stand on the desk; more of them are in the list beside it, each on a page of its own.
MOST_FORMS = 12


@dataclass(frozen=True)
class Work:
    """One thing on the operator's desk: a live call, or a draft that still wants an end.

    `typed` and `problems` are what came back from a form with errors; `theirs` what somebody else saved meanwhile.
    `own`: the call ends with this ticket. `redial`: a talk with this caller that broke off shortly before.
    `card`: what is known of the number.
    """

    ticket: Ticket | None
    call: Call | None
    history: CallerHistory
    opened: bool = False
    own: bool = True
    redial: Redial | None = None
    card: Card | None = None
    typed: Mapping[str, object] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.ticket.code if self.ticket else f"call-{self.call.id if self.call else 0}"

    @property
    def since(self) -> datetime | None:
        return self.call.started_at if self.call else self.ticket.created_at if self.ticket else None

    @property
    def open_draft(self) -> bool:
        return self.ticket is not None and self.ticket.state == TicketState.DRAFT


def desk_page() -> str:
    with site.reading() as session:
        return render_template("desk/page.html", **_everything(session, me()))


@blueprint.get("/desk")
@may(Right.STAFF_DESK)
def desk_of_mine() -> str:
    """The same page under a name of its own: a shift leader's home is another one."""
    return desk_page()


@blueprint.get("/desk/waiting")
@may(Right.SEE_CALLS)
def waiting() -> str:
    with site.reading() as session:
        return render_template("desk/waiting.html", waiting=queries.waiting_calls(session))


@blueprint.get("/desk/work")
@may(Right.STAFF_DESK)
def work() -> str:
    with site.reading() as session:
        return render_template("desk/work.html", works=works(session, me()), categories=choices.categories(session))


@blueprint.get("/desk/side")
@may(Right.STAFF_DESK)
def side() -> str:
    with site.reading() as session:
        return render_template("desk/side.html", **_side(session, me()))


@blueprint.get("/desk/ring")
@may(Right.SEE_CALLS)
def ring() -> str:
    with site.reading() as session:
        return render_template("desk/ring.html", ringing=_ringing(session, me()))


@blueprint.get("/desk/pbx")
@may(Right.SEE_CALLS)
def pbx() -> str:
    with site.reading() as session:
        return render_template(
            "desk/pbx.html", away=pbx_away(session), restarts=restarts.recent(session, me(), site.now())
        )


def pbx_away(session: Session) -> list[tuple[PbxStatus, datetime]]:
    """PBXs that are not heard, and since when."""
    states = ((status, filters.pbx_down(status)) for status in queries.pbx_states(session))
    return [(status, since) for status, since in states if since is not None]


def works(session: Session, actor: Actor) -> list[Work]:
    """Newest first, so that what is there already never moves when a call comes in."""
    calls = [*queries.my_calls(session, actor), *queries.left_calls(session, actor)]
    drafts = filing.drafts_of(session, calls)
    live = [_live(session, call, drafts.get(call.id)) for call in calls]
    shown = {work.ticket.id for work in live if work.ticket}
    owed = [row for row in queries.unfinished(session, actor) if row.ticket.id not in shown][:MOST_FORMS]
    ended = [
        Work(
            row.ticket,
            row.call,
            _history(session, row.call, row.ticket),
            opened=_is_opened(row, live, place),
            own=row.own,
            card=_card(session, row.call, row.ticket),
        )
        for place, row in enumerate(owed)
    ]
    return sorted(live + ended, key=lambda work: (work.since is not None, work.since), reverse=True)


def _live(session: Session, call: Call, ticket: Ticket | None) -> Work:
    redial = same_caller.redial(session, call, site.now())
    return Work(ticket, call, _history(session, call), True, redial=redial, card=_card(session, call, ticket))


def _is_opened(row: queries.Unfinished, live: Sequence[Work], place: int) -> bool:
    """The newest, or one more report of the call that goes on."""
    if any(work.call is row.call for work in live):
        return True
    return not live and place == 0


def one_work(session: Session, actor: Actor, code: str) -> Work:
    """A draft on a page of its own. Raises NotFound."""
    page = queries.ticket(session, actor, code)
    call, relation = next((row for row in page.calls if row[1] in (filing.OPENED, same_caller.MORE)), (None, ""))
    return Work(
        page.ticket,
        call,
        _history(session, call, page.ticket),
        opened=True,
        own=relation == filing.OPENED,
        card=_card(session, call, page.ticket),
    )


def _ringing(session: Session, actor: Actor) -> list[tuple[Call, Ticket | None]]:
    calls = [call for call in queries.my_calls(session, actor) if actor.extension in call.ringing]
    drafts = filing.drafts_of(session, calls)
    return [(call, drafts.get(call.id)) for call in calls]


def _history(session: Session, call: Call | None, ticket: Ticket | None = None) -> CallerHistory:
    return queries.caller_history(session, _number(call, ticket), before_call=call.id if call else None)


def _card(session: Session, call: Call | None, ticket: Ticket | None) -> Card | None:
    number = _number(call, ticket)
    return contacts.card(session, number, before_call=call.id if call else None) if number else None


def _number(call: Call | None, ticket: Ticket | None) -> str | None:
    """Who is on the line, or whom a ticket without a call is to reach."""
    return call.caller if call else ticket.reporter_phone if ticket else None


def _side(session: Session, actor: Actor) -> dict[str, object]:
    moment = site.now()
    drafts = queries.unfinished(session, actor)
    return {
        "callbacks": worklist.callbacks(session, moment),
        "drafts": sorted(drafts, key=_left_at),
        "on_desk": {row.ticket.id for row in drafts[:MOST_FORMS]},
        "my_day": worklist.my_day(session, actor, moment),
        "shift": worklist.shift(session, moment) if rights.may(actor, Right.LEAD_SHIFT) else None,
    }


def _left_at(row: queries.Unfinished) -> datetime:
    return (row.call.ended_at if row.call else None) or row.ticket.created_at


def _everything(session: Session, actor: Actor) -> dict[str, object]:
    return {
        "waiting": queries.waiting_calls(session),
        "works": works(session, actor),
        "categories": choices.categories(session),
        **_side(session, actor),
    }
