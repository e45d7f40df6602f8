"""Template filters: moments, phones, codes and labels as a page shows them."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask import Flask, g
from flask_babel import format_date, format_decimal, format_percent, get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from agent_ui.web import site
from agent_ui.web.addresses import url_for
from agent_ui.words import figure_words, labels, pbx_words, unknown_words
from agent_ui.words.problems import PROBLEMS
from agent_ui.words.spans import filled, in_words
from callcenter import phones
from callcenter.models import Call, PbxStatus, Ticket
from callcenter.vocab import Phase, is_known
from tickets.life.running import due_now
from tickets.rules import call_phase, codes, policy
from tickets.rules.fields import pin_of
from tickets.rules.sla import VIETNAM, clock_state
from tickets.rules.states import STATES

# A listener beats every second, and another one takes over within five: after this no listener is there.
_HEARTBEAT = timedelta(seconds=30)


def add(app: Flask) -> None:
    moments = (day, minute, in_full, second, iso, lasted, until, ago, weekday, clock_of, due_now)
    words = (hours_of, phone, code, ticket_url, name_of, unknown_words.named, figure, format_words, kept_whole, pin)
    calls = (phase, is_on_hold, phase_words, pbx_down, pbx_words.findings, pbx_words.why_not_heard)
    people = (figure_words.doing_words, figure_words.pause_words)
    for function in (*moments, *words, *calls, *people):
        app.add_template_filter(function)
    app.add_template_test(lambda word: not is_known(word), "unknown_word")
    app.jinja_env.globals.update(LABELS=labels, PROBLEMS=PROBLEMS, STATES=STATES, POLICY=policy)
    app.jinja_env.globals.update(in_words=in_words, filled=filled)
    app.jinja_env.globals.update(now=site.now, icons_url=icons_url, icon_picture=icon)
    app.jinja_env.globals.update(nonce=lambda: secrets.token_hex(16))


def icons_url() -> str:
    return url_for("static", filename="icons.svg")


def icon(name: str) -> Markup:
    """One picture of icons.svg, by its name."""
    # Of our own sources alone.
    return _picture(icons_url(), name)


@lru_cache(maxsize=1000)
def _picture(url: str, name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" focusable="false">\n  <use href="{}#{}"></use>\n</svg>').format(
        url, name
    )


def ticket_url(code: str) -> str:
    return url_for("tickets.page", code=code)


def pin(ticket: Ticket) -> str:
    """Where a ticket is pinned on the map, `LATITUDE,LONGITUDE`; '' where it is not."""
    return pin_of(ticket.latitude, ticket.longitude)


def day(moment: datetime | None) -> str:
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y") if moment else ""


def minute(moment: datetime | None) -> str:
    """`10:32` today, `21/11 10:32` on another day, with the year when it is another one."""
    if moment is None:
        return ""
    local, today = moment.astimezone(VIETNAM), site.now().astimezone(VIETNAM)
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return local.strftime("%d/%m %H:%M" if local.year == today.year else "%d/%m/%Y %H:%M")


def in_full(moment: datetime) -> str:
    """`17:00 thứ Sáu, ngày 05/12/2026`: to be read aloud."""
    local = moment.astimezone(VIETNAM)
    name = weekday(local.date())
    if str(get_locale()) == "vi":
        name = name[0].lower() + name[1:]
    hour, date_ = local.strftime("%H:%M"), local.strftime("%d/%m/%Y")
    return str(_("%(hour)s %(weekday)s, ngày %(day)s", hour=hour, weekday=name, day=date_))


def second(moment: datetime | None) -> str:
    return moment.astimezone(VIETNAM).strftime("%H:%M:%S") if moment else ""


def iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else ""


def phone(number: str | None) -> str:
    return phones.display(number) if number else _("Số ẩn")


def code(digits: str) -> str:
    return codes.group(digits)


def name_of(word: StrEnum | None) -> str:
    """A list says the same few words in every row: each is looked up once a page."""
    if word is None:
        return ""
    said: dict[tuple[type[StrEnum], StrEnum], str] = g.setdefault("said", {})
    kind_and_word = (type(word), word)
    if kind_and_word not in said:
        said[kind_and_word] = str(labels.label(word))
    return said[kind_and_word]


def lasted(seconds: float) -> str:
    """`4:05`, `1:02:09`."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def until(due: datetime | None) -> str:
    """`còn 3 giờ`, `quá hạn 2 ngày`: the biggest unit is enough to decide what to do first."""
    if due is None:
        return ""
    late = due <= site.now()
    if late and site.now() - due < timedelta(minutes=1):
        return str(_("vừa quá hạn"))
    span = _span(abs(due - site.now()))
    return str(_("quá hạn %(span)s", span=span) if late else _("còn %(span)s", span=span))


