"""Tells a person at the terminal what happens: a line when a call rings, is answered, ends, and when a ticket moves."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter import push
from callcenter.db import reading
from callcenter.models import Call, Ticket

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
SILENT = {"draft"}


def narrate(engine: Engine, redis_url: str, say: Callable[[str], None]) -> None:
    """For ever; a broker that goes away ends it quietly: the children say that themselves."""
    told: dict[tuple[str, int], str] = {}
    try:
        for message in push.follow(redis_url):
            if message is None:
                continue
            with reading(engine) as session:
                _tell(session, message, told, say)
    except redis.RedisError:
        return


def _tell(
    session: Session, message: dict[str, Any], told: dict[tuple[str, int], str], say: Callable[[str], None]
) -> None:
    for kind, words in (("call", _call), ("ticket", _ticket)):
        key = message.get(kind)
        text = words(session, key) if isinstance(key, int) else None
        if isinstance(key, int) and text and told.get((kind, key)) != text:
            told[kind, key] = text
            say(f"{datetime.now(UTC).astimezone(LOCAL):%H:%M:%S}  {text}")


def _call(session: Session, call_id: int) -> str | None:
    call = session.get(Call, call_id)
    if call is None:
        return None
    who = call.caller or "withheld number"
    if call.outcome:
        talk = f" by {call.operator}, {call.talk_s:.0f} s" if call.operator and call.talk_s else ""
        return f"call   {who}: {call.outcome}{talk}"
    return f"call   {who}: talking with {call.operator}" if call.answered_at else f"call   {who}: waiting"


def _ticket(session: Session, ticket_id: int) -> str | None:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or ticket.state in SILENT:
        return None
    return f"ticket {ticket.code}: {ticket.kind}, {ticket.state}"
