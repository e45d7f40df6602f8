"""Intake of reports from outside: app, web, other programs. The same report twice is one ticket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Text, and_, bindparam, func, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from callcenter import new_rows, phones
from callcenter.errors import Invalid
from callcenter.models import Category, Ticket, Ward
from callcenter.text import trimmed
from callcenter.vocab import Level, Source, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.life import attachments, entry, history
from tickets.life.files import StoredFile
from tickets.rights import Right
from tickets.rules.fields import MAX_ADDRESS, MAX_DESCRIPTION, MAX_NAME, MIN_DESCRIPTION


class Report(BaseModel):
    """A report as a program sends it (`POST /api/v1/reports`). `source_ref` is the sender's own number for it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    source_ref: str = Field(
        min_length=1, max_length=200, description="The sender's own id; the same id is the same report"
    )
    description: str = Field(min_length=MIN_DESCRIPTION, max_length=MAX_DESCRIPTION)
    category: str | None = Field(default=None, description="Category code, e.g. `cap-thoat-nuoc`; none goes to triage")
    ward: str | None = Field(default=None, description="Code of the commune or ward")
    address: str = Field(default="", max_length=MAX_ADDRESS)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180, validate_default=True)
    level: Level = Level.NORMAL
    reporter_name: str = Field(default="", max_length=MAX_NAME)
    reporter_phone: str = Field(description="A Vietnamese number in any form; the answer and the tracking need it")
    keep_identity: bool = Field(default=False, description="Keep name and number from the agency")

    @field_validator("reporter_phone")
    @classmethod
    def _phone(cls, value: str) -> str:
        if not value:
            raise PydanticCustomError("required", "is needed: the answer and the tracking need it")
        number = phones.normalise(value)
        if number is None:
            raise PydanticCustomError("phone_unreadable", "is not a phone number that can be called back")
        return number

    @field_validator("category", "ward")
    @classmethod
    def _no_empty_code(cls, value: str | None) -> str | None:
        return value or None

    @field_validator("description")
    @classmethod
    def _readable(cls, value: str) -> str:
        if len(trimmed(value)) < MIN_DESCRIPTION:
            raise PydanticCustomError("too_short", "holds too few letters that can be read")
        return value

    @field_validator("longitude")
    @classmethod
    def _whole_position(cls, value: float | None, info: ValidationInfo) -> float | None:
        if "latitude" in info.data and (value is None) != (info.data["latitude"] is None):
            raise PydanticCustomError("half_position", "goes with latitude: send both, or neither")
        return value

    @field_validator("description", "address", "reporter_name", "source_ref")
    @classmethod
    def _no_null_bytes(cls, value: str) -> str:
        if "\x00" in value:
            raise PydanticCustomError("invalid", "holds a character that cannot be stored")
        return value


# What pydantic finds, in the keys of `agent_ui.words.labels.PROBLEMS`; a page shows any other one as `invalid`.
_PROBLEMS = {"missing": "required", "string_too_short": "required", "string_too_long": "too_long"}


def problems_of(error: ValidationError) -> dict[str, str]:
    """What is wrong with a report, by field."""
    found = ((str(one["loc"][0]) if one["loc"] else "report", one["type"]) for one in error.errors())
    return {field: _PROBLEMS.get(kind, kind) for field, kind in found}


def receive(
    session: Session,
    report: Report,
    *,
    source: Source,
    sender: str,
    now: datetime,
    pictures: Sequence[StoredFile] = (),
    consented: bool = False,
    may_publish: bool = False,
) -> tuple[Ticket, bool]:
    """The ticket of this report, and whether it is new.

    `consented`: the citizen agreed here and now that the personal data are used for this report.
    Raises Invalid for a category or ward that does not exist. Two requests at once with one `source_ref` give one
    ticket: the second waits for the first and then finds it.
    """
    _hold(session, source, report.source_ref)
    named = _named(session, report, source)
    unknown = _unknown(report.category, named.category, report.ward, named.ward)
    if unknown:
        raise Invalid(unknown)
    if named.ticket is not None:
        return named.ticket, False
    actor = Actor.token(sender)
    rights.require(actor, Right.SEND_REPORT)
    words = {"consented_at": now if consented else None, "may_publish": may_publish}
    begun = {"kind": TicketKind.REPORT, "source": source, "state": TicketState.DRAFT}
    (ticket,) = history.begin_all(session, actor, [begun | words | _columns(report)], now=now, move="open", flush=False)
    # Read already, so that the report's state needs no second read.
    set_committed_value(ticket, "category", named.category)
    set_committed_value(ticket, "ward", named.ward)
    attachments.attach(session, ticket, pictures, actor, purpose=attachments.REPORT, now=now)
    entry.submit(session, ticket, actor, now=now)
    new_rows.write(session)
    return ticket, True


def _columns(report: Report) -> dict[str, Any]:
    return {
        "level": report.level,
        "source_ref": report.source_ref,
        "category_code": report.category,
        "ward_code": report.ward,
        "address": report.address,
        "latitude": report.latitude,
        "longitude": report.longitude,
        "description": report.description,
        "reporter_name": report.reporter_name,
        "reporter_phone": report.reporter_phone,
        "keep_identity": report.keep_identity,
    }


_HOLD = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("report", type_=Text), 311)))
_NAMED = (
    select(Category, Ward, Ticket.id)
    .select_from(select(literal(1)).subquery())
    .outerjoin(Category, Category.code == bindparam("category"))
    .outerjoin(Ward, Ward.code == bindparam("ward"))
    .outerjoin(Ticket, and_(Ticket.source == bindparam("source"), Ticket.source_ref == bindparam("source_ref")))
)


class _Named(NamedTuple):
    """The rows that a report names: what is not there is None. `ticket` is that of the same report before."""

    category: Category | None
    ward: Ward | None
    ticket: Ticket | None


def _named(session: Session, report: Report, source: Source) -> _Named:
    values = {"category": report.category, "ward": report.ward, "source": source, "source_ref": report.source_ref}
    category, ward, ticket_id = session.execute(_NAMED, values).one()
    return _Named(category, ward, session.get_one(Ticket, ticket_id) if ticket_id is not None else None)


def unknown_codes(session: Session, category: str | None, ward: str | None) -> dict[str, str]:
    """What is wrong with the codes of a report, by field."""
    field = session.get(Category, category) if category else None
    return _unknown(category, field, ward, session.get(Ward, ward) if ward else None)


def _unknown(category: str | None, field: Category | None, ward: str | None, place: Ward | None) -> dict[str, str]:
    problems = {}
    if category and (field is None or not field.active):
        problems["category"] = "unknown_choice"
    if ward and place is None:
        problems["ward"] = "unknown_choice"
    return problems


def _hold(session: Session, source: Source, source_ref: str) -> None:
    session.execute(_HOLD, {"report": f"{source}:{source_ref}"})
