"""Ticket presence in the broker: the people with a ticket open; entries expire, and without a broker there are none."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import redis
import structlog

from callcenter import push

# A page says every ten seconds that it is there; two of its words may get lost.
LASTS_S = 30

log = structlog.get_logger(__name__)


def here(tickets: Sequence[int], user_id: int, name: str, now: datetime) -> Mapping[int, Sequence[str]]:
    """Say that this person has these tickets open; the names of the others at each, in the order of their words."""
    client = push.client()
    if client is None or not tickets:
        return {}
    try:
        pipeline = client.pipeline(transaction=False)
        for ticket in tickets:
            key, moment = _key(ticket), now.timestamp()
            pipeline.zadd(key, {_member(user_id, name): moment})
            pipeline.zremrangebyscore(key, "-inf", moment - LASTS_S)
            pipeline.expire(key, LASTS_S)
            pipeline.zrange(key, 0, -1)
        answers = pipeline.execute()
    except redis.RedisError as error:
        log.warning("onlookers lost", error=type(error).__name__)
        return {}
    found = {}
    for ticket, members in zip(tickets, answers[3::4], strict=True):
        people = [json.loads(member) for member in members]
        found[ticket] = [known for other, known in people if other != user_id]
    return found


def gone(tickets: Sequence[int], user_id: int, name: str) -> None:
    """The page was left; where this is not heard, time does it."""
    client = push.client()
    if client is None or not tickets:
        return
    try:
        for ticket in tickets:
            client.zrem(_key(ticket), _member(user_id, name))
    except redis.RedisError as error:
        log.warning("onlookers lost", error=type(error).__name__)


def _key(ticket: int) -> str:
    return f"onlookers:{ticket}"


def _member(user_id: int, name: str) -> str:
    return json.dumps([user_id, name], ensure_ascii=False)
