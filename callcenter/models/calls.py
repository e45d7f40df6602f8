"""Calls, one row for each hotline call, and the connection and queues of each PBX."""

from datetime import datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id
from callcenter.vocab import Disposition, HungUpBy, Outcome, Reason, Stage, Third


class Call(Base):
    """One call to the hotline, keyed by PBX and Linkedid; the columns of `scripts/manage calls` and what is live.

    `started_at` to `ended_at` are Asterisk's own moments. `hold_s` is null where a talk fell into a gap of the PBX.
    `talks` are the operators' talks with the caller, in order: `{extension, since, until, hold_s}`, as far as the
    listener heard it; a call that a witness supplied has none. `ringing`, `talking` and `holding` are extensions at
    this moment, empty once `ended_at` is set, as is `third`: that a party consulted about the call, or given it
    outside, has answered. `voicemail` is the message's file as the PBX names it, without its ending. `snapshot` is the
    state machine's own copy, from which a restarted listener goes on.
    """

    __tablename__ = "call"
    __table_args__ = (
        Index("uq_call_pbx_linkedid", "pbx", "linkedid", unique=True),
        Index("ix_call_live", "pbx", postgresql_where=text("ended_at IS NULL")),
        Index("ix_call_caller_started_at", "caller", "started_at"),
    )

    id: Mapped[Id]
    pbx: Mapped[str] = mapped_column(String(80))
    linkedid: Mapped[str] = mapped_column(String(150))
    number_dialled: Mapped[str | None]
    caller: Mapped[str | None] = mapped_column(String(20))
    caller_raw: Mapped[str | None]
    caller_name: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(index=True)
    queued_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    queue: Mapped[str | None]
    outcome: Mapped[Outcome | None]
    stage: Mapped[Stage | None]
    reason: Mapped[Reason | None]
    branch: Mapped[str | None]
    lost_in_transfer: Mapped[bool] = mapped_column(server_default=text("false"))
    wait_s: Mapped[float] = mapped_column(server_default=text("0"))
    talk_s: Mapped[float] = mapped_column(server_default=text("0"))
    # `evaluates_none`: a None that was written is null, not the default.
    hold_s: Mapped[float | None] = mapped_column(Double().evaluates_none(), server_default=text("0"))
    operator: Mapped[str | None] = mapped_column(String(40))
    operators: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    rang: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    talks: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    transfers: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    hung_up_by: Mapped[HungUpBy | None]
    recording: Mapped[str | None]
    voicemail: Mapped[str | None]
    repaired: Mapped[bool] = mapped_column(server_default=text("false"))

    ringing: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    talking: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    holding: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    third: Mapped[Third | None]
    snapshot: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    epoch: Mapped[int] = mapped_column(server_default=text("0"))

    disposition: Mapped[Disposition | None]
    disposed_at: Mapped[datetime | None]
    disposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    disposition_note: Mapped[str | None]


class PbxStatus(Base):
    """The listener's last report of its connection to a PBX; `seen_at` is its heartbeat.

    `actions` are the verbs (`CommandVerb`) that this PBX could carry out when it was last connected, `findings` what is
    wrong with what it lets us hear: `{code, values, serious}`, the codes of `telephony.findings`.
    """

    __tablename__ = "pbx_status"

    pbx: Mapped[str] = mapped_column(String(80), primary_key=True)
    connected: Mapped[bool]
    since: Mapped[datetime]
    detail: Mapped[str | None]
    seen_at: Mapped[datetime]
    epoch: Mapped[int] = mapped_column(server_default=text("0"))
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))


class PbxQueue(Base):
    """A queue as the PBX last showed it, under the name that the hotline gives it, with what the hotline set for it.

    `after_call_s` is how long an operator is kept free after its calls; 0: not at all.

    `members` are `{extension, name, paused, status}`, status in app_queue's numbers (1 idle, 2 in use, 6 ringing), why
    and since when they are paused (`reason`, `since`: epoch seconds of the PBX, both '' and 0 where it does not say),
    and what it takes to sign them in again: `{interface, watched, penalty, reason, dynamic}`.
    """

    __tablename__ = "pbx_queue"

    pbx: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    title: Mapped[str] = mapped_column(server_default="")
    after_call_s: Mapped[int] = mapped_column(server_default=text("0"))
    members: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    seen_at: Mapped[datetime]
