"""A ticket's way in plain words for its citizen: what happened, what is now, what comes and by when. No database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from agent_ui import labels
from callcenter.vocab import TicketState
from tickets.people.tracking import Journey

_WITH_NOBODY = (TicketState.FILED, TicketState.TRIAGE)
_ANSWERED = (TicketState.RESOLVED, TicketState.CLOSED)
_STOPPED = (TicketState.REJECTED, TicketState.WITHDRAWN, TicketState.LINKED)
_IN_WORK = (TicketState.ACCEPTED, TicketState.AWAITING_APPROVAL)
_KNOWN = (*_WITH_NOBODY, TicketState.ROUTED, TicketState.WAITING, *_IN_WORK, *_ANSWERED, *_STOPPED)


@dataclass(frozen=True)
class Step:
    """One stop of the way; `at` where it is past."""

    title: str
    words: str
    at: datetime | None
    look: Literal["done", "now", "ahead", "ended"]


def moment(at: datetime | None) -> str:
    """`17:00 Thứ Hai, 30/11/2026`."""
    return str(format_datetime(at, "HH:mm EEEE, dd/MM/yyyy")) if at else ""


def steps(way: Journey) -> list[Step]:
    """The stops in their order; a way that ended early has none after its end, and one that stands in a state not
    known here none after what is known to be past.
    """
    stops = [_received(way)]
    state = way.standing.state
    if state not in _KNOWN:
        now = Step(str(labels.label(state)), headline(way), None, "now")
        return [*stops, *([_handed_over(way)] if way.routed_at else []), now]
    if way.routed_at or state not in _STOPPED:
        stops.append(_handed_over(way))
    if state in _STOPPED:
        return [*stops, Step(_("Kết thúc"), headline(way), way.standing.closed_at, "ended")]
    return [*stops, _handled(way), _answered(way)]


def headline(way: Journey) -> str:
    """Where it stands, in one sentence."""
    match way.standing.state:
        case TicketState.FILED | TicketState.TRIAGE:
            return str(_("Tổng đài đang chuyển phản ánh đến đơn vị có trách nhiệm."))
        case TicketState.ROUTED:
            return str(_("Đang chờ %(agency)s tiếp nhận.", agency=_agency(way)))
        case TicketState.WAITING:
            return str(_("%(agency)s cần ông/bà cho biết thêm.", agency=_agency(way)))
        case TicketState.RESOLVED | TicketState.CLOSED:
            return str(_("Đã có trả lời."))
        case TicketState.REJECTED:
            return str(_("Phản ánh bị từ chối; lý do được nêu trên trang này."))
        case TicketState.WITHDRAWN:
            return str(_("Ông/bà đã rút phản ánh này."))
        case TicketState.LINKED:
            return str(_("Phản ánh này được gộp vào một phiếu đã có về cùng việc."))
        case TicketState.ACCEPTED | TicketState.AWAITING_APPROVAL:
            return str(_("%(agency)s đang xử lý.", agency=_agency(way)))
        case other:
            words = _(
                "Trang này chưa biết tình trạng “%(state)s” của phiếu. Cần biết thêm, ông/bà gọi 1022.", state=other
            )
            return str(words)


def _received(way: Journey) -> Step:
    return Step(_("Đã nhận phản ánh"), _("Tổng đài 1022 đã ghi thành phiếu."), way.standing.filed_at, "done")


def _handed_over(way: Journey) -> Step:
    title = _("Chuyển đến đơn vị xử lý")
    if way.standing.state in _WITH_NOBODY:
        words = [_("Tổng đài đang xem việc này thuộc đơn vị nào.")]
        if way.triage_due and way.standing.filed_at and way.triage_due > way.now:
            words.append(_("Dự kiến xong trước %(when)s.", when=moment(way.triage_due)))
        return Step(title, " ".join(words), None, "now")
    # An answer that the hotline gave at once went to nobody.
    return Step(title, way.standing.agency or _("Tổng đài trả lời trực tiếp."), way.routed_at, "done")


def _handled(way: Journey) -> Step:
    title, state = _("Đơn vị xử lý"), way.standing.state
    if state in _WITH_NOBODY:
        return Step(title, _("Đơn vị nhận việc, kiểm tra và xử lý."), None, "ahead")
    if state == TicketState.ROUTED:
        return Step(title, _("Đang chờ đơn vị tiếp nhận."), None, "now")
    if state == TicketState.WAITING:
        words = _("Đơn vị hỏi thêm và chờ ông/bà trả lời. Hạn trả lời tạm dừng trong lúc chờ.")
        return Step(title, words, way.accepted_at, "now")
    if state in _ANSWERED:
        return Step(title, _("Đã xử lý xong."), way.accepted_at, "done")
    words = _("Đơn vị đã nhận việc và đang xử lý.")
    if way.reopened_at:
        words = _("Ông/bà báo chưa khắc phục lúc %(when)s; đơn vị xử lý lại.", when=moment(way.reopened_at))
    return Step(title, words, way.accepted_at, "now")


def _answered(way: Journey) -> Step:
    title = _("Trả lời ông/bà")
    if way.standing.state in _ANSWERED:
        words = [_("Câu trả lời ở trên trang này.")]
        if way.closes_at:
            day = format_datetime(way.closes_at, "dd/MM/yyyy")
            words.append(_("Phiếu tự kết thúc ngày %(when)s nếu ông/bà không có ý kiến.", when=day))
        return Step(title, " ".join(words), way.standing.resolved_at or way.standing.closed_at, "done")
    if way.promised is None or way.standing.state == TicketState.WAITING:
        return Step(title, _("Hạn trả lời chạy tiếp khi ông/bà đã bổ sung."), None, "ahead")
    if way.promised <= way.now:
        words = [_("Đã quá hạn trả lời (%(when)s). Việc này được giám sát viên theo dõi.", when=moment(way.promised))]
    else:
        words = [_("Hạn trả lời: trước %(when)s.", when=moment(way.promised))]
    if way.extended:
        words.append(str(ngettext("Đơn vị đã gia hạn %(num)d lần.", "Đơn vị đã gia hạn %(num)d lần.", way.extended)))
    return Step(title, " ".join(words), None, "ahead")


def _agency(way: Journey) -> str:
    return way.standing.agency or str(_("Đơn vị xử lý"))
