"""Operator's home page: waiting calls, own live calls, unfinished drafts; parts re-read on live announcements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.desk import closing
from agent_ui.desk.my_phone import allowed
from agent_ui.frame import Frame
from agent_ui.web import filters, site
from agent_ui.web.auth import may, me
from callcenter.models import Call, PbxStatus, Ticket, TicketOrCallBack
from callcenter.vocab import TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.desk import filing, queries, same_caller
from tickets.desk.queries import Asker, CallerHistory, Unfinished
from tickets.desk.same_caller import Redial
from tickets.life import choices
from tickets.oversight import worklist
from tickets.people import contacts
from tickets.people.closing import recent
from tickets.people.contacts import Card
from tickets.rights import Right
from tickets.telephone import emergency_bar, restarts, transfers
from tickets.telephone.emergency_bar import EmergencyRecord
from tickets.telephone.handset import Handset

blueprint = Blueprint("console", __name__)

# Drafts whose forms stand on the desk; more of them are in the list beside it, each on a page of its own.
MOST_FORMS = 12


@dataclass(frozen=True)
class DeskItem:
    """One thing on the operator's desk: a live call, or a draft that still wants an end.

    `typed` and `problems` are what came back from a form with errors; `theirs` what another person saved meanwhile.
    `own`: the call ends with this ticket. `redial`: a talk with this caller that broke off shortly before.
    `card`: what is known of the number. `emergencies` are those of the ticket.
    """

    ticket: TicketOrCallBack | None
    call: Call | None
    history: CallerHistory
    opened: bool = False
    own: bool = True
    redial: Redial | None = None
    card: Card | None = None
    emergencies: Sequence[EmergencyRecord] = ()
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


@dataclass(frozen=True)
class _Known:
    """What the database has of the callers and tickets of a desk, each kind read by one statement for all of them."""

    histories: Mapping[Asker, CallerHistory]
    cards: Mapping[Asker, Card]
    emergencies: Mapping[int, Sequence[EmergencyRecord]]

    def work(self, ticket: TicketOrCallBack | None, call: Call | None, **values: Any) -> DeskItem:
        asker = _asker(call, ticket)
        return DeskItem(
            ticket,
            call,
            self.histories.get(asker, _NO_HISTORY) if asker else _NO_HISTORY,
            card=self.cards.get(asker) if asker else None,
            emergencies=self.emergencies.get(ticket.id, ()) if ticket else (),
            **values,
        )


_NO_HISTORY = CallerHistory((), ())


def desk_page(refused: DeskItem | None = None) -> str:
    """The desk; with `refused` in the place of its own card, open, with what was typed."""
    with site.reading() as session:
        return _desk(session, refused)


def has_form(session: Session, code: str) -> bool:
    """Whether this draft's form stands on the desk of the signed-in person."""
    if not rights.may(me(), Right.STAFF_DESK):
        return False
    around = frame.of(session)
    return any(work.key == code for work in works(session, around, queries.unfinished(session, me())))


def _desk(session: Session, refused: DeskItem | None) -> str:
    live = queries.live_calls(session)
    around = frame.of(session, Handset(session, me(), site.now(), live), numbers=True)
    drafts = queries.unfinished(session, me())
    filed = recent(session, me(), site.now())
    shown = _work(session, around, drafts, refused)
    shown |= _side(session, me(), drafts, filed) | closing.shown(session, filed)
    return frame.page(around, "desk/page.html", waiting=queries.waiting_of(live), **shown)


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
        around = frame.of(session, numbers=True)
        shown = _work(session, around, queries.unfinished(session, me()))
        return render_template("desk/work.html", frame=around, **shown)


@blueprint.get("/desk/side")
@may(Right.STAFF_DESK)
def side() -> str:
    with site.reading() as session:
        filed = recent(session, me(), site.now())
        shown = _side(session, me(), queries.unfinished(session, me()), filed) | closing.shown(session, filed)
        return render_template("desk/side_parts.html", frame=frame.of(session), **shown)


@blueprint.get("/desk/parts")
@may(Right.SEE_CALLS)
def parts() -> str:
    """What a push changes, in one answer: banners, telephone, emergencies, the bar of a call; `work`: the cards too."""
    with_work = "work" in request.args and rights.may(me(), Right.STAFF_DESK)
    with site.reading() as session:
        handset = Handset(session, me(), site.now())
        around = frame.of(session, handset, numbers=with_work)
        shown = _work(session, around, queries.unfinished(session, me())) if with_work else {}
        if with_work:
            shown |= closing.shown(session, recent(session, me(), site.now()))
        return render_template(
            "desk/parts.html",
            frame=around,
            ringing=_ringing(session, around.calls),
            away=pbx_away(handset.statuses.values()),
            restarts=restarts.recent(session, handset),
            **shown,
        )


