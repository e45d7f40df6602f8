"""Vocabulary of the hotline: enumerations of every state, outcome, role and kind.

Values are what the database, the queue and the command line show; labels for people are in `agent_ui.words.labels`.
"""

from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)


def read(kind: type[Word], value: str) -> Word:
    """The word of this kind for a stored value. One that this version does not know (written by a newer one, or long
    ago) becomes a word of the kind as well: it equals its own text and none of the members, and `is_known` is False.
    """
    try:
        return kind(value)
    except ValueError:
        unknown = str.__new__(kind, value)
        unknown._name_ = unknown._value_ = value
        return unknown


def is_known(word: StrEnum) -> bool:
    """False for a word that `read` had to make up."""
    return any(word is one for one in type(word))


def rank(word: StrEnum) -> int:
    """The place of a word among those of its kind, to sort by; unknown ones come last."""
    return next((place for place, one in enumerate(type(word)) if word is one), len(type(word)))


class Outcome(StrEnum):
    """How a call ended, settled when the caller's channel is gone. Order is precedence: the first that fits."""

    ANSWERED = "answered"
    FORWARDED = "forwarded"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    BLOCKED = "blocked"
    UNSERVED = "unserved"
    FAILED = "failed"
    TIMEOUT = "timeout"
    ABANDONED = "abandoned"


class Stage(StrEnum):
    """The stage of the call at which the caller hung up."""

    PROMPT = "prompt"
    MENU = "menu"
    QUEUE = "queue"


class Reason(StrEnum):
    """Why a caller was turned away (`Outcome.UNSERVED`)."""

    FULL = "full"
    EMPTY = "empty"
    CLOSED = "closed"


