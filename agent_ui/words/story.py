"""History of a ticket in sentences: one for each event, by day, with its text and its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from agent_ui.words import labels, unknown_words
from agent_ui.words.spans import in_words
from callcenter.models import Attachment, TicketEvent, TicketOrCallBack
from callcenter.vocab import Attempt, CallOut, Clock, Disposition, EmergencyEnd, Source, TextResult
from tickets.rules.moves import ENTRIES
from tickets.rules.sla import VIETNAM

# Shorter pauses on the same day show in the times themselves.
_TOLD_GAP = timedelta(hours=2)

_SOURCE_WORDS = {Source.HOTLINE: _l("điện thoại")}
_NO_OBJECTION = _l("sau %(span)s không có ý kiến khác", span=in_words("CLOSE_AFTER"))


@dataclass(frozen=True)
class HistoryEntry:
    """One event. `gap` is the pause before it on the same day; `codes` are other tickets, for the desk's eyes."""

    at: datetime
    move: str
    icon: str
    who: str
    what: str
    agency: str = ""
    quote: str = ""
    gap: str = ""
    codes: Sequence[str] = ()
    files: list[Attachment] = field(default_factory=list)


@dataclass(frozen=True)
class HistoryDay:
    """The entries of a local day; `gap` says how long nothing had happened before it."""

    day: date
    entries: list[HistoryEntry]
    gap: str = ""


def tell(
    ticket: TicketOrCallBack, events: Sequence[TicketEvent], files: Sequence[Attachment], agencies: Mapping[int, str]
) -> list[HistoryDay]:
    """The whole history, oldest first. `agencies` are names by number."""
    carried = _carried(events, files)
    days: list[HistoryDay] = []
    before: datetime | None = None
    for event in events:
        local = event.at.astimezone(VIETNAM).date()
        if not days or days[-1].day != local:
            days.append(HistoryDay(local, [], _days_later(before, local)))
            before = None
        gap = _hours_later(before, event.at)
        days[-1].entries.append(_entry(ticket, event, agencies, carried.get(event.id, []), gap))
        before = event.at
    return days


def _entry(
    ticket: TicketOrCallBack, event: TicketEvent, agencies: Mapping[int, str], files: list[Attachment], gap: str
) -> HistoryEntry:
    data = event.data
    agency = agencies.get(data.get("agency") or 0, "")
    says_agency = event.move in ("route", "reopen")
    return HistoryEntry(
        at=event.at,
        move=event.move,
        icon=ENTRIES[event.move].icon if event.move in ENTRIES else "history",
        who=_who(ticket, event),
        what=_what(ticket, event, agency) + _addition(ticket, event, agencies),
        agency="" if says_agency or event.actor_id is None else agency,
        quote=_quote(event),
        gap=gap,
        codes=[data[key] for key in ("parent", "child", "by", "joined") if data.get(key)],
        files=files,
    )


def _who(ticket: TicketOrCallBack, event: TicketEvent) -> str:
    if event.move in ("file", "open") and event.actor_id is None and ticket.source != Source.HOTLINE:
        return str(gettext("Người dân"))
    name = str(labels.ACTORS.get(event.actor, event.actor))
    if event.actor_id is not None and _is(event, "of_citizen"):
        return str(gettext("Người dân (qua %(who)s)", who=name))
    return name[:1].upper() + name[1:]


