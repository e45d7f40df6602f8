"""Numbers that are called back: missed calls, messages left, and talks that broke off."""

from datetime import datetime

from sqlalchemy import ColumnElement, Index, case, text, type_coerce
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped

from callcenter import vocab
from callcenter.db import Base
from callcenter.models.matters import Noted, add_words, is_one_matter
from callcenter.models.tickets import Ticket
from callcenter.vocab import CallBackStanding, TicketKind, TicketState

_WAITS = text("standing = 'waiting'")
# The words by which lists, the history and the exports tell the standing: those of tickets, as is contract.
_TOLD = {
    CallBackStanding.WAITING: TicketState.FILED,
    CallBackStanding.DONE: TicketState.CLOSED,
    CallBackStanding.ENDED: TicketState.CLOSED,
    CallBackStanding.NEEDLESS: TicketState.DISCARDED,
}


class CallBack(Noted, Base):
    """A number that somebody calls: `caller`, or null where it was withheld and left a message.

    It has what was typed before the call broke off, and the form goes on with it. `due_since` is when it began to
    wait, and its due moment counts from there; `call_at` before when nobody calls again (null: any time); `ended_at`
    when it left `waiting`. Every change of `standing` is a `TicketEvent`.
    """

    __tablename__ = "call_back"
    __table_args__ = (
        # One open call-back a number: further missed calls join it.
        Index("uq_call_back_waiting", "caller", unique=True, postgresql_where=_WAITS),
        Index("ix_call_back_waiting", "created_at", postgresql_where=_WAITS),
        Index("ix_call_back_caller", "caller"),
        Index("ix_call_back_reporter_phone", "reporter_phone"),
        Index("ix_call_back_safe_contact", "id", postgresql_where=text("safe_contact")),
        Index("ix_call_back_created_at_id", "created_at", "id"),
    )

    standing: Mapped[CallBackStanding]
    call_at: Mapped[datetime | None]
    due_since: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def kind(self) -> TicketKind:
        return TicketKind.CALLBACK

    @property
    def waits(self) -> bool:
        return self.standing == CallBackStanding.WAITING

    @property
    def filed_at(self) -> datetime:
        """As a ticket's column of this name is shown and exported."""
        return self.due_since

    @property
    def closed_at(self) -> datetime | None:
        """As a ticket's column of this name is shown and exported: what was needless was never closed."""
        return self.ended_at if self.state == TicketState.CLOSED else None

    @hybrid_property
    def state(self) -> TicketState:
        """The standing in the words of tickets."""
        return _TOLD.get(self.standing) or vocab.read(TicketState, self.standing)

    @state.inplace.expression
    @classmethod
    def _state(cls) -> ColumnElement[TicketState]:
        words = {standing.value: state.value for standing, state in _TOLD.items()}
        return type_coerce(case(words, value=cls.standing), Ticket.state.type)


# What has a code: one of the two.
TicketOrCallBack = Ticket | CallBack


words = add_words(CallBack.__table__)
is_one_matter(CallBack.__table__, is_call_back=True)
