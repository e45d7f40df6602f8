"""Policy: spans of time and limits that a province may change, each with its default.

Read as `policy.NAME` where it is needed, never copied, and spoken by the texts (`agent_ui.words.spans.said`). What an
administrator sets on a page (deadlines, working hours, rules) stands in the database; here is what holds without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from callcenter.vocab import Clock, Level


class WorkingDays(int):
    """A span of working time, counted in days of WORKING_DAY."""

    @property
    def time(self) -> timedelta:
        return int(self) * WORKING_DAY


class Bytes(int):
    """A size of a file."""


@dataclass(frozen=True)
class Target:
    """How long a clock may run."""

    minutes: int
    working_time: bool


# -- The clocks of a ticket ------------------------------------------------------------------------------------------
# A working day as deadlines count it, whatever hours a weekday has.
WORKING_DAY = timedelta(hours=7, minutes=30)
# Where nothing is set: to be confirmed by the province.
TARGETS: Mapping[tuple[Level, Clock], Target] = {
    (Level.URGENT, Clock.TRIAGE): Target(15, working_time=False),
    (Level.URGENT, Clock.ACCEPT): Target(60, working_time=False),
    (Level.URGENT, Clock.ANSWER): Target(4 * 60, working_time=False),
    (Level.NORMAL, Clock.TRIAGE): Target(60, working_time=True),
    (Level.NORMAL, Clock.ACCEPT): Target(8 * 60, working_time=True),
    (Level.NORMAL, Clock.ANSWER): Target(5 * 450, working_time=True),
    (Level.COMPLEX, Clock.TRIAGE): Target(60, working_time=True),
    (Level.COMPLEX, Clock.ACCEPT): Target(8 * 60, working_time=True),
    (Level.COMPLEX, Clock.ANSWER): Target(10 * 450, working_time=True),
}
# A deadline that is set may be this far away.
LONGEST_DEADLINE = timedelta(days=365)
# From this long before its due moment on, a clock is shown as running out.
SOON = timedelta(hours=4)
# How long a ticket's clock may stand because the citizen was asked, all its waits together.
MAX_WAIT = WorkingDays(10)
MOST_EXTENSIONS = 2
# Of one extension, at most.
LONGEST_EXTENSION = WorkingDays(10)

# -- The citizen -----------------------------------------------------------------------------------------------------
# After this time without an objection an answered ticket is closed.
CLOSE_AFTER = timedelta(days=7)
# How long after an answer it can be rated (and the rating changed), and be called not fixed.
OBJECT_WITHIN = timedelta(days=30)
# From how many times a citizen asked again the head of the agency sees it, not the officer alone.
HEAD_FROM = 2
# How long code and digits, given once, open a ticket on the citizen's page.
PROOF_LASTS = timedelta(minutes=30)
MOST_PICTURES = 5
# The public site tells of the answers of this time, and of no figure with a smaller sample.
TOLD_OF = timedelta(days=30)
ENOUGH_TO_TELL = 30
# Of five stars.
SATISFIED_FROM = 4

# -- The desk --------------------------------------------------------------------------------------------------------
# How long what the citizen is to be told of a filed ticket stands on the desk, where no other call rings.
TOLD_AFTER_FILING = timedelta(minutes=30)
# A draft whose call ended this long ago is the shift leader's too.
UNOWNED_AFTER = timedelta(minutes=30)
# A call-back without an owner for this long is the shift leader's.
UNCLAIMED_AFTER = timedelta(minutes=15)
# A call within this time of a dropped talk is offered what was typed then.
REDIAL_WITHIN = timedelta(minutes=10)
# Reports of one commune in this time may be of one matter.
ALIKE_WITHIN = timedelta(days=14)
# After-call work may be set to at most this.
LONGEST_AFTER_CALL = timedelta(minutes=10)
MOST_FILES = 10
LARGEST_FILE = Bytes(10 * 1024 * 1024)
# At once, in one form.
LARGEST_FORM = Bytes(60 * 1024 * 1024)
MOST_SEARCHES = 20
# A day is compared with the same weekday of so many weeks before.
COMPARED_WEEKS = 4

# -- Calling back ----------------------------------------------------------------------------------------------------
# A call-back's own clock, by the clock on the wall: how long a number that may be called now waits at most.
CALL_WITHIN = timedelta(minutes=30)
# In the hand of one operator this long, then free for the next one.
CLAIM_LASTS = timedelta(minutes=30)
# After a try that found the line busy; after the first without an answer, the second, and each later one.
CALL_AFTER_BUSY = timedelta(minutes=10)
CALL_STEPS = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=4))
# What an operator may choose instead, by the word of the form; None is CALL_IN_THE_MORNING of the next day.
CALL_LATER: Mapping[str, timedelta | None] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "morning": None,
}
CALL_IN_THE_MORNING = time(8)
# No call by rule before or after.
CALL_FROM, CALL_UNTIL = time(7), time(21)
# A talk of this length reached the person.
REACHED_TALK = timedelta(seconds=15)
# Hanging up in the greeting within this time of the call's start is a misdial, not a missed citizen.
PROMPT_GRACE = timedelta(seconds=15)
# A text message of more joined parts costs like a letter and reads like one.
MOST_TEXT_PARTS = 3

# -- Misuse of the hotline -------------------------------------------------------------------------------------------
# An operator's mark on a number counts this long.
MARKS_COUNT = timedelta(days=90)
# For how many days a decision on a number may hold.
NUISANCE_DAYS = (1, 7, 30, 90)
# A decision that ends within this is looked at again.
NUISANCE_REVIEW = timedelta(days=3)
