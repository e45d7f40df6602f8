"""Live announcements: ids only, sent after the commit, by a client that never waits; losing one is harmless."""

import json
from collections.abc import Iterator
from typing import Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from sqlalchemy.orm import Session

_MUTE = "mute"

log = structlog.get_logger(__name__)

_publisher: redis.Redis | None = None
_channel = ""


def connect(url: str) -> None:
    """Name the broker of this process; without it announcements are dropped (tools, tests of rules)."""
    global _publisher, _channel
    _publisher, _channel = make_publisher(url), channel(url)


def channel(url: str) -> str:
    """Where a site announces. Publishing knows no database numbers: sites that share a broker have one each."""
    number = parse_url(url).get("db") or 0  # type: ignore[no-untyped-call]
    return f"live-{number}"


def client() -> redis.Redis | None:
    """This process's connection to the broker, for other small things that may be lost."""
    return _publisher


def make_publisher(url: str) -> redis.Redis:
    """redis-py retries for seconds by default: inside an operator's request that is a frozen page."""
    return redis.Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=0.2, socket_timeout=0.5, decode_responses=True
    )


def mute(session: Session) -> None:
    """From now on this session announces nothing: for a long transaction whose rows no open page shows."""
    session.info[_MUTE] = True


def is_mute(session: Session) -> bool:
    """Whether announcements are off, so that their topics need not be computed."""
    return _MUTE in session.info


def announce(session: Session, topic: str, **ids: int) -> None:
    """Announce a change. `topic` is the audience (`calls`, `tickets`, `extension:101`, `agency:5`)."""
    if is_mute(session):
        return
    waiting: dict[str, dict[str, list[int]]] = session.info.setdefault("announcements", {})
    said = waiting.setdefault(topic, {})
    for name, number in ids.items():
        known = said.setdefault(name, [])
        if number not in known:
            known.append(number)


def deliver(session: Session) -> None:
    """Push what the committed transaction announced, a message a topic: `{topic, call: [id], ticket: [id]}`.

    Called by `db.transaction` alone.
    """
    waiting = session.info.pop("announcements", None)
    if not waiting or _publisher is None:
        return
    try:
        pipeline = _publisher.pipeline(transaction=False)
        for topic, ids in waiting.items():
            pipeline.publish(_channel, json.dumps({"topic": topic, **ids}))
        pipeline.execute()
    except redis.RedisError as error:
        log.warning("push lost", error=type(error).__name__, announcements=len(waiting))


def follow(url: str, *, idle_s: float = 15.0) -> Iterator[dict[str, Any] | None]:
    """Every announcement from now on; None first, once listening is sure, and after each `idle_s` of silence.

    The None at the start matters: only then may a page read its state, or a change between its
    reading and our listening would be lost. Raises redis.RedisError when the broker goes away.
    """
    client = redis.Redis.from_url(url, decode_responses=True, health_check_interval=10)
    with client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe(channel(url))
        while True:
            message = pubsub.get_message(timeout=idle_s)
            if message is None or message["type"] == "subscribe":
                yield None
            elif message["type"] == "message":
                yield json.loads(message["data"])
