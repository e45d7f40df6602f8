"""A ticket's history as people tell it: one sentence an event, by day, with what was said and what was attached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _l

from agent_ui.words import labels, unknown_words
from agent_ui.words.spans import in_words
from callcenter.models import Attachment, Ticket, TicketEvent
from callcenter.vocab import Attempt, CallOut, Clock, Disposition, EmergencyEnd, Source, TextResult
from tickets.rules.sla import VIETNAM

# Shorter pauses on the same day are told by the times themselves.
_TOLD_GAP = timedelta(hours=2)

# What the actor did; a sentence begins with who it was. Codes of other tickets come after it, as links.
_SENTENCES: Mapping[str, LazyString] = {
    "open": _l("mở phiếu"),
    "file": _l("tiếp nhận phản ánh qua %(source)s"),
    "expect_call_back": _l("ghi việc gọi lại cho số này"),
    "missed_again": _l("ghi thêm một cuộc gọi nhỡ của số này"),
    "expect_no_call_back": _l("theo nhật ký tổng đài, cuộc gọi đã được nghe máy: phiếu trở lại đang ghi nhận"),
    "call_back_needless": _l("bỏ việc gọi lại: theo nhật ký tổng đài, không cần gọi lại nữa"),
    "not_missed": _l("ghi: theo nhật ký tổng đài, đây không phải cuộc gọi nhỡ"),
    "restore": _l("mở lại phiếu theo nhật ký tổng đài"),
    "discard": _l("kết thúc, không lập phiếu: %(disposition)s"),
    "emergency": _l("bấm khẩn cấp %(service)s; phiếu thành khẩn"),
    "emergency_taken": _l("nhận lo việc khẩn cấp %(service)s"),
    "emergency_answered": _l("%(service)s đã nhấc máy"),
    "emergency_called": _l("gọi nơi tiếp nhận khẩn cấp: %(call_result)s"),
    "emergency_over": _l("xong việc khẩn cấp %(service)s: %(emergency_end)s"),
    "emergency_passed": _l("kết thúc: đã chuyển nơi tiếp nhận khẩn cấp"),
    "answer_at_once": _l("trả lời ngay trong cuộc gọi (cấp độ 1)"),
    "shielded": _l("bỏ việc gọi lại: người này xin liên hệ an toàn"),
    "redialled": _l("người dân gọi lại sau khi rớt: ghi tiếp phiếu này"),
    "link": _l("gắn vào phiếu đã có"),
    "unlink": _l("gỡ khỏi phiếu gốc"),
    "asked_again": _l("ghi: người dân nhắc lại"),
    "not_asked_again": _l("gỡ một lần nhắc lại"),
    "claim": _l("nhận việc gọi lại"),
    "unclaim": _l("để lại việc gọi lại cho người khác"),
    "call_attempt": _l("gọi lại chưa gặp: %(result)s; gọi lần sau từ %(call_at)s"),
    "call_back_ended": _l("kết thúc việc gọi lại, không gọi nữa"),
    "texted": _l("nhắn tin cho người dân: %(result)s"),
    "hearing_opened": _l("cho đơn vị xử lý nghe ghi âm cuộc gọi"),
    "hearing_closed": _l("thôi cho đơn vị xử lý nghe ghi âm cuộc gọi"),
    "take_over": _l("nhận phiếu bỏ dở"),
    "hand_to": _l("giao lại cho %(to)s"),
    "handed_over": _l("nhận từ ca của %(before)s"),
    "triage": _l("chuyển sang phân loại: %(why)s"),
    "route": _l("chuyển đến %(agency)s"),
    "accept": _l("tiếp nhận xử lý"),
    "accept_part": _l("tiếp nhận phần phối hợp"),
    "give_back": _l("trả lại phiếu, không đúng thẩm quyền"),
    "give_back_part": _l("trả lại phần phối hợp"),
    "ask": _l("hỏi thêm người dân; hạn trả lời tạm dừng"),
    "supply": _l("bổ sung thông tin; hạn trả lời chạy tiếp"),
    "resume": _l("xử lý tiếp, không chờ người dân nữa"),
    "wait_over": _l("hết thời gian chờ người dân; hạn trả lời chạy tiếp"),
    "extend": _l("gia hạn %(working_days)s ngày làm việc, hẹn mới %(new_due)s"),
    "propose": _l("trình lãnh đạo đơn vị duyệt câu trả lời"),
    "send_back": _l("trả lại để sửa câu trả lời"),
    "approve": _l("duyệt, gửi câu trả lời cho người dân"),
    "resolve": _l("trả lời kết quả xử lý cho người dân"),
    "rated": _l("đánh giá %(stars)s trên 5 sao"),
    "called_out": _l("gọi người dân: %(call_result)s"),
    "call_back_done": _l("đã gọi lại"),
    "close": _l("kết thúc phiếu"),
    "reopen": _l("báo chưa khắc phục; phiếu mở lại, %(agency)s xử lý tiếp"),
    "reopen_triage": _l("báo chưa khắc phục; phiếu mở lại, chờ phân loại"),
    "reject": _l("từ chối phiếu, có nêu lý do cho người dân"),
    "withdraw": _l("rút phản ánh"),
    "breached": _l("ghi nhận quá %(clock)s"),
}
# Said by the citizen, also where somebody of the desk wrote it down on the phone.
_CITIZENS = frozenset({"supply", "rated", "reopen", "reopen_triage", "withdraw"})
_BRINGS_FILES = ("resolve", "propose", "supply", "file", "open")
PICTURES: Mapping[str, str] = {
    "route": "send", "accept": "check", "accept_part": "check", "give_back": "arrow-back-up", "ask": "message-question",
    "give_back_part": "arrow-back-up", "resolve": "circle-check", "approve": "circle-check", "close": "lock",
    "supply": "message", "rated": "star", "breached": "alert-triangle", "reopen": "refresh", "reopen_triage": "refresh",
    "reject": "x", "withdraw": "x", "extend": "calendar", "file": "phone", "open": "phone-incoming", "link": "link",
    "emergency": "alert-triangle", "emergency_over": "circle-check", "emergency_answered": "phone",
    "call_attempt": "phone-off", "texted": "message",
    "propose": "send", "send_back": "arrow-back-up", "asked_again": "bell", "triage": "filter",
}  # fmt: skip
_SOURCE_WORDS = {Source.HOTLINE: _l("điện thoại")}
_NO_OBJECTION = _l("sau %(span)s không có ý kiến khác", span=in_words("CLOSE_AFTER"))


@dataclass(frozen=True)
class Entry:
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
class Day:
    """The entries of a local day; `gap` says how long nothing had happened before it."""

    day: date
    entries: list[Entry]
    gap: str = ""


def tell(
    ticket: Ticket, events: Sequence[TicketEvent], files: Sequence[Attachment], agencies: Mapping[int, str]
) -> list[Day]:
    """The whole history, oldest first. `agencies` are names by number."""
    carried = _carried(events, files)
    days: list[Day] = []
    before: datetime | None = None
    for event in events:
        local = event.at.astimezone(VIETNAM).date()
        if not days or days[-1].day != local:
            days.append(Day(local, [], _days_later(before, local)))
            before = None
        gap = _hours_later(before, event.at)
        days[-1].entries.append(_entry(ticket, event, agencies, carried.get(event.id, []), gap))
        before = event.at
    return days


def _entry(ticket: Ticket, event: TicketEvent, agencies: Mapping[int, str], files: list[Attachment], gap: str) -> Entry:
    data = event.data
    agency = agencies.get(data.get("agency") or 0, "")
    says_agency = event.move in ("route", "reopen")
    return Entry(
        at=event.at,
        move=event.move,
        icon=PICTURES.get(event.move, "history"),
        who=_who(ticket, event),
        what=_what(ticket, event, agency) + _addition(ticket, event, agencies),
        agency="" if says_agency or event.actor_id is None else agency,
        quote=_quote(event),
        gap=gap,
        codes=[data[key] for key in ("parent", "child", "by", "joined") if data.get(key)],
        files=files,
    )


def _who(ticket: Ticket, event: TicketEvent) -> str:
    if event.move in ("file", "open") and event.actor_id is None and ticket.source != Source.HOTLINE:
        return str(gettext("Người dân"))
    name = str(labels.ACTORS.get(event.actor, event.actor))
    if event.actor_id is not None and event.move in _CITIZENS:
        return str(gettext("Người dân (qua %(who)s)", who=name))
    return name[:1].upper() + name[1:]


def _what(ticket: Ticket, event: TicketEvent, agency: str) -> str:
    if event.move in ("file", "open") and event.actor_id is None and ticket.source != Source.HOTLINE:
        return str(gettext("gửi phản ánh qua %(source)s", source=_source(ticket.source)))
    sentence = _SENTENCES.get(event.move)
    if sentence is None:
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
    return str(sentence) % values


def _addition(ticket: Ticket, event: TicketEvent, agencies: Mapping[int, str]) -> str:
    """What a sentence of the routing has to say beside it: by which field, and who co-ordinates."""
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
        bringing = [event for event in same if event.move in _BRINGS_FILES] or same
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
