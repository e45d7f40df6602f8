"""Closing of a talk: what the operator tells the citizen about the ticket just filed, and the same as a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from callcenter.errors import NotFound
from callcenter.models import Call, TextMessage, Ticket
from callcenter.vocab import Clock, TextResult, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import talkers
from tickets.life import clocks, history, safe
from tickets.life.loading import CLOCKS
from tickets.notices import messages
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.codes import group
from tickets.rules.sla import VIETNAM

_MOST = 8
# On its way, there, or perhaps there: it is not sent again by the same key.
_NOT_AGAIN = or_(TextMessage.result.is_(None), TextMessage.result.in_((TextResult.SENT, TextResult.UNKNOWN)))


@dataclass(frozen=True)
class Closing:
    """`promised`: the citizen has an answer by then; before an agency has the ticket, the time that such a one gets.

    `may_text`: the code may go to the citizen as a text; `text` is one that did.
    """

    ticket: Ticket
    promised: datetime | None
    may_text: bool
    text: TextMessage | None


def recent(session: Session, actor: Actor, now: datetime) -> Sequence[Ticket]:
    """What this person filed within a day, the newest first."""
    query = (
        select(Ticket)
        .where(Ticket.owner_id == actor.id, Ticket.filed_at > now - timedelta(days=1), Ticket.filed_at <= now)
        .order_by(Ticket.filed_at.desc(), Ticket.id.desc())
        .limit(_MOST)
        .options(joinedload(Ticket.lead_agency), joinedload(Ticket.category), joinedload(Ticket.ward), CLOCKS)
    )
    return session.scalars(query).all()


def closing(
    session: Session, actor: Actor, filed: Sequence[Ticket], *, texts_on: bool, now: datetime
) -> Closing | None:
    """Of the newest of `filed`, until the next matter begins: a call that rings at this person's telephone, or a draft
    that they open. `texts_on`: there is a gateway for texts."""
    newest = filed[0] if filed else None
    if newest is None or newest.filed_at is None or now - newest.filed_at > policy.TOLD_AFTER_FILING:
        return None
    if _has_gone_on(session, actor, newest.filed_at):
        return None
    number = newest.reporter_phone or newest.caller
    may_text = texts_on and not safe.is_protected(session, number)
    may_text = may_text and messages.refusal(number, safe_contact=newest.safe_contact) is None
    return Closing(newest, _promised(session, newest), may_text, _text_of(session, newest))


def send_code(session: Session, actor: Actor, code: str, *, now: datetime) -> TextMessage:
    """The code, who answers and by when, as a text to the reporter; once, however often it is asked for.

    Raises NotFound where the ticket has no number, NotAllowed where it is another person's.
    """
    ticket = history.locked(session, code)
    rights.require(actor, Right.FILE_REPORT, rights.Ties(own=lambda: ticket.owner_id == actor.id))
    sent = _text_of(session, ticket)
    if sent is not None:
        return sent
    number = ticket.reporter_phone or ticket.caller
    if number is None:
        raise NotFound(f"{code} has no number")
    agency = ticket.lead_agency.name if ticket.lead_agency else None
    text = words(ticket.code, agency, _promised(session, ticket))
    return messages.promise(session, ticket, number, text, actor, now=now)


def words(code: str, agency: str | None, promised: datetime | None) -> str:
    """The text to a citizen; two parts long where the agency's name is not."""
    said = f"1022: phiếu {group(code)}"
    if agency:
        said += f", {agency} trả lời"
    if promised is not None:
        local = promised.astimezone(VIETNAM)
        said += f" trước {local:%H:%M} ngày {local:%d/%m/%Y}"
    return f"{said}. Xem kết quả bằng mã này, hoặc gọi 1022."


def _has_gone_on(session: Session, actor: Actor, filed_at: datetime) -> bool:
    rang = exists().where(Call.started_at > filed_at, talkers.rang_at(actor))
    begun = exists().where(Ticket.owner_id == actor.id, Ticket.state == TicketState.DRAFT, Ticket.created_at > filed_at)
    return bool(session.scalar(select(or_(rang, begun))))


def _promised(session: Session, ticket: Ticket) -> datetime | None:
    if ticket.resolved_at is not None or ticket.filed_at is None:
        return None
    return ticket.answer_due or clocks.times(session).due(ticket.level, Clock.ANSWER, ticket.filed_at)


def _text_of(session: Session, ticket: Ticket) -> TextMessage | None:
    query = select(TextMessage).where(TextMessage.ticket_id == ticket.id, _NOT_AGAIN)
    return session.scalars(query.order_by(TextMessage.id.desc()).limit(1)).first()
