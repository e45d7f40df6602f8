"""Progress of a ticket in plain words for its citizen: past steps, the present one, the next with its due moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from agent_ui.words import labels
from tickets.people.tracking import Journey
from tickets.rules.states import HANDLING, STATES, Standing, Stop


@dataclass(frozen=True)
class ProgressStep:
    """One stop of the way; `at` where it is past."""

    title: str
    words: str
    at: datetime | None
    look: Literal["done", "now", "ahead", "ended"]


def moment(at: datetime | None) -> str:
    """`17:00 Thứ Hai, 30/11/2026`."""
    return str(format_datetime(at, "HH:mm EEEE, dd/MM/yyyy")) if at else ""


def steps(way: Journey) -> list[ProgressStep]:
    """The stops in their order; a way that ended early has none after its end, and one that stands in a state not
    known here none after what is known to be past.
    """
    stops = [_received(way)]
    row = _row(way)
    if row.stop == Stop.UNKNOWN:
        now = ProgressStep(str(labels.label(way.standing.state)), headline(way), None, "now")
        return [*stops, *([_handed_over(way)] if way.routed_at else []), now]
    ended = row.stop == Stop.ENDED
    if way.routed_at or not ended:
        stops.append(_handed_over(way))
    if ended:
        return [*stops, ProgressStep(_("Kết thúc"), headline(way), way.standing.closed_at, "ended")]
    return [*stops, _handled(way), _answered(way)]


def headline(way: Journey) -> str:
    """Where it stands, in one sentence."""
    return str(_(_row(way).headline, agency=_agency(way), state=way.standing.state))


def _received(way: Journey) -> ProgressStep:
    return ProgressStep(_("Đã nhận phản ánh"), _("Tổng đài 1022 đã ghi thành phiếu."), way.standing.filed_at, "done")


def _handed_over(way: Journey) -> ProgressStep:
    title = _("Chuyển đến đơn vị xử lý")
    if _row(way).stop == Stop.PLACING:
        words = [_("Tổng đài đang xem việc này thuộc đơn vị nào.")]
        if way.triage_due and way.standing.filed_at and way.triage_due > way.now:
            words.append(_("Dự kiến xong trước %(when)s.", when=moment(way.triage_due)))
        return ProgressStep(title, " ".join(words), None, "now")
    # An answer that the hotline gave at once went to no agency.
    return ProgressStep(title, way.standing.agency or _("Tổng đài trả lời trực tiếp."), way.routed_at, "done")


def _handled(way: Journey) -> ProgressStep:
    title, row = _("Đơn vị xử lý"), _row(way)
    if row.stop == Stop.PLACING:
        return ProgressStep(title, _("Đơn vị nhận việc, kiểm tra và xử lý."), None, "ahead")
    if row.stop == Stop.ANSWERED:
        return ProgressStep(title, _("Đã xử lý xong."), way.accepted_at, "done")
    words = _(row.handling)
    if way.reopened_at and row.handling == HANDLING:
        words = _("Ông/bà báo chưa khắc phục lúc %(when)s; đơn vị xử lý lại.", when=moment(way.reopened_at))
    return ProgressStep(title, words, None if row.is_untaken else way.accepted_at, "now")


def _answered(way: Journey) -> ProgressStep:
    title = _("Trả lời ông/bà")
    if _row(way).stop == Stop.ANSWERED:
        words = [_("Câu trả lời ở trên trang này.")]
        if way.closes_at:
            day = format_datetime(way.closes_at, "dd/MM/yyyy")
            words.append(_("Phiếu tự kết thúc ngày %(when)s nếu ông/bà không có ý kiến.", when=day))
        return ProgressStep(title, " ".join(words), way.standing.resolved_at or way.standing.closed_at, "done")
    if _row(way).stands:
        return ProgressStep(title, _("Hạn trả lời chạy tiếp khi ông/bà đã bổ sung."), None, "ahead")
    if way.promised is None:
        return ProgressStep(title, _("Chưa có hạn trả lời."), None, "ahead")
    if way.promised <= way.now:
        words = [_("Đã quá hạn trả lời (%(when)s). Việc này được giám sát viên theo dõi.", when=moment(way.promised))]
    else:
        words = [_("Hạn trả lời: trước %(when)s.", when=moment(way.promised))]
    if way.extended:
        words.append(str(ngettext("Đơn vị đã gia hạn %(num)d lần.", "Đơn vị đã gia hạn %(num)d lần.", way.extended)))
    return ProgressStep(title, " ".join(words), None, "ahead")


def _row(way: Journey) -> Standing:
    return STATES[way.standing.state]


def _agency(way: Journey) -> str:
    return way.standing.agency or str(_("Đơn vị xử lý"))
