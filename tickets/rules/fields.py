"""Validation of ticket fields: values that cannot be kept, and what is missing to file the ticket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from callcenter import phones
from callcenter.errors import Invalid
from callcenter.text import trimmed
from callcenter.vocab import Level, TicketKind

MAX_DESCRIPTION = 10_000
MAX_ADDRESS = 500
MAX_NAME = 200
# A description shorter than this tells an agency nothing.
MIN_DESCRIPTION = 5
_PIN = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*[,;]\s*(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)")


@dataclass(frozen=True)
class TicketFields:
    """A form as it came in. None means "not given, leave it"; an empty text means "cleared".

    `pin` is a place on the map, `LATITUDE,LONGITUDE` in degrees, as people copy it from elsewhere too.
    """

    category_code: str | None = None
    ward_code: str | None = None
    address: str | None = None
    pin: str | None = None
    level: str | None = None
    description: str | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    keep_identity: bool | None = None
    safe_contact: bool | None = None
    answer: str | None = None
    kind: str | None = None

    def given(self) -> dict[str, str | bool]:
        return {name: value for name, value in vars(self).items() if value is not None}


def clean(fields: TicketFields) -> dict[str, object]:
    """Values ready for the ticket's columns. Raises Invalid for what cannot be kept at all.

    A phone number that is not one is kept as typed elsewhere (the form), and refused here by name.
    """
    problems = dict(_too_long(fields))
    values: dict[str, object] = {}
    for name, value in fields.given().items():
        values[name] = trimmed(value) if isinstance(value, str) else value
    for name in ("category_code", "ward_code"):
        if name in values:
            values[name] = values[name] or None
    _clean_choice(values, problems, "level", {level.value for level in Level})
    _clean_choice(values, problems, "kind", {TicketKind.REPORT.value, TicketKind.INQUIRY.value})
    if "reporter_phone" in values:
        number = phones.normalise(str(values["reporter_phone"]))
        if values["reporter_phone"] and number is None:
            problems["reporter_phone"] = "phone_unreadable"
        values["reporter_phone"] = number
    if "pin" in values:
        point = point_of(str(values.pop("pin")))
        if point is None and fields.pin and fields.pin.strip():
            problems["pin"] = "point_unreadable"
        values["latitude"], values["longitude"] = point or (None, None)
    if "answer" in values:
        values["resolution"] = values.pop("answer") or None
    if problems:
        raise Invalid(problems)
    return values


def owed(text: str, longest: int) -> str | None:
    """What is wrong with a text that must be given and fit: a key of the catalogue, None where nothing is."""
    if not trimmed(text):
        return "required"
    return "too_long" if len(text) > longest else None


def point_of(text: str) -> tuple[float, float] | None:
    """Latitude and longitude, as exact as a step; None where the two numbers are no place on earth."""
    found = _PIN.fullmatch(text.strip())
    if found is None:
        return None
    latitude, longitude = (round(float(number), 6) for number in found.groups())
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def pin_of(latitude: float | None, longitude: float | None) -> str:
    """As a form holds it; '' where there is none."""
    return "" if latitude is None or longitude is None else f"{latitude:.6f},{longitude:.6f}"


def _clean_choice(values: dict[str, object], problems: dict[str, str], name: str, choices: set[str]) -> None:
    if name not in values:
        return
    if values[name] == "":
        del values[name]
    elif values[name] not in choices:
        problems[name] = "unknown_choice"


def _too_long(fields: TicketFields) -> Mapping[str, str]:
    limits = {
        "description": MAX_DESCRIPTION,
        "address": MAX_ADDRESS,
        "reporter_name": MAX_NAME,
        "answer": MAX_DESCRIPTION,
    }
    return {name: "too_long" for name, limit in limits.items() if len(getattr(fields, name) or "") > limit}


def missing_to_file(
    *, category_code: str | None, description: str, reporter_phone: str | None, caller: str | None
) -> dict[str, str]:
    """What stands in the way of filing, by field.

    A phone number alone is enough for an answer; the caller's own will do. A ward may be unknown: where routing needs
    one, the ticket goes to triage rather than wait in the form.
    """
    problems: dict[str, str] = {}
    if not category_code:
        problems["category_code"] = "required"
    if len(trimmed(description)) < MIN_DESCRIPTION:
        problems["description"] = "required"
    if not reporter_phone and not caller:
        problems["reporter_phone"] = "required"
    return problems