class TransferKind(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"
    REDIRECT = "redirect"


class HungUpBy(StrEnum):
    CALLER = "caller"
    OPERATOR = "operator"
    SYSTEM = "system"


class Phase(StrEnum):
    """Where a live call is now; derived from its record, never stored by hand."""

    ENTERED = "entered"
    QUEUED = "queued"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class Disposition(StrEnum):
    """How a call ends without a ticket for an agency."""

    INFORMED = "informed"
    REFERRED = "referred"
    SILENT = "silent"
    WRONG_NUMBER = "wrong_number"
    PRANK = "prank"
    HARASSMENT = "harassment"
    FALSE_REPORT = "false_report"
    COMPLAINT_GUIDED = "complaint_guided"
    DENUNCIATION_GUIDED = "denunciation_guided"
    EMERGENCY_PASSED = "emergency_passed"
    DROPPED = "dropped"
    TEST = "test"
    SHORT_ABANDON = "short_abandon"
    WITHHELD_MISSED = "withheld_missed"
    BLOCKED = "blocked"


# Set by rule, never chosen by an operator.
AUTOMATIC_DISPOSITIONS = frozenset(
    {
        Disposition.SHORT_ABANDON,
        Disposition.WITHHELD_MISSED,
        Disposition.BLOCKED,
    }
)


class TicketKind(StrEnum):
    REPORT = "report"
    INQUIRY = "inquiry"
    CALLBACK = "callback"


class TicketState(StrEnum):
    DRAFT = "draft"
    FILED = "filed"
    TRIAGE = "triage"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    AWAITING_APPROVAL = "awaiting_approval"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LINKED = "linked"
    DISCARDED = "discarded"


class CallBackStanding(StrEnum):
    """`waiting` until somebody was reached (`done`), a leader ended it, or it was found `needless`."""

    WAITING = "waiting"
    DONE = "done"
    ENDED = "ended"
    NEEDLESS = "needless"


class ContactFlag(StrEnum):
    """What to mind when talking with a number."""

    SAFE_CONTACT = "safe_contact"
    HARD_OF_HEARING = "hard_of_hearing"
    SPEAKS_KHMER = "speaks_khmer"
    SMS_FIRST = "sms_first"


class GrievanceKind(StrEnum):
    """What the law keeps apart from reports: against a decision, against a person's breach of the law."""

    COMPLAINT = "complaint"
    DENUNCIATION = "denunciation"


class Level(StrEnum):
    URGENT = "urgent"
    NORMAL = "normal"
    COMPLEX = "complex"


class Source(StrEnum):
    HOTLINE = "hotline"
    APP = "app"
    WEB = "web"
    OPEN311 = "open311"
    COUNTER = "counter"
    LETTER = "letter"
    EMAIL = "email"
    ZALO = "zalo"


class Role(StrEnum):
    OPERATOR = "operator"
    SHIFT_LEADER = "shift_leader"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    ADMIN = "admin"


class Clock(StrEnum):
    """The three promises that run on a ticket."""

    TRIAGE = "triage"
    ACCEPT = "accept"
    ANSWER = "answer"


class ClockOutcome(StrEnum):
    """How a clock ended. `WITHDRAWN`: what it counted to was owed no more."""

    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


class AssignmentRole(StrEnum):
    LEAD = "lead"
    CO = "co"


class AgencyKind(StrEnum):
    DEPARTMENT = "department"
    COMPANY = "company"
    COMMUNE = "commune"
    OFFICE = "office"


class CommandVerb(StrEnum):
    """What a person can ask of a PBX for their own telephone; the listener itself signs in again after a restart."""

    ANSWER = "answer"
    HANG_UP = "hang_up"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    PAUSE = "pause"
    RESUME = "resume"
    CALL = "call"
    TRANSFER = "transfer"
    CONSULT = "consult"
    JOIN = "join"
    BACK = "back"
    LIST = "list"
    UNLIST = "unlist"


class EmergencyService(StrEnum):
    """The country's emergency numbers: police, fire and rescue, ambulance, protection of children."""

    POLICE = "113"
    FIRE = "114"
    AMBULANCE = "115"
    CHILDREN = "111"


class EmergencyEnd(StrEnum):
    """How an emergency was over: `answered` is the PBX's own word, all others are a person's."""

    ANSWERED = "answered"
    CONNECTED = "connected"
    RELAYED = "relayed"
    OTHER_LINE = "other_line"
    TOLD_TO_DIAL = "told_to_dial"
    KNOWN = "known"
    CALLER_GONE = "caller_gone"
    NO_EMERGENCY = "no_emergency"


class Third(StrEnum):
    """A third party to a call has answered: consulted by an operator, and connected with that operator; or given the
    call, and connected with the caller, where it is no telephone of ours (those are the call's `talking`)."""

    ANSWERED = "answered"
    WITH_CALLER = "with_caller"


class CallOut(StrEnum):
    """How a call to a citizen ended, in the PBX's word: `not_picked_up` is the operator's own telephone."""

    REACHED = "reached"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    GIVEN_UP = "given_up"
    FAILED = "failed"
    NOT_PICKED_UP = "not_picked_up"


# Reason of a pause that is none of those that people choose (`PauseReason`): the PBX did it by itself
# because a call rang unanswered.
UNANSWERED = "unanswered"
# Reason of a pause after a call, by a command of ours, for after-call work.
AFTER_CALL = "after-call"


class AfterCallEnd(StrEnum):
    """How after-call work ended: its time was over, a key, another pause, the queue was left, or the next call came.

    `never`: the PBX did not pause them at all.
    """

    TIME = "time"
    KEY = "key"
    PAUSED = "paused"
    LEFT = "left"
    NEXT_CALL = "next_call"
    NEVER = "never"


class CommandResult(StrEnum):
    """What became of a command: `unknown` where the connection was lost between asking and answer."""

    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Attempt(StrEnum):
    """What came of dialling a number that waits to be called back."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    OFF = "off"
    NOT_THEM = "not_them"
    REACHED = "reached"


class NuisanceStep(StrEnum):
    """What is done about a number that misuses the hotline: first it waits behind the others, then it is kept out."""

    FREE = "free"
    LOW = "low"
    BLOCKED = "blocked"


class Sound(StrEnum):
    """What there is to hear of a call."""

    VOICEMAIL = "voicemail"
    RECORDING = "recording"


class Hearing(StrEnum):
    """Where a sound was listened to."""

    PAGE = "page"
    TELEPHONE = "telephone"


class TextResult(StrEnum):
    """What became of a text message: `unknown` where the gateway was lost between sending and answer."""

    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SWITCHED_OFF = "switched_off"
    SAFE_CONTACT = "safe_contact"
    NO_MOBILE = "no_mobile"


class Witness(StrEnum):
    """The PBX's own logs that are held against what AMI showed."""

    QUEUE_LOG = "queue_log"
    CEL = "cel"


class Verdict(StrEnum):
    """What became of a call after its witnesses were read.

    `agrees`: all that a witness holds is in the record. `repaired`: the record was made or mended from a witness.
    `differs`: they say different things of a call that was heard without a gap; the record stays as it is.
    `unexplained`: something that no witness holds is missing, or the witness ended without an end.
    """

    AGREES = "agrees"
    REPAIRED = "repaired"
    DIFFERS = "differs"
    UNEXPLAINED = "unexplained"
