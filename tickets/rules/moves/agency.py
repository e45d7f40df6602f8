"""Moves by which a ticket is assigned, accepted, given back or reassigned."""

from collections.abc import Mapping

from callcenter.text import N_
from callcenter.vocab import Clock
from callcenter.vocab import TicketState as S
from tickets.rights import Right
from tickets.rules.moves.row import CO, OTHER, REPORTS, Move, MoveForm, Situation, Text, Whole

_WITH_AGENCY = frozenset({S.ROUTED, S.ACCEPTED})
_IN_HAND = frozenset({*_WITH_AGENCY, S.WAITING, S.AWAITING_APPROVAL})


def _not_taken(at: Situation) -> Mapping[str, str]:
    return OTHER if at.taken else {}


def _approver_rejects(at: Situation) -> Mapping[str, str]:
    """Where the head sees answers first, only the head says no for the agency."""
    return {"reason": "approver_only"} if at.part and at.approval and not at.head else {}


TRIAGE = Move(
    verb="triage",
    label=N_("Chuyển sang phân loại"),
    sentence=N_("chuyển sang phân loại: %(why)s"),
    icon="filter",
    sources=frozenset({S.FILED}),
    to=S.TRIAGE,
)

ROUTE = Move(
    verb="route",
    label=N_("Chuyển đơn vị xử lý"),
    sentence=N_("chuyển đến %(agency)s"),
    icon="send",
    sources=frozenset({S.FILED, S.TRIAGE}) | _WITH_AGENCY,
    to=S.ROUTED,
    right=Right.ROUTE_TICKET,
    kinds=REPORTS,
    action="assign",
    needs=(Whole("agency_id", N_("Chuyển cho đơn vị")), Text("reason", N_("Lý do"), most=500)),
    form=MoveForm(
        title=N_("Chuyển đơn vị khác"),
        icon="send",
        follows=N_("Đơn vị đang giữ mất phiếu này; đơn vị mới có hạn tiếp nhận mới, ngày hẹn người dân giữ nguyên."),
        button=N_("Chuyển"),
        done=N_("Đã chuyển đơn vị xử lý."),
        place=30,
    ),
    forms_in={
        S.TRIAGE: MoveForm(
            title=N_("Chọn đơn vị xử lý"),
            icon="send",
            follows=N_("Hạn tiếp nhận của đơn vị bắt đầu chạy; người dân thấy đơn vị nào đang giữ phiếu."),
            button=N_("Chuyển"),
            done=N_("Đã chuyển đơn vị xử lý."),
            place=30,
            step=True,
        )
    },
    starts=(Clock.ACCEPT, Clock.ANSWER),
    ends_parts=True,
)

ACCEPT = Move(
    verb="accept",
    label=N_("Đơn vị tiếp nhận"),
    sentence=N_("tiếp nhận xử lý"),
    icon="check",
    sources=frozenset({S.ROUTED}),
    to=S.ACCEPTED,
    right=Right.ACCEPT_TICKET,
    action="accept",
    guards=(_not_taken,),
    form=MoveForm(
        title=N_("Tiếp nhận phiếu này"),
        icon="check",
        follows=N_(
            "Hạn tiếp nhận dừng lại; từ đây đơn vị phải trả lời trước %(answer_due)s. Người dân thấy phiếu đang xử lý."
        ),
        button=N_("Tiếp nhận"),
        done=N_("Đã tiếp nhận phiếu %(code)s."),
        place=1,
        step=True,
    ),
    stamps=("accepted_at",),
)

ACCEPT_PART = Move(
    verb="accept_part",
    label=N_("Đơn vị phối hợp tiếp nhận"),
    sentence=N_("tiếp nhận phần phối hợp"),
    icon="check",
    sources=_IN_HAND,
    right=Right.ACCEPT_TICKET,
    parts=CO,
    action="accept",
    guards=(_not_taken,),
    form=MoveForm(
        title=N_("Tiếp nhận phần phối hợp"),
        icon="check",
        follows=N_("Đơn vị chủ trì thấy phần phối hợp đã có người lo. Hạn trả lời của phiếu không đổi."),
        button=N_("Tiếp nhận"),
        done=N_("Đã tiếp nhận phiếu %(code)s."),
        place=1,
        step=True,
    ),
)

GIVE_BACK = Move(
    verb="give_back",
    label=N_("Trả lại"),
    sentence=N_("trả lại phiếu, không đúng thẩm quyền"),
    icon="arrow-back-up",
    sources=_WITH_AGENCY,
    to=S.TRIAGE,
    right=Right.ACCEPT_TICKET,
    action="give_back",
    needs=(Text("reason", N_("Lý do trả lại")),),
    form=MoveForm(
        title=N_("Trả lại (không đúng thẩm quyền)"),
        icon="arrow-back-up",
        follows=N_("Phiếu về tổng đài để chọn đơn vị khác; ngày hẹn người dân giữ nguyên."),
        button=N_("Trả lại"),
        done=N_("Đã trả lại phiếu %(code)s."),
        place=43,
    ),
    starts=(Clock.TRIAGE,),
    ends_parts=True,
    clears=("lead_agency_id", "accepted_at"),
)

GIVE_BACK_PART = Move(
    verb="give_back_part",
    label=N_("Đơn vị phối hợp trả lại"),
    sentence=N_("trả lại phần phối hợp"),
    icon="arrow-back-up",
    sources=_IN_HAND,
    right=Right.ACCEPT_TICKET,
    parts=CO,
    action="give_back",
    needs=(Text("reason", N_("Lý do trả lại")),),
    form=MoveForm(
        title=N_("Trả lại phần phối hợp"),
        icon="arrow-back-up",
        follows=N_("Đơn vị thôi phối hợp; đơn vị chủ trì vẫn xử lý phiếu."),
        button=N_("Trả lại"),
        done=N_("Đã trả lại phần phối hợp."),
        place=43,
    ),
)

REJECT = Move(
    verb="reject",
    label=N_("Từ chối (có lý do)"),
    sentence=N_("từ chối phiếu, có nêu lý do cho người dân"),
    icon="x",
    sources=frozenset({S.FILED, S.TRIAGE}) | _WITH_AGENCY,
    to=S.REJECTED,
    right=Right.REJECT_TICKET,
    kinds=REPORTS,
    action="reject",
    needs=(Text("reason", N_("Lý do từ chối, nói với người dân"), rows=3),),
    guards=(_approver_rejects,),
    form=MoveForm(
        title=N_("Từ chối (có lý do)"),
        icon="x",
        follows=N_("Phiếu kết thúc. Người dân đọc nguyên văn lý do này."),
        button=N_("Từ chối phiếu"),
        done=N_("Đã từ chối phiếu. Người dân đọc được lý do khi tra cứu."),
        place=90,
    ),
    ends_parts=True,
    stamps=("closed_at",),
)

MOVES = (TRIAGE, ROUTE, ACCEPT, ACCEPT_PART, GIVE_BACK, GIVE_BACK_PART, REJECT)