def ago(moment: datetime | None) -> str:
    """`12 phút`, `3 giờ`: how long since; the template adds the word around it."""
    return _span(max(site.now() - moment, timedelta())) if moment else ""


def weekday(of: date) -> str:
    return str(format_date(of, "EEEE"))


def figure(value: float | None, kind: str = "count") -> str:
    """`84`, `92,3 %` (`share`; `92.3%` in English), `12 giây` (`seconds`, minutes from two on); a dash for nothing."""
    if value is None:
        return "–"
    if kind == "share":
        sign = "%" if str(get_locale()) == "en" else " %"
        return str(format_percent(value, ("#,##0.0" if 0 < value < 1 else "#,##0") + sign))
    if kind == "seconds":
        return str(ngettext("%(num)d giây", "%(num)d giây", round(value))) if value < 120 else lasted(value)
    return str(format_decimal(round(value, 1) if value < 20 else round(value)))


def format_words(text: object, values: Mapping[str, object]) -> str:
    """A lazy text with its places filled in."""
    return str(text) % values


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return str(ngettext("%(num)d phút", "%(num)d phút", minutes))
    if minutes < 48 * 60:
        return str(ngettext("%(num)d giờ", "%(num)d giờ", minutes // 60))
    return str(ngettext("%(num)d ngày", "%(num)d ngày", minutes // (24 * 60)))


def hours_of(minutes: int) -> str:
    """`7 giờ 20 phút`, `8 giờ`: a span of a clock, to the minute."""
    hours, rest = divmod(minutes, 60)
    if rest == 0:
        return str(_("%(hours)d giờ", hours=hours))
    return str(_("%(hours)d giờ %(minutes)d phút", hours=hours, minutes=rest))


def phase(call: Call) -> Phase:
    known = call.snapshot or {}
    return call_phase.phase(
        ended=call.ended_at is not None,
        talking=bool(call.talking),
        third=call.third,
        ringing=bool(call.ringing),
        # A caller that has left the queue, to leave a message perhaps, hears the automatic voice and does not wait.
        queued=bool(known.get("in_queue", call.queued_at and not call.wait_s)),
        operators=bool(call.operators),
        goes_on=bool(known.get("in_transfer") or not known.get("completed")),
    )


def is_on_hold(call: Call) -> bool:
    return call_phase.is_on_hold(
        phase(call), talked=bool(call.talks), talking=call.talking, holding=call.holding or (), third=call.third
    )


def phase_words(call: Call) -> str:
    """Phase of a live call; a caller that waits on the line is not shown as talking."""
    return _("Người gọi chờ máy") if is_on_hold(call) else name_of(phase(call))


def pbx_down(status: PbxStatus) -> datetime | None:
    """Since when this PBX is not heard; a listener that stopped beating is not believed."""
    if not status.connected:
        return status.since
    return status.seen_at if site.now() - status.seen_at > _HEARTBEAT else None


def kept_whole(payload: Mapping[str, Any]) -> str:
    """What was set aside, for people: first the PBX's lines, unchanged, then the rest, letters as they are."""
    said = ["\n".join(lines) for lines in payload.get("ami", ())]
    rest = {name: value for name, value in payload.items() if name != "ami"}
    return "\n\n".join([*said, *([json.dumps(rest, ensure_ascii=False, indent=1)] if rest else [])])


def clock_of(due: datetime | None) -> str:
    return clock_state(due, site.now()) if due else "ok"