def pbx_away(statuses: Iterable[PbxStatus]) -> list[tuple[PbxStatus, datetime]]:
    """PBXs that are not heard, and since when."""
    states = ((status, filters.pbx_down(status)) for status in statuses)
    return [(status, since) for status, since in states if since is not None]


def _work(
    session: Session, around: Frame, drafts: Sequence[Unfinished], refused: DeskItem | None = None
) -> dict[str, object]:
    """What `desk/work.html` shows."""
    here = works(session, around, drafts)
    if refused is not None:
        here = [refused if work.key == refused.key else work for work in here]
    return {"works": here, **work_choices(session, around)}


def work_choices(session: Session, around: Frame) -> dict[str, object]:
    """What the cards of works offer to choose from."""
    passing = any(around.transfer_verbs.values())
    return {
        "categories": choices.categories_with_words(session),
        "transfer_targets": transfers.targets(session, me(), allowed()) if passing else None,
    }


def works(session: Session, around: Frame, drafts: Sequence[Unfinished]) -> list[DeskItem]:
    """Newest first, so that what is there already never moves when a call comes in."""
    calls = [*around.calls, *around.left]
    opened = filing.drafts_of(session, calls)
    here = {ticket.id for ticket in opened.values()}
    owed = [row for row in drafts if row.ticket.id not in here][:MOST_FORMS]
    pairs = [(opened.get(call.id), call) for call in calls]
    known = _known(session, [*pairs, *((row.ticket, row.call) for row in owed)])
    redials = same_caller.redials(session, calls, site.now()) if calls else {}
    live = [known.work(opened.get(call.id), call, opened=True, redial=redials.get(call.id)) for call in calls]
    ended = [
        known.work(row.ticket, row.call, opened=_is_opened(row, live, place), own=row.own)
        for place, row in enumerate(owed)
    ]
    return sorted(live + ended, key=lambda work: (work.since is not None, work.since), reverse=True)


def _is_opened(row: Unfinished, live: Sequence[DeskItem], place: int) -> bool:
    """The newest, or one more report of the call that goes on."""
    if any(work.call is row.call for work in live):
        return True
    return not live and place == 0


def one_work(session: Session, actor: Actor, code: str) -> DeskItem:
    """A draft on a page of its own. Raises NotFound."""
    page = queries.ticket(session, actor, code)
    call, relation = next((row for row in page.calls if row[1] in (filing.OPENED, same_caller.MORE)), (None, ""))
    known = _known(session, [(page.ticket, call)])
    return known.work(page.ticket, call, opened=True, own=relation == filing.OPENED)


def _known(session: Session, works: Iterable[tuple[TicketOrCallBack | None, Call | None]]) -> _Known:
    works = list(works)
    askers = {asker for ticket, call in works if (asker := _asker(call, ticket)) is not None}
    return _Known(
        queries.caller_histories(session, askers),
        contacts.cards(session, askers),
        emergency_bar.of_tickets(session, [ticket.id for ticket, _ in works if ticket is not None]),
    )


def _asker(call: Call | None, ticket: TicketOrCallBack | None) -> Asker | None:
    """The caller on the line, or the contact of a ticket without a call."""
    number = call.caller if call else ticket.reporter_phone if ticket else None
    return (number, call.id if call else None) if number else None


def _ringing(session: Session, calls: Sequence[Call]) -> list[tuple[Call, TicketOrCallBack | None]]:
    ringing = [call for call in calls if me().extension in call.ringing]
    drafts = filing.drafts_of(session, ringing)
    return [(call, drafts.get(call.id)) for call in ringing]


def _side(session: Session, actor: Actor, drafts: Sequence[Unfinished], filed: Sequence[Ticket]) -> dict[str, object]:
    moment = site.now()
    callbacks = worklist.callbacks(session, moment)
    return {
        "callbacks": callbacks,
        "sounds": site.sounds(session, actor, [row.message for row in callbacks]),
        "drafts": sorted(drafts, key=_left_at),
        "filed": filed,
        "on_desk": {row.ticket.id for row in drafts[:MOST_FORMS]},
        "my_day": worklist.my_day(session, actor, moment),
        "shift": worklist.shift(session, moment) if rights.may(actor, Right.LEAD_SHIFT) else None,
    }


def _left_at(row: Unfinished) -> datetime:
    return (row.call.ended_at if row.call else None) or row.ticket.created_at
