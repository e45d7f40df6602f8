"""Administration pages of working time: the week, the year with its holidays, clock targets, a due moment computed."""

from calendar import Calendar as Months
from datetime import date, datetime
from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin import words
from agent_ui.admin.base import EditForm, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.errors import Invalid
from callcenter.models import CalendarDay
from callcenter.vocab import Clock, Level
from tickets.administration import calendars
from tickets.life import clocks, records
from tickets.rights import Right
from tickets.rules.sla import VIETNAM

_PARTS = ("am", "pm")
_YEARS = range(2020, 2101)


@blueprint.route("/calendar", methods=["GET", "POST"])
@may(Right.ADMINISTER_CALENDAR)
def calendar() -> ResponseReturnValue:
    """A year, and a day added to it."""
    today = site.now().astimezone(VIETNAM).date()
    asked = forms.asked_number("year") or today.year
    year = asked if asked in _YEARS else today.year

    def page(session: Session, form: EditForm | None) -> str:
        return frame.page(
            session, "admin/calendar.html", form=form or EditForm({}), today=today, **_year(session, year)
        )

    def write(session: Session) -> date:
        day = _day(forms.text("day"))
        calendars.set_day(session, me(), day, forms.text("working") == "yes", forms.text("note"), seen=None,
                          now=site.now())  # fmt: skip
        return day

    return edit(
        page, write, lambda day: back(url_for("admin.calendar", year=day.year, _anchor="days"), _("Đã thêm vào lịch."))
    )


def _year(session: Session, year: int) -> dict[str, Any]:
    months = Months(firstweekday=0)
    return {
        "year": year,
        "months": [(month, months.monthdatescalendar(year, month)) for month in range(1, 13)],
        "month_names": [format_date(date(year, month, 1), "LLLL") for month in range(1, 13)],
        "days": calendars.days_of(session, year),
        "special": {row.day: row for row in calendars.days_of(session, year)},
        "working": clocks.calendar(session).is_worked,
        "week": calendars.week_facts(calendars.week(session)),
        "weekdays": words.WEEKDAYS,
        "weekdays_short": [format_date(day, "EEEEEE") for day in months.monthdatescalendar(year, 1)[0]],
        "changes": latest(session, "calendar_day"),
    }


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid({"day": "day_unreadable"}) from None
    if day.year not in _YEARS:
        raise Invalid({"day": "day_unreadable"})
    return day


@blueprint.route("/calendar/<day>", methods=["GET", "POST"])
@may(Right.ADMINISTER_CALENDAR)
def calendar_day(day: str) -> ResponseReturnValue:
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        abort(404)
    address = url_for("admin.calendar", year=chosen.year, _anchor="days")
    if request.method == "POST" and "remove" in request.form:
        with site.transaction() as session:
            calendars.remove_day(session, me(), chosen, now=site.now())
        return back(address, _("Đã xóa khỏi lịch."))

    def page(session: Session, form: EditForm | None) -> str:
        row = session.get(CalendarDay, chosen)
        if row is None:
            abort(404)
        form = form or EditForm.of(calendars.day_facts(row))
        typed = {**form.typed, "working": form.typed.get("working") in (True, "yes")}
        shown = EditForm(typed, form.seen, form.problems, form.current)
        key = chosen.isoformat()
        return frame.page(
            session, "admin/calendar_day.html", day=chosen, form=shown, changes=latest(session, "calendar_day", key)
        )

    def write(session: Session) -> None:
        working, note = forms.text("working") == "yes", forms.text("note")
        calendars.set_day(session, me(), chosen, working, note, seen=seen() or "-", now=site.now())

    return edit(page, write, lambda _none: back(address, _("Đã lưu.")))


@blueprint.route("/calendar/week", methods=["GET", "POST"])
@may(Right.ADMINISTER_CALENDAR)
def week() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        form = form or _week_form(calendars.week(session))
        return frame.page(
            session, "admin/week.html", form=form, weekdays=words.WEEKDAYS, changes=latest(session, "week")
        )

    def write(session: Session) -> None:
        typed = {weekday: [_period(part, weekday) for part in _PARTS] for weekday in range(7)}
        calendars.set_week(session, me(), typed, seen=seen(), now=site.now())

    return edit(page, write, lambda _none: back(url_for("admin.calendar"), _("Đã lưu giờ làm việc.")))


def _period(part: str, weekday: int) -> tuple[str, str]:
    return forms.text(f"{part}-opens-{weekday}"), forms.text(f"{part}-closes-{weekday}")


def _week_form(hours: calendars.Week) -> EditForm:
    typed = {
        f"{part}-{end}-{weekday}": f"{moment:%H:%M}"
        for weekday, periods in hours.items()
        for part, period in zip(_PARTS, periods, strict=False)
        for end, moment in zip(("opens", "closes"), period, strict=True)
    }
    return EditForm(typed, records.digest(calendars.week_facts(hours)))


@blueprint.get("/deadlines")
@may(Right.ADMINISTER_CALENDAR)
def deadlines() -> str:
    """Every deadline, and when those of a ticket filed at the moment asked for would be over."""
    try:
        filed = datetime.fromisoformat(request.args.get("filed", "")).replace(tzinfo=VIETNAM)
        if filed.year not in _YEARS:
            filed = site.now()
    except ValueError:
        filed = site.now()
    with site.reading() as session:
        return frame.page(
            session,
            "admin/deadlines.html",
            filed=filed.astimezone(VIETNAM),
            # Read again, it still tells what the moment in the form leads to.
            address=url_for("admin.deadlines", filed=filed.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M")),
            rows=calendars.preview(session, filed),
            in_units=calendars.in_units,
            span_words=words.span_words,
            levels=tuple(Level),
            changes=latest(session, "sla_target"),
        )


@blueprint.route("/deadlines/<level>/<clock>", methods=["GET", "POST"])
@may(Right.ADMINISTER_CALENDAR)
def deadline(level: str, clock: str) -> ResponseReturnValue:
    if level not in set(Level) or clock not in set(Clock):
        abort(404)
    which = Level(level), Clock(clock)

    def page(session: Session, form: EditForm | None) -> str:
        found = calendars.deadline(session, *which)
        if form is None:
            amount, unit = calendars.in_units(found.target)
            typed = {"amount": amount, "unit": unit, "confirmed": found.confirmed}
            typed["working_time"] = "yes" if found.target.working_time else "no"
            form = EditForm(typed, records.digest(calendars.deadline_facts(found)))
        key = f"{level}/{clock}"
        return frame.page(
            session,
            "admin/deadline.html", found=found, form=form, units=words.UNITS,
            changes=latest(session, "sla_target", key),
        )  # fmt: skip

    def write(session: Session) -> None:
        fields = calendars.DeadlineFields(
            forms.text("amount"), forms.text("unit"), forms.text("working_time") == "yes", ticked("confirmed")
        )
        calendars.set_deadline(session, me(), *which, fields, seen=seen(), now=site.now())

    return edit(page, write, lambda _none: redirect(url_for("admin.deadlines"), 303))
