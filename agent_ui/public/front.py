"""Citizens' front page, privacy page, and liveness check of the public site."""

from datetime import datetime, time
from itertools import takewhile

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _

from agent_ui.public import plain_words
from agent_ui.web import site
from tickets.life import clocks
from tickets.people import showcase
from tickets.rules import policy
from tickets.rules.sla import Calendar

blueprint = Blueprint("public", __name__)
blueprint.add_app_template_filter(plain_words.moment, "long_moment")


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    return {"status": "alive"}


@blueprint.get("/")
def home() -> str:
    with site.reading() as session:
        return render_template(
            "public/home.html",
            work=showcase.work(session, site.now()),
            examples=showcase.examples(session, site.now()),
            hours=_hours(clocks.calendar(session), site.now()),
            days=policy.TOLD_OF.days,
        )


@blueprint.get("/privacy")
def privacy() -> str:
    return render_template("public/privacy.html")


def _hours(calendar: Calendar, now: datetime) -> str:
    """When the agencies work today, or when they work again."""
    today = now.astimezone(calendar.zone).date()
    periods = calendar.periods_from(datetime.combine(today, time(), calendar.zone))
    first = next(periods)
    if first[0].astimezone(calendar.zone).date() != today:
        return str(_("Hôm nay các đơn vị nghỉ; làm việc lại từ %(when)s.", when=plain_words.moment(first[0])))
    rest = takewhile(lambda period: period[0].astimezone(calendar.zone).date() == today, periods)
    spans = (f"{_clock(opens)}–{_clock(closes)}" for opens, closes in (first, *rest))
    return str(_("Hôm nay các đơn vị làm việc %(hours)s.", hours=", ".join(spans)))


def _clock(at: datetime) -> str:
    return str(format_datetime(at, "HH:mm"))
