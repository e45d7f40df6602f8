"""Moves of the citizen, made on the public site or noted by the desk, and of time where the citizen is silent."""

from collections.abc import Mapping

from callcenter.text import N_
from callcenter.vocab import Clock
from callcenter.vocab import TicketState as S
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.moves.row import OTHER, REPORTS, Files, Move, MoveForm, Situation, Text, Whole
from tickets.rules.states import ANSWERED

_WAITING = frozenset({S.WAITING})


def _too_late(at: Situation) -> bool:
    return at.resolved_at is not None and at.now > at.resolved_at + policy.OBJECT_WITHIN


def _answered(at: Situation) -> Mapping[str, str]:
    """Closed, and answered before that."""
    return {} if at.resolved_at is not None else OTHER


def _in_time_to_rate(at: Situation) -> Mapping[str, str]:
    return {"stars": "answered_long_ago"} if _too_late(at) else {}


def _in_time_to_object(at: Situation) -> Mapping[str, str]:
    return {"reason": "answered_long_ago"} if _too_late(at) else {}


def _lead_works(at: Situation) -> Mapping[str, str]:
    return {} if at.lead_works else OTHER


def _lead_is_gone(at: Situation) -> Mapping[str, str]:
    return OTHER if at.lead_works else {}


SUPPLY = Move(
    verb="supply",
    label=N_("Người dân bổ sung"),
    sentence=N_("bổ sung thông tin; hạn trả lời chạy tiếp"),
    icon="message",
    of_citizen=True,
    brings=True,
    sources=_WAITING,
    to=S.ACCEPTED,
    right=Right.SPEAK_FOR_CITIZEN,
    kinds=REPORTS,
    action="supply",
    needs=(Text("text", N_("Người dân nói gì"), rows=3, instead="files"), Files("files")),
    form=MoveForm(
        title=N_("Người dân bổ sung qua điện thoại"),
        icon="message",
        follows=N_("Đơn vị nhận lại phiếu ngay; hạn trả lời chạy tiếp với thời gian còn lại."),
        button=N_("Ghi thông tin bổ sung"),
        done=N_("Đã ghi thông tin người dân bổ sung. Đơn vị xử lý tiếp."),
        place=10,
        step=True,
    ),
    resumes=True,
)

_NOT_FIXED = MoveForm(
    title=N_("Người dân báo chưa khắc phục"),
    icon="refresh",
    follows=N_("Phiếu mở lại, đơn vị cũ phải xử lý tiếp với hạn trả lời mới."),
    button=N_("Mở lại phiếu"),
    done=N_("Đã mở lại phiếu. Đơn vị phải xử lý tiếp."),
    place=60,
)
_REASON = (Text("reason", N_("Điều gì chưa khắc phục")),)

REOPEN = Move(
    verb="reopen",
    label=N_("Mở lại – chưa khắc phục"),
    sentence=N_("báo chưa khắc phục; phiếu mở lại, %(agency)s xử lý tiếp"),
    icon="refresh",
    of_citizen=True,
    sources=ANSWERED,
    to=S.ACCEPTED,
    right=Right.SPEAK_FOR_CITIZEN,
    kinds=REPORTS,
    action="not_fixed",
    needs=_REASON,
    guards=(_answered, _in_time_to_object, _lead_works),
    form=_NOT_FIXED,
    starts=(Clock.ANSWER,),
    clears=("resolved_at", "closed_at", "resolution"),
)

# The agency that answered is no more: a person finds the next one.
REOPEN_TRIAGE = Move(
    verb="reopen_triage",
    label=N_("Mở lại – chưa khắc phục, chờ phân loại"),
    sentence=N_("báo chưa khắc phục; phiếu mở lại, chờ phân loại"),
    icon="refresh",
    of_citizen=True,
    sources=ANSWERED,
    to=S.TRIAGE,
    right=Right.SPEAK_FOR_CITIZEN,
    kinds=REPORTS,
    action="not_fixed",
    needs=_REASON,
    guards=(_answered, _in_time_to_object, _lead_is_gone),
    form=MoveForm(
        title=_NOT_FIXED.title,
        icon=_NOT_FIXED.icon,
        follows=N_("Đơn vị đã trả lời không còn nhận phiếu: phiếu mở lại và chờ phân loại, với hạn trả lời mới."),
        button=_NOT_FIXED.button,
        done=N_("Đã mở lại phiếu. Phiếu chờ chọn đơn vị khác."),
        place=_NOT_FIXED.place,
    ),
    starts=(Clock.TRIAGE, Clock.ANSWER),
    clears=("resolved_at", "closed_at", "resolution", "lead_agency_id", "accepted_at"),
)

RATED = Move(
    verb="rated",
    label=N_("Người dân đánh giá"),
    sentence=N_("đánh giá %(stars)s trên 5 sao"),
    icon="star",
    of_citizen=True,
    sources=ANSWERED,
    right=Right.SPEAK_FOR_CITIZEN,
    kinds=REPORTS,
    action="rate",
    needs=(
        Whole("stars", N_("Mức hài lòng"), least=1, most=lambda: 5),
        Text("note", N_("Lời người dân (nếu có)"), required=False, most=1000),
    ),
    guards=(_answered, _in_time_to_rate),
    form=MoveForm(
        title=N_("Người dân đánh giá qua điện thoại"),
        icon="star",
        follows=N_("Ghi đúng lời người dân; lần sau cùng được tính."),
        button=N_("Ghi đánh giá"),
        done=N_("Đã ghi đánh giá của người dân."),
        place=70,
    ),
)

# Up to the moment at which the citizen is answered; that an answer waits for approval is nothing they know.
WITHDRAW = Move(
    verb="withdraw",
    label=N_("Người dân rút phản ánh"),
    sentence=N_("rút phản ánh"),
    icon="x",
    of_citizen=True,
    sources=frozenset({S.FILED, S.TRIAGE, S.ROUTED, S.ACCEPTED, S.WAITING, S.AWAITING_APPROVAL}),
    to=S.WITHDRAWN,
    right=Right.SPEAK_FOR_CITIZEN,
    kinds=REPORTS,
    action="withdraw",
    needs=(Text("reason", N_("Lý do người dân nêu (nếu có)"), required=False),),
    form=MoveForm(
        title=N_("Người dân rút phản ánh"),
        icon="x",
        follows=N_("Phiếu kết thúc, đơn vị thôi xử lý. Không mở lại được."),
        button=N_("Ghi rút phản ánh"),
        done=N_("Đã ghi: người dân rút phản ánh."),
        place=80,
    ),
    resumes=True,
    ends_parts=True,
    stamps=("closed_at",),
)

WAIT_OVER = Move(
    verb="wait_over",
    label=N_("Hết thời gian chờ người dân"),
    sentence=N_("hết thời gian chờ người dân; hạn trả lời chạy tiếp"),
    sources=_WAITING,
    to=S.ACCEPTED,
    resumes=True,
)

CLOSE = Move(
    verb="close",
    label=N_("Kết thúc"),
    sentence=N_("kết thúc phiếu"),
    icon="lock",
    sources=frozenset({S.RESOLVED}),
    to=S.CLOSED,
    stamps=("closed_at",),
)

MOVES = (SUPPLY, REOPEN, REOPEN_TRIAGE, RATED, WITHDRAW, WAIT_OVER, CLOSE)
