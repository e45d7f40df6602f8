"""The citizens' pages: what 1022 is, a form to report, and where a report stands."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from agent_ui import choices, forms, limits, site
from agent_ui.errors import problem_words
from callcenter.errors import Invalid, NotFound
from callcenter.models import Ward
from callcenter.text import sort_key
from callcenter.vocab import Source
from tickets import codes, intake, tracking
from tickets.intake import Report

blueprint = Blueprint("public", __name__)

_FIELDS = ("description", "category", "ward", "address", "reporter_name", "reporter_phone")
_KEYS = {"missing": "required", "string_too_short": "required", "string_too_long": "too_long"}


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    return {"status": "alive"}


@blueprint.get("/")
def home() -> str:
    return render_template("public/home.html")


@blueprint.get("/reports/new")
def form() -> str:
    return _form({}, {})


@blueprint.post("/reports/new")
@limits.posts("10 per minute; 60 per hour")
def send() -> ResponseReturnValue:
    try:
        report = Report.model_validate(_typed())
        with site.transaction() as session:
            ticket, _new = intake.receive(session, report, source=Source.WEB, sender="web", now=site.now())
            code = ticket.code
    except ValidationError as error:
        return _form(request.form, problems_of(error)), 422
    except Invalid as error:
        return _form(request.form, error.problems), 422
    flash(codes.group(code), "sent")
    return redirect(url_for("public.sent"), 303)


@blueprint.get("/reports/sent")
def sent() -> str:
    return render_template("public/sent.html")


@blueprint.get("/track")
def track() -> str:
    return render_template("public/track.html", standing=None, problem=None, typed=request.args)


@blueprint.post("/track")
@limits.posts("10 per minute; 60 per hour")
def look_up() -> ResponseReturnValue:
    code, digits = codes.parse(request.form.get("code", "")), forms.text("last4")
    try:
        if code is None:
            raise NotFound("not a code")
        with site.reading() as session:
            standing = tracking.by_phone(session, code, digits)
    except NotFound:
        # The same words for a wrong code and for wrong digits.
        return render_template("public/track.html", standing=None, problem=True, typed=request.form), 404
    return render_template("public/track.html", standing=standing, problem=None, typed=request.form)


def problems_of(error: ValidationError) -> dict[str, str]:
    """Field -> key of the catalogue."""
    problems = {}
    for one in error.errors():
        name = str(one["loc"][0]) if one["loc"] else "report"
        problems[name] = _KEYS.get(one["type"], "phone_unreadable" if name == "reporter_phone" else "invalid")
        if name == "reporter_phone" and not one.get("input"):
            problems[name] = "required"
    return problems


def _typed() -> dict[str, Any]:
    typed: dict[str, Any] = {name: forms.text(name) for name in _FIELDS}
    return {
        **typed,
        "category": typed["category"] or None,
        "ward": typed["ward"] or None,
        "keep_identity": "keep_identity" in request.form,
        # Made with the form: the same form sent twice is one report.
        "source_ref": forms.text("source_ref") or secrets.token_hex(16),
    }


def _form(typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    with site.reading() as session:
        return render_template(
            "public/report.html",
            typed=typed,
            problems=problem_words(problems),
            categories=choices.categories(session),
            wards=_wards(session),
            source_ref=typed.get("source_ref") or secrets.token_hex(16),
        )


def _wards(session: Session) -> list[Ward]:
    return sorted(session.scalars(select(Ward)), key=lambda ward: sort_key(ward.name))
