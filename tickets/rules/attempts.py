"""Tries of a call-back: results, and the moment of the next try. Pure."""

from datetime import datetime, timedelta

from callcenter.vocab import Attempt
from tickets.rules import policy
from tickets.rules.sla import VIETNAM


def due(filed_at: datetime, call_at: datetime | None) -> datetime:
    """By when the number is called: policy.CALL_WITHIN after it began to wait, or after its next time."""
    return max(filed_at, call_at or filed_at) + policy.CALL_WITHIN


def next_time(result: Attempt, tries: int, now: datetime) -> datetime:
    """When it is tried again after `tries` tries, this one among them, that did not reach the person."""
    steps = policy.CALL_STEPS
    busy = result == Attempt.BUSY and tries <= len(steps)
    step = policy.CALL_AFTER_BUSY if busy else steps[min(tries, len(steps)) - 1]
    return by_day(now + step)


def chosen_time(word: str, now: datetime) -> datetime:
    """The time behind a word of `policy.CALL_LATER`; KeyError for any other."""
    step = policy.CALL_LATER[word]
    return by_day(now + step) if step is not None else morning_after(now)


def by_day(moment: datetime) -> datetime:
    """This moment, or the next one at which people may be called."""
    local = moment.astimezone(VIETNAM)
    if local.time() < policy.CALL_FROM:
        return datetime.combine(local.date(), policy.CALL_FROM, VIETNAM).astimezone(moment.tzinfo)
    return moment if local.time() < policy.CALL_UNTIL else morning_after(moment)


def morning_after(moment: datetime) -> datetime:
    """policy.CALL_IN_THE_MORNING of the next day."""
    local = moment.astimezone(VIETNAM)
    return datetime.combine(local.date() + timedelta(days=1), policy.CALL_IN_THE_MORNING, VIETNAM).astimezone(
        moment.tzinfo
    )