def _what(ticket: TicketOrCallBack, event: TicketEvent, agency: str) -> str:
    if event.move in ("file", "open") and event.actor_id is None and ticket.source != Source.HOTLINE:
        return str(gettext("gửi phản ánh qua %(source)s", source=_source(ticket.source)))
    entry = ENTRIES.get(event.move)
    if entry is None or not entry.sentence:
        return str(unknown_words.named(event.move, labels.MOVES)).lower()
    data = event.data
    values = {
        "source": _source(ticket.source),
        "agency": agency or gettext("đơn vị xử lý"),
        "why": unknown_words.named(data.get("why"), labels.ROUTING_REASONS),
        "disposition": _disposition(data),
        "to": data.get("to", ""),
        "before": data.get("before", ""),
        "working_days": data.get("working_days", ""),
        "new_due": _moment(data.get("new_due")),
        "stars": data.get("stars", ""),
        "clock": _said(data.get("clock"), Clock),
        "call_result": _call_result(data),
        # Of dialling, or of a text message: the two share no word.
        "result": _said(data.get("result"), Attempt, TextResult),
        "call_at": _moment(data.get("call_at")),
        "service": data.get("service", ""),
        "emergency_end": _said(data.get("ended"), EmergencyEnd),
    }
    return str(gettext(entry.sentence)) % values


def _is(event: TicketEvent, mark: str) -> bool:
    """Whether the row of this event's verb has the mark; a verb of another version has none."""
    return event.move in ENTRIES and bool(getattr(ENTRIES[event.move], mark))


def _addition(ticket: TicketOrCallBack, event: TicketEvent, agencies: Mapping[int, str]) -> str:
    """What a sentence of the routing has to say beside it: by which field, and the co-ordinating agencies."""
    if event.move == "close" and event.reason == "no_objection":
        return f" {_NO_OBJECTION}"
    if event.data.get("told") == "head":
        return str(gettext("; báo lãnh đạo đơn vị"))
    if event.move != "route":
        return ""
    words = ""
    if event.data.get("why") == "rule" and ticket.category is not None:
        words = " " + gettext("(lĩnh vực %(name)s)", name=ticket.category.name)
    others = [agencies[number] for number in event.data.get("co", ()) if number in agencies]
    return words + (gettext("; phối hợp: %(names)s", names=", ".join(others)) if others else "")


def _quote(event: TicketEvent) -> str:
    if event.move == "close" and event.reason == "no_objection":
        return ""
    return event.reason or event.data.get("note") or ""


def _carried(events: Sequence[TicketEvent], files: Sequence[Attachment]) -> dict[int, list[Attachment]]:
    """Each file with the event that brought it: written in the same moment, or else the last one before it."""
    carried: dict[int, list[Attachment]] = {}
    for file in files:
        same = [event for event in events if event.at == file.created_at]
        bringing = [event for event in same if _is(event, "brings")] or same
        earlier = [event for event in events if event.at <= file.created_at] or list(events[:1])
        if bringing or earlier:
            carried.setdefault((bringing or earlier)[-1].id, []).append(file)
    return carried


def _days_later(before: datetime | None, day: date) -> str:
    days = (day - before.astimezone(VIETNAM).date()).days if before else 0
    return ngettext("%(num)d ngày sau", "%(num)d ngày sau", days) if days > 1 else ""


def _hours_later(before: datetime | None, now: datetime) -> str:
    if before is None or now - before < _TOLD_GAP:
        return ""
    hours = (now - before) // timedelta(hours=1)
    return str(ngettext("%(num)d giờ sau", "%(num)d giờ sau", hours))


def _source(source: Source) -> str:
    return str(_SOURCE_WORDS.get(source) or labels.label(source))


def _disposition(data: Mapping[str, Any]) -> str:
    if data.get("disposition"):
        return str(labels.stored(data["disposition"], Disposition))
    if data.get("joined"):
        return str(gettext("đã gộp vào phiếu trước của người gọi"))
    return str(gettext("không còn gì để ghi"))


def _moment(text: str | None) -> str:
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
    except ValueError:
        return str(unknown_words.unknown(text))


def _call_result(data: Mapping[str, Any]) -> str:
    words = _said(data.get("result"), CallOut)
    seconds = int(data.get("talk_s") or 0)
    return gettext("%(words)s, %(num)d giây", words=words, num=seconds) if seconds else words


def _said(word: str | None, *kinds: type[StrEnum]) -> str:
    return str(labels.stored(word, *kinds)).lower() if word else ""
