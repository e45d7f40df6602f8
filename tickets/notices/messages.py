"""Text messages (SMS) to citizens: permission by number and ticket, and the promise to send."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callcenter import outbox, phones
from callcenter.models import TextMessage, TicketOrCallBack
from callcenter.vocab import TextResult
from tickets.actors import Actor
from tickets.life import history, safe

# The letters of the plain SMS alphabet that people type; everything else makes each part 70 letters short.
_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Letters in each of several joined parts.
PLAIN_PART, MARKED_PART = 153, 67
_LOST_AFTER = timedelta(minutes=2)
_DOUBLE = frozenset("^{}\\[~]|€")


def parts(text: str) -> int:
    """How many messages a text goes out as: 160 plain letters in one and 153 in each of several, else 70 and 67."""
    if all(letter in _PLAIN or letter in _DOUBLE for letter in text):
        length, one, each = sum(2 if letter in _DOUBLE else 1 for letter in text), 160, PLAIN_PART
    else:
        length, one, each = len(text.encode("utf-16-le")) // 2, 70, MARKED_PART
    return 1 if length <= one else -(-length // each)


def refusal(number: str | None, *, safe_contact: bool) -> TextResult | None:
    """Why nothing may be sent there; None where it may."""
    if safe_contact:
        return TextResult.SAFE_CONTACT
    return None if number is not None and phones.is_mobile(number) else TextResult.NO_MOBILE


def promise(
    session: Session, about: TicketOrCallBack, number: str, text: str, actor: Actor, *, now: datetime
) -> TextMessage:
    """This text goes to this number after the commit; where it must not, that is on record at once."""
    refused = refusal(number, safe_contact=safe.is_protected(session, number))
    message = TextMessage(
        ticket_id=about.id,
        number=number,
        text=text,
        asked_by_id=actor.id,
        asked_by=actor.name,
        created_at=now,
        result=refused,
        ended_at=now if refused else None,
    )
    session.add(message)
    session.flush()
    if refused:
        history.note(session, about, "texted", actor, now=now, result=refused)
    else:
        outbox.promise(session, outbox.TEXTS, {"message": message.id}, now=now, about=about)
    return message


def take(session: Session, message_id: int, now: datetime) -> TextMessage | None:
    """The message, from now on this worker's alone; None where it is done, or another worker has it.

    A worker that took it and did not come back for so long was lost while sending it.
    """
    message = session.get(TextMessage, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.result is not None:
        return None
    if message.taken_at is not None:
        if now - message.taken_at > _LOST_AFTER:
            finish(session, message.id, TextResult.UNKNOWN, "the worker was stopped", now)
        return None
    message.taken_at = now
    return message


def is_ended(session: Session, message_id: int) -> bool:
    message = session.get(TextMessage, message_id)
    return message is None or message.result is not None


def put_back(session: Session, message_id: int) -> None:
    """It never left: it may be tried again."""
    session.get_one(TextMessage, message_id, with_for_update=True).taken_at = None


def finish(session: Session, message_id: int, result: TextResult, answer: str, now: datetime) -> None:
    """Write what became of it, once, on the message and in the ticket's history."""
    message = session.get_one(TextMessage, message_id, with_for_update=True)
    if message.result is not None:
        return
    message.result, message.answer, message.ended_at = result, answer[:500], now
    about = history.of_id(session, message.ticket_id)
    who = Actor(message.asked_by_id, message.asked_by)
    history.note(session, about, "texted", who, now=now, reason=message.text, result=result)
