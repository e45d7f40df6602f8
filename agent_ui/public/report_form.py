"""Report form of the public site: three steps, every value carried by the form, validated step by step."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import request
from pydantic import ValidationError
from sqlalchemy.orm import Session

from agent_ui.web import forms, limits, signed
from callcenter.errors import Busy, Invalid, NotFound
from tickets.finding import places
from tickets.finding.places import PlaceHit
from tickets.life import files, uploads
from tickets.life.files import StoredFile
from tickets.people import intake
from tickets.people.intake import Report
from tickets.rules import policy
from tickets.rules.fields import point_of

WHAT, WHERE, SEND = 1, 2, 3
TEXTS = ("description", "category", "ward", "place", "address", "latitude", "longitude", "reporter_name",
         "reporter_phone", "source_ref")  # fmt: skip
TICKS = ("keep_identity", "consent", "may_publish")
PICTURE = "report-picture"
# Shorter than the sweep's day: what a token still names is still there.
PICTURE_AGE_S = 12 * 3600
# In the order of the page.
_STEP_OF = {
    "description": WHAT, "files": WHAT, "category": WHAT,
    "ward": WHERE, "address": WHERE,
    "reporter_phone": SEND, "reporter_name": SEND, "consent": SEND,
}  # fmt: skip


@dataclass(frozen=True)
class ReportPicture:
    """A picture that lies in the data folder before its report is sent, and the token that stands for it."""

    file: StoredFile
    token: str


@dataclass(frozen=True)
class ReportForm:
    """What a form holds: texts and ticks by name, pictures kept so far, and what could not be kept of them.

    `busy_s`: pictures were not looked at, because others' were; in so many seconds there will be room.
    """

    texts: dict[str, str]
    ticks: frozenset[str]
    pictures: tuple[ReportPicture, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    hits: Sequence[PlaceHit] = ()
    busy_s: int | None = None

    def get(self, name: str) -> str:
        return self.texts.get(name, "")

    def with_texts(self, **texts: str) -> "ReportForm":
        return replace(self, texts={**self.texts, **texts})


def empty() -> ReportForm:
    return ReportForm({"source_ref": secrets.token_hex(16)}, frozenset())


def read(data_dir: Path, *, look: bool = True) -> ReportForm:
    """The posted form; new pictures are stripped and kept, so that no step asks for them twice.

    Without `look` they are left alone: a sender refused by the rate limit causes no work.
    """
    texts = {name: forms.text(name).replace("\r\n", "\n") for name in TEXTS}
    # What was picked from the list of finds says more than the box that was left alone.
    texts["ward"] = forms.text("ward_hit") or texts["ward"]
    # Made with the form: the same form sent twice is one report.
    texts["source_ref"] = texts["source_ref"][:200] or secrets.token_hex(16)
    ticks = frozenset(name for name in TICKS if request.form.get(name))
    kept, problems = _kept_pictures(data_dir)
    most = policy.MOST_PICTURES - len(kept)
    new, more, busy_s = _new_pictures(data_dir, most) if look else ([], {}, None)
    known = {picture.file.sha256: picture for picture in (*kept, *new)}
    return ReportForm(texts, ticks, tuple(known.values()), {**problems, **more}, busy_s=busy_s)


def without_picture(form: ReportForm, sha256: str) -> ReportForm:
    return replace(form, pictures=tuple(one for one in form.pictures if one.file.sha256 != sha256))


def picture(token: str) -> StoredFile:
    """The picture behind a token. Raises NotFound."""
    name, content_type, size, sha256 = signed.unseal(PICTURE, token, max_age_s=PICTURE_AGE_S)
    return StoredFile(name, content_type, size, sha256)


def find_place(session: Session, form: ReportForm) -> ReportForm:
    """Look up what was typed as a place. One sure find is chosen; several, or parts of a split unit, are offered."""
    hits = places.find_places(session, form.get("place")[:100])
    if not hits:
        return replace(form, problems={"place": "place_unknown"})
    if len(hits) == 1 and not hits[0].partial:
        return form.with_texts(ward=hits[0].ward_code, place="")
    return replace(form, hits=hits, problems={"place": "place_which"})


def check(session: Session, form: ReportForm, *steps: int) -> dict[str, str]:
    """What is wrong in these steps, by field, in the order of the page."""
    unknown = intake.unknown_codes(session, form.get("category"), form.get("ward"))
    found = problems(form) | unknown
    return {name: found[name] for name in _STEP_OF if name in found and _STEP_OF[name] in steps}


def first_step(wrong: dict[str, str]) -> int:
    return min(_STEP_OF.get(name, SEND) for name in wrong)


def report(form: ReportForm) -> Report:
    """The form as the report that is received. Raises Invalid for everything that the form itself can know."""
    wrong = problems(form)
    if wrong:
        raise Invalid(wrong)
    return _report(form)


def problems(form: ReportForm) -> dict[str, str]:
    """What is wrong with the form as a whole: with the report in it, and with what the form asks for besides."""
    found = {name: why for name, why in form.problems.items() if name == "files"}
    try:
        _report(form)
    except ValidationError as error:
        found |= intake.problems_of(error)
    if not form.get("ward") and not form.get("address") and _point(form) is None:
        found["ward"] = "place_required"
    if "consent" not in form.ticks:
        found["consent"] = "consent_required"
    return found


def _report(form: ReportForm) -> Report:
    point = _point(form)
    return Report(
        source_ref=_once(form),
        description=form.get("description"),
        category=form.get("category") or None,
        ward=form.get("ward") or None,
        address=form.get("address"),
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
        reporter_name=form.get("reporter_name"),
        reporter_phone=form.get("reporter_phone"),
        keep_identity="keep_identity" in form.ticks,
    )


def _once(form: ReportForm) -> str:
    """The same form sent twice is one report; what was changed before it was sent once more is another one."""
    texts = {name: text for name, text in form.texts.items() if name != "source_ref"}
    said = json.dumps([texts, sorted(form.ticks), [one.file.sha256 for one in form.pictures]])
    return f"{form.get('source_ref')[:100]}-{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _point(form: ReportForm) -> tuple[float, float] | None:
    return point_of(f"{form.get('latitude')},{form.get('longitude')}")


def _kept_pictures(data_dir: Path) -> tuple[list[ReportPicture], dict[str, str]]:
    kept, problems = [], {}
    for token in request.form.getlist("picture")[: policy.MOST_PICTURES]:
        try:
            file = picture(token)
        except NotFound:
            problems["files"] = "picture_gone"
            continue
        if files.path_of(data_dir, file.sha256).exists():
            kept.append(ReportPicture(file, token))
        else:
            problems["files"] = "picture_gone"
    return kept, problems


def _new_pictures(data_dir: Path, room: int) -> tuple[list[ReportPicture], dict[str, str], int | None]:
    """The good ones are kept even where another is not; of too many, the first. Last, the seconds of `Form.busy_s`."""
    kept: list[ReportPicture] = []
    sending = uploads.Sending(limits.address())
    chosen = [upload for upload in request.files.getlist("files") if upload.filename]
    problems = {"files": "too_many_pictures"} if len(chosen) > room else {}
    for upload in chosen[:room]:
        try:
            file = uploads.keep_picture(data_dir, upload.filename or "", upload.read(), sending)
        except Invalid as error:
            problems |= error.problems
            continue
        except Busy as error:
            return kept, {"files": "pictures_wait"}, error.retry_s
        token = signed.seal(PICTURE, [file.name, file.content_type, file.size, file.sha256])
        kept.append(ReportPicture(file, token))
    return kept, problems, None
