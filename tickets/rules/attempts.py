"""Dialling a number that waits: what came of it, and when it is tried again. Rules of values alone."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from callcenter.vocab import Attempt
from tickets.rules.sla import VIETNAM

# How long a number that may be called now waits at most: a call-back's own clock, by the clock on the wall.
CALL_WITHIN = timedelta(minutes=30)
# Nobody is woken up because an earlier try did not reach them.
_FIRST, _LAST = time(7), time(21)
_BUSY = timedelta(minutes=10)
# After the first try that reached nobody, the second, and each later one.
_STEPS = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=4))

# What an operator may choose instead of the rule.
LATER: Mapping[str, timedelta | None] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "morning": None,
}


def due(filed_at: datetime, call_at: datetime | None) -> datetime:
    """By when the number is called: half an hour after it began to wait, or after its next time."""
    return max(filed_at, call_at or filed_at) + CALL_WITHIN


def next_time(result: Attempt, tries: int, now: datetime) -> datetime:
    """When it is tried again after `tries` tries, this one among them, that did not reach the person."""
    step = _BUSY if result == Attempt.BUSY and tries <= len(_STEPS) else _STEPS[min(tries, len(_STEPS)) - 1]
    return by_day(now + step)


def chosen_time(word: str, now: datetime) -> datetime:
    """The time behind a word of `LATER`; KeyError for any other."""
    step = LATER[word]
    return by_day(now + step) if step is not None else morning_after(now)


def by_day(moment: datetime) -> datetime:
    """This moment, or the next one at which people may be called."""
    local = moment.astimezone(VIETNAM)
    if local.time() < _FIRST:
        return datetime.combine(local.date(), _FIRST, VIETNAM).astimezone(moment.tzinfo)
    return moment if local.time() < _LAST else morning_after(moment)


def morning_after(moment: datetime) -> datetime:
    """Eight o'clock of the next day."""
    local = moment.astimezone(VIETNAM)
    return datetime.combine(local.date() + timedelta(days=1), time(8), VIETNAM).astimezone(moment.tzinfo)
