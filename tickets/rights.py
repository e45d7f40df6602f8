"""Rights: the one table of right × role → scope, and `may()`, which reads it for use cases, views and templates.

A right names what may be done, a scope how far it reaches; a role stands in no condition outside this module. Pure:
what a scope needs to know about a thing comes with the thing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from callcenter.errors import NotAllowed
from callcenter.vocab import Role
from tickets.actors import Actor, ActorKind


class Right(StrEnum):
    """What may be done. The last group are duties: what is expected of their holders."""

    USE_CONSOLE = "use_console"

    SEE_TICKET = "see_ticket"
    SEE_IDENTITY = "see_identity"
    SEE_CALLS = "see_calls"
    NOTE_CALLER = "note_caller"
    FILE_REPORT = "file_report"
    HAND_ON_WORK = "hand_on_work"
    CALL_BACK = "call_back"
    END_CALL_BACKS = "end_call_backs"
    SPEAK_FOR_CITIZEN = "speak_for_citizen"
    SEND_REPORT = "send_report"
    READ_KNOWLEDGE = "read_knowledge"
    READ_UNPUBLISHED = "read_unpublished"
    EDIT_KNOWLEDGE = "edit_knowledge"

    WORK_TELEPHONE = "work_telephone"
    LISTEN_MESSAGE = "listen_message"
    LISTEN_RECORDING = "listen_recording"
    OPEN_RECORDING = "open_recording"
    SEE_LISTENINGS = "see_listenings"
    PASS_EMERGENCY = "pass_emergency"  # noqa: S105 (no secret)
    FOLLOW_EMERGENCY = "follow_emergency"
    LEAD_EMERGENCY = "lead_emergency"

    WORK_INBOX = "work_inbox"
    ACCEPT_TICKET = "accept_ticket"
    ANSWER_TICKET = "answer_ticket"
    APPROVE_ANSWER = "approve_answer"
    ROUTE_TICKET = "route_ticket"
    REJECT_TICKET = "reject_ticket"

    SEE_FLOOR = "see_floor"
    OVERSEE_WORK = "oversee_work"
    HAND_OVER = "hand_over"
    DECIDE_NUISANCE = "decide_nuisance"
    SEE_GRIEVANCES = "see_grievances"
    SEE_FIGURES = "see_figures"
    SEE_PEOPLE_FIGURES = "see_people_figures"
    SEE_OWN_FIGURES = "see_own_figures"
    CHECK_CAPTURE = "check_capture"

    SEE_SYSTEM = "see_system"
    SEE_CHANGES = "see_changes"
    ADMINISTER_ACCOUNTS = "administer_accounts"
    ADMINISTER_AGENCIES = "administer_agencies"
    ADMINISTER_CALENDAR = "administer_calendar"
    ADMINISTER_TELEPHONY = "administer_telephony"
    ADMINISTER_TOKENS = "administer_tokens"

    STAFF_DESK = "staff_desk"
    STAFF_QUEUE = "staff_queue"
    LEAD_SHIFT = "lead_shift"
    RECEIVE_SHIFT = "receive_shift"
    HEAR_ALARM = "hear_alarm"


class Scope(StrEnum):
    """How far a right reaches. There are no teams and no tree of agencies yet: until then the two scopes of theirs
    reach no further than the next smaller one."""

    OWN = "own"
    OWN_TEAM = "own_team"
    OWN_AGENCY = "own_agency"
    AGENCIES_BELOW = "agencies_below"
    ALL = "all"


Holder = Role | ActorKind

_own, _agency, _all, _____ = Scope.OWN, Scope.OWN_AGENCY, Scope.ALL, None
# A new role is a new column here, one in `callcenter.vocab` and its label.
COLUMNS: tuple[Holder, ...] = (
    Role.OPERATOR, Role.SHIFT_LEADER, Role.SUPERVISOR, Role.OFFICER, Role.ADMIN, ActorKind.TOKEN, ActorKind.LINK,
)  # fmt: skip
# fmt: off
_ROWS: tuple[tuple[Right, tuple[Scope | None, ...]], ...] = (
    #                           operator leader  superv.  officer  admin    token    link
    (Right.USE_CONSOLE,          (_own,   _own,   _own,    _own,    _own,    _____,   _____)),

    (Right.SEE_TICKET,           (_all,   _all,   _all,    _agency, _all,    _____,   _____)),
    (Right.SEE_IDENTITY,         (_all,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.SEE_CALLS,            (_all,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.NOTE_CALLER,          (_all,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.FILE_REPORT,          (_own,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.HAND_ON_WORK,         (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.CALL_BACK,            (_own,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.END_CALL_BACKS,       (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.SPEAK_FOR_CITIZEN,    (_all,   _all,   _all,    _____,   _all,    _____,   _own)),
    (Right.SEND_REPORT,          (_____,  _____,  _____,   _____,   _____,   _own,    _own)),
    (Right.READ_KNOWLEDGE,       (_all,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.READ_UNPUBLISHED,     (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.EDIT_KNOWLEDGE,       (_____,  _____,  _all,    _____,   _all,    _____,   _____)),

    (Right.WORK_TELEPHONE,       (_own,   _own,   _____,   _____,   _____,   _____,   _____)),
    (Right.LISTEN_MESSAGE,       (_all,   _all,   _all,    _agency, _all,    _____,   _____)),
    (Right.LISTEN_RECORDING,     (_own,   _all,   _all,    _agency, _all,    _____,   _____)),
    (Right.OPEN_RECORDING,       (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.SEE_LISTENINGS,       (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.PASS_EMERGENCY,       (_own,   _all,   _____,   _____,   _____,   _____,   _____)),
    (Right.FOLLOW_EMERGENCY,     (_own,   _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.LEAD_EMERGENCY,       (_____,  _all,   _all,    _____,   _all,    _____,   _____)),

    (Right.WORK_INBOX,           (_____,  _____,  _____,   _agency, _____,   _____,   _____)),
    (Right.ACCEPT_TICKET,        (_____,  _____,  _____,   _agency, _____,   _____,   _____)),
    (Right.ANSWER_TICKET,        (_____,  _____,  _____,   _agency, _____,   _____,   _____)),
    (Right.APPROVE_ANSWER,       (_____,  _____,  _all,    _agency, _____,   _____,   _____)),
    (Right.ROUTE_TICKET,         (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.REJECT_TICKET,        (_____,  _all,   _all,    _agency, _all,    _____,   _____)),

    (Right.SEE_FLOOR,            (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.OVERSEE_WORK,         (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.HAND_OVER,            (_____,  _own,   _own,    _____,   _own,    _____,   _____)),
    (Right.DECIDE_NUISANCE,      (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.SEE_GRIEVANCES,       (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.SEE_FIGURES,          (_____,  _____,  _all,    _____,   _all,    _____,   _____)),
    (Right.SEE_PEOPLE_FIGURES,   (_____,  _all,   _all,    _____,   _all,    _____,   _____)),
    (Right.SEE_OWN_FIGURES,      (_own,   _own,   _____,   _____,   _____,   _____,   _____)),
    (Right.CHECK_CAPTURE,        (_____,  _____,  _all,    _____,   _all,    _____,   _____)),

    (Right.SEE_SYSTEM,           (_____,  _____,  _____,   _____,   _all,    _____,   _____)),
    (Right.SEE_CHANGES,          (_____,  _____,  _all,    _____,   _all,    _____,   _____)),
    (Right.ADMINISTER_ACCOUNTS,  (_____,  _____,  _____,   _____,   _all,    _____,   _____)),
    (Right.ADMINISTER_AGENCIES,  (_____,  _____,  _____,   _____,   _all,    _____,   _____)),
    (Right.ADMINISTER_CALENDAR,  (_____,  _____,  _____,   _____,   _all,    _____,   _____)),
    (Right.ADMINISTER_TELEPHONY, (_____,  _____,  _____,   _____,   _all,    _____,   _____)),
    (Right.ADMINISTER_TOKENS,    (_____,  _____,  _____,   _____,   _all,    _____,   _____)),

    (Right.STAFF_DESK,           (_own,   _own,   _____,   _____,   _____,   _____,   _____)),
    (Right.STAFF_QUEUE,          (_own,   _____,  _____,   _____,   _____,   _____,   _____)),
    (Right.LEAD_SHIFT,           (_____,  _all,   _____,   _____,   _____,   _____,   _____)),
    (Right.RECEIVE_SHIFT,        (_____,  _own,   _own,    _____,   _____,   _____,   _____)),
    (Right.HEAR_ALARM,           (_____,  _all,   _all,    _____,   _____,   _____,   _____)),
)
# fmt: on
# Within an agency only its head (`Actor.approves`) has these.
OF_HEADS = frozenset({Right.APPROVE_ANSWER})

TABLE: Mapping[Right, Mapping[Holder, Scope]] = {
    right: {holder: scope for holder, scope in zip(COLUMNS, scopes, strict=True) if scope is not None}
    for right, scopes in _ROWS
}


class Thing(Protocol):
    """What a right is used on, where one person and one agency have it: a ticket."""

    @property
    def owner_id(self) -> int | None: ...
    @property
    def lead_agency_id(self) -> int | None: ...


@dataclass(frozen=True)
class Ties:
    """How a thing is tied to the actor, where an owner's id does not say it all; asked only where the scope needs it.

    `own`: it is the actor's own. `own_agency`: the actor's agency has it. Both are False where they are left out.
    """

    own: Callable[[], bool] = lambda: False
    own_agency: Callable[[], bool] = lambda: False


def scope_of(actor: Actor, right: Right) -> Scope | None:
    """How far the right of this actor reaches; None without the right."""
    scope = TABLE[right].get(actor.role if actor.kind is ActorKind.PERSON and actor.role else actor.kind)
    if scope in (Scope.OWN_AGENCY, Scope.AGENCIES_BELOW) and right in OF_HEADS and not actor.approves:
        return None
    return scope


def may(actor: Actor, right: Right, thing: Thing | Ties | None = None) -> bool:
    """Whether the actor has the right on this thing; without a `thing`, on any at all."""
    scope = scope_of(actor, right)
    if scope is None or scope is Scope.ALL or thing is None:
        return scope is not None
    if scope in (Scope.OWN, Scope.OWN_TEAM):
        return thing.own() if isinstance(thing, Ties) else actor.id is not None and thing.owner_id == actor.id
    if isinstance(thing, Ties):
        return thing.own_agency()
    return actor.agency_id is not None and thing.lead_agency_id == actor.agency_id


def has_all(actor: Actor, right: Right) -> bool:
    """Whether the right reaches everything."""
    return scope_of(actor, right) is Scope.ALL


def require(actor: Actor, right: Right, thing: Thing | Ties | None = None) -> None:
    """Raises NotAllowed where the actor may not."""
    if not may(actor, right, thing):
        raise NotAllowed(f"{actor.name} ({actor.role or actor.kind}) may not {right}")


def roles_with(right: Right) -> frozenset[Role]:
    """The roles of people that have the right."""
    return frozenset(holder for holder in TABLE[right] if isinstance(holder, Role))


def works_for_agency(role: Role) -> bool:
    """Whether some right of the role reaches an agency's own tickets: its accounts belong to an agency."""
    agencies = (Scope.OWN_AGENCY, Scope.AGENCIES_BELOW)
    return any(scopes.get(role) in agencies for scopes in TABLE.values())
