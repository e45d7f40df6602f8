"""The live channel on a real broker: ids only, each page hears what it may, a slow page gets a request to read anew."""

import json
import re
from collections.abc import Iterator

import pytest
import redis as redis_client
from sqlalchemy import Engine

from agent_ui.web import hub as hub_module
from agent_ui.web.hub import AWAY, RESYNC, Hub, Page
from agent_ui.web.live import topics_of
from callcenter import push
from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.push import announce
from callcenter.vocab import Role
from tickets.actors import Actor

TOPICS = [
    "calls",
    "tickets",
    "pbx",
    "stuck",
    "administration",
    "extension:101",
    "extension:102",
    "agency:5",
    "agency:6",
]


def _announce_and_fail(engine: Engine) -> None:
    with transaction(engine) as session:
        announce(session, "calls", call=1)
        raise ZeroDivisionError


def next_of(page: Page) -> bytes:
    message = page.take(5)
    assert message is not None
    return message


@pytest.fixture
def hub(settings: Settings) -> Hub:
    return Hub(settings.redis_url)


@pytest.fixture
def page(hub: Hub) -> Iterator[Page]:
    joined = hub.join(lambda topic: topic != "agency:6")
    messages = [next_of(joined)]
    if messages == [AWAY]:
        messages.append(next_of(joined))
    assert messages[-1] == RESYNC
    yield joined
    hub.leave(joined)


def test_what_is_committed_is_heard_and_only_ids(engine: Engine, page: Page) -> None:
    with transaction(engine) as session:
        announce(session, "agency:6", ticket=1)
        announce(session, "extension:101", call=17)
    lines = next_of(page).decode().splitlines()
    assert lines[1] == "event: change"
    assert json.loads(lines[2].removeprefix("data: ")) == {"topic": "extension", "call": [17]}


def test_a_transaction_that_failed_is_not_heard(engine: Engine, page: Page) -> None:
    with pytest.raises(ZeroDivisionError):
        _announce_and_fail(engine)
    with transaction(engine) as session:
        announce(session, "calls", call=2)
    assert b'"call": [2]' in next_of(page)


def test_a_site_that_shares_the_broker_hears_nothing_of_ours(engine: Engine, redis_url: str) -> None:
    """Its database is another one of the same server, as two provinces may have it, and as our tests do."""
    # No worker of the suite has this one.
    other = re.sub(r"db=\d+", "db=15", redis_url)
    ours, theirs = Hub(redis_url), Hub(other)
    pages = [hub.join(lambda _topic: True) for hub in (ours, theirs)]
    for page in pages:
        while page.take(5) != RESYNC:
            pass
    with transaction(engine) as session:
        announce(session, "session:1", person=1)
    assert b"session" in next_of(pages[0])
    push.connect(other)
    with transaction(engine) as session:
        announce(session, "tickets", ticket=7)
    assert b"tickets" in next_of(pages[1])


def test_what_one_transaction_tells_of_a_topic_is_one_message(engine: Engine, page: Page) -> None:
    with transaction(engine) as session:
        for number in (7, 8, 7):
            announce(session, "calls", call=number)
        announce(session, "tickets", ticket=5)
    told = [json.loads(next_of(page).decode().splitlines()[2].removeprefix("data: ")) for _ in range(2)]
    assert told == [{"topic": "calls", "call": [7, 8]}, {"topic": "tickets", "ticket": [5]}]
    assert page.rest() == b""


def test_a_burst_is_one_piece_of_the_stream() -> None:
    page = Page(lambda topic: True)
    for word in (b"one", b"two", b"three"):
        page.put(word)
    assert (page.take(0), page.rest(), page.take(0)) == (b"one", b"twothree", None)


def test_a_page_that_cannot_follow_is_told_to_read_anew() -> None:
    page = Page(lambda topic: True)
    for number in range(250):
        page.put(f"event {number}".encode())
    first = page.take(0)
    assert first == RESYNC
    left = 0
    while page.take(0):
        left += 1
    assert left < hub_module._QUEUE_LENGTH


def test_a_late_page_is_in_step_at_once(hub: Hub, page: Page) -> None:
    late = hub.join(lambda topic: True)
    assert late.take(0) == RESYNC
    assert hub.pages == 2
    hub.leave(late)
    assert hub.pages == 1


def test_a_broker_that_comes_back_makes_pages_read_anew(hub: Hub, page: Page, redis: redis_client.Redis) -> None:
    redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    seen = [next_of(page), next_of(page)]
    assert seen == [AWAY, RESYNC]


@pytest.mark.parametrize(
    ("actor", "heard"),
    [
        (Actor(1, "a", Role.OPERATOR, None, "101"), {"calls", "tickets", "pbx", "extension:101"}),
        (Actor(1, "a", Role.OPERATOR, None, None), {"calls", "tickets", "pbx"}),
        (Actor(1, "a", Role.SHIFT_LEADER, None, "102"), {"calls", "tickets", "pbx", "stuck", "extension:102"}),
        (Actor(1, "a", Role.SUPERVISOR), {"calls", "tickets", "pbx", "stuck", "administration"}),
        (Actor(1, "a", Role.ADMIN), {"calls", "tickets", "pbx", "stuck", "administration"}),
        (Actor(1, "a", Role.OFFICER, 5), {"agency:5"}),
    ],
)
def test_who_hears_what(actor: Actor, heard: set[str]) -> None:
    wants = topics_of(actor, 7)
    assert {topic for topic in TOPICS if wants(topic)} == heard
