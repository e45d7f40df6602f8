"""Form input: values of a request as the layer below takes them. No database here."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from flask import request
from werkzeug.datastructures import FileStorage

from callcenter.errors import Invalid, NotFound
from callcenter.text import trimmed
from tickets.rules import codes, policy
from tickets.rules.fields import TicketFields
from tickets.rules.sla import VIETNAM

Word = TypeVar("Word", bound=StrEnum)

_YEARS = range(2000, 3000)
_TEXTS = (
    "category_code",
    "ward_code",
    "address",
    "pin",
    "level",
    "description",
    "reporter_name",
    "reporter_phone",
    "kind",
    "answer",
)


def ticket_fields() -> TicketFields:
    """The fields of a ticket's form. A box that is not ticked is not sent, so the form says that it is whole."""
    texts = {name: request.form.get(name) for name in _TEXTS}
    for name, text in texts.items():
        if text is not None and "\x00" in text:
            texts[name] = text.replace("\x00", "")
    return TicketFields(**texts, keep_identity=_tick("keep_identity"), safe_contact=_tick("safe_contact"))


def _tick(name: str) -> bool | None:
    return name in request.form if "whole" in request.form else None


def version() -> int | None:
    return digits(request.form.get("version", ""))


def text(name: str) -> str:
    return trimmed(request.form.get(name, "").replace("\x00", ""))


def number(name: str) -> int:
    """A whole number of a form. Raises Invalid where nothing sensible was chosen."""
    given = digits(request.form.get(name, ""))
    if given is None:
        raise Invalid({name: "unknown_choice"})
    return given


def digits(text: str) -> int | None:
    """The number that a few plain digits make, small enough for a column; `²` counts as a digit elsewhere."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def asked_number(name: str) -> int | None:
    """A whole number in the address; None where there is none that makes sense."""
    return digits(request.args.get(name, ""))


def word(kind: type[Word], name: str) -> Word:
    """A word of the vocabulary. Raises Invalid for any other."""
    try:
        return kind(request.form.get(name, ""))
    except ValueError:
        raise Invalid({name: "unknown_choice"}) from None


def code(name: str) -> str:
    """A ticket code, as people write it. Raises Invalid where its check digit objects."""
    found = codes.parse(request.form.get(name, ""))
    if found is None:
        raise Invalid({name: "code_wrong"})
    return found


def own_address(otherwise: str) -> str:
    """Where the form's `next` leads, if that is a page of this site. A browser drops tabs and line breaks before it
    reads an address, so that `/`, a tab and `/evil.example` lead away: none of them is taken.
    """
    target = request.values.get("next", "")
    if not target.startswith("/") or target.startswith("//") or re.search(r"[\\\x00-\x20\x7f]", target):
        return otherwise
    return target


def asked_word(kind: type[Word], name: str) -> Word | None:
    """A word in the address; NotFound for one that does not exist."""
    given = request.args.get(name)
    if not given:
        return None
    try:
        return kind(given)
    except ValueError:
        raise NotFound(f"no {name} {given}") from None


def asked_day(name: str) -> date | None:
    """A day in the address; None where it is none, or so far away that its neighbours are no days any more."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def asked_moment(name: str) -> datetime | None:
    """A moment of the address or the form, `2026-11-23T08:00` in Vietnam; None where it is none."""
    try:
        moment = datetime.fromisoformat(request.values.get(name, ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=VIETNAM) if moment.year in _YEARS and moment.tzinfo is None else None


def uploads(name: str) -> list[FileStorage]:
    """The files that were really chosen: an empty input sends one without a name."""
    chosen = [upload for upload in request.files.getlist(name) if upload.filename]
    if len(chosen) > policy.MOST_FILES:
        raise Invalid({name: "too_many_files"})
    return chosen
