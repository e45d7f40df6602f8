"""Page frame: what stands on every page of the staff, read once into one value and given to the template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import render_template
from sqlalchemy.orm import Session

from agent_ui.web import site
from agent_ui.web.auth import has, me
from callcenter.models import Call
from callcenter.vocab import EmergencyService
from tickets.rights import Right
from tickets.telephone import calling_out, emergencies, emergency_bar, my_phone, phone, taking, transfers
from tickets.telephone.calling_out import OutgoingCallView
from tickets.telephone.emergency_bar import OpenEmergency
from tickets.telephone.handset import Handset
from tickets.telephone.my_phone import Presence
from tickets.telephone.phone import PhoneLine
from tickets.telephone.taking import TakenOver
from tickets.telephone.transfers import Consultation

# Parts that a page takes out of its own answer while it is open: the frame around them stays as it is.
_MAIN_ALONE = ("rows", "ticket")


@dataclass(frozen=True)
class Frame:
    """One person's telephone, its calls, and the emergencies that are not over; empty for a person without a view of
    calls.

    `calls` are live at this telephone, newest first, `left` were and are at no telephone now; `lines` and
    `transfer_verbs` are what can be done with each, by its id. `emergency_numbers` are read where there is a key for
    them.
    """

    my_phone: Presence | None = None
    pause_reasons: Mapping[str, str] = field(default_factory=dict)
    call_out: OutgoingCallView | None = None
    consultation: Consultation | None = None
    returned_from: str | None = None
    taken_over: TakenOver | None = None
    calls: Sequence[Call] = ()
    left: Sequence[Call] = ()
    lines: Mapping[int, PhoneLine] = field(default_factory=dict)
    transfer_verbs: Mapping[int, frozenset[str]] = field(default_factory=dict)
    emergencies: Sequence[OpenEmergency] = ()
    emergency_numbers: Mapping[EmergencyService, str] = field(default_factory=dict)
    has_emergency_key: bool = False


def page(by: Session | Frame, template: str, **values: object) -> str:
    """A whole page of the staff in its frame (read `by` this session, where it was not read before), or its main part
    alone where the page that is open asks for that.

    All that the page shows has been read before it is rendered: nothing in a template asks the database.
    """
    main_alone = site.asked_part() in _MAIN_ALONE
    around = by if isinstance(by, Frame) else _of_main(by) if main_alone else of(by)
    return render_template(template, frame=around, main_alone=main_alone, **values)


def of(session: Session, handset: Handset | None = None, *, numbers: bool = False) -> Frame:
    """The frame of the signed-in person; with `numbers` those of the emergency services are read in any case."""
    if not has(Right.SEE_CALLS):
        return Frame()
    handset = handset or Handset(session, me(), site.now())
    operates = has(Right.WORK_TELEPHONE)
    has_key = has(Right.PASS_EMERGENCY) and emergencies.at_telephone(handset) is not None
    mine = my_phone.of(handset) if operates else None
    return Frame(
        my_phone=mine,
        pause_reasons=my_phone.reasons(handset) if mine else {},
        call_out=calling_out.shown(handset) if mine else None,
        consultation=transfers.consultation(handset),
        returned_from=transfers.returned_from(handset),
        taken_over=taking.taken_over(session, me(), site.now()) if operates else None,
        calls=handset.calls,
        left=handset.left,
        lines=phone.lines(handset),
        transfer_verbs=transfers.of_mine(handset),
        emergencies=emergency_bar.shown(session, handset) if has(Right.FOLLOW_EMERGENCY) else (),
        emergency_numbers=emergencies.numbers(session) if has_key or numbers else {},
        has_emergency_key=has_key,
    )


def _of_main(session: Session) -> Frame:
    """What the main part of a page shows of the telephone: on a ticket's page whether one can call from here."""
    operates = has(Right.WORK_TELEPHONE) and site.asked_part() == "ticket"
    return Frame(my_phone=my_phone.of(Handset(session, me(), site.now())) if operates else None)
