"""Moves of an agency that has accepted: answering, with or without approval, asking, and taking more time."""

from collections.abc import Mapping

from callcenter.text import N_
from callcenter.vocab import TicketState as S
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.moves.row import OTHER, Files, Move, MoveForm, Situation, Text, Whole

_ACCEPTED = frozenset({S.ACCEPTED})
_PROPOSED = frozenset({S.AWAITING_APPROVAL})


def _without_approval(at: Situation) -> Mapping[str, str]:
    return OTHER if at.approval else {}


def _with_approval(at: Situation) -> Mapping[str, str]:
    return {} if at.approval else OTHER


def _may_wait(at: Situation) -> Mapping[str, str]:
    return {} if at.waited < policy.MAX_WAIT.time else {"question": "waited_enough"}


def _may_be_extended(at: Situation) -> Mapping[str, str]:
    """An overdue answer is given, not put off: an extension would only hide it."""
    if at.extended >= policy.MOST_EXTENSIONS:
        return {"working_days": "extended_enough"}
    late = at.answer_due is None or at.answer_due <= at.now
    return {"working_days": "past_due"} if late else {}


APPROVE = Move(
    verb="approve",
    label=N_("Duyệt trả lời"),
    sentence=N_("duyệt, gửi câu trả lời cho người dân"),
    icon="circle-check",
    sources=_PROPOSED,
    to=S.RESOLVED,
    right=Right.APPROVE_ANSWER,
    other_eyes=True,
    action="approve",
    needs=(Whole("proposal", required=False),),
    form=MoveForm(
        title=N_("Duyệt câu trả lời"),
        icon="circle-check",
        follows=N_("Câu trả lời ở trên được gửi cho người dân ngay và hạn trả lời dừng lại."),
        button=N_("Duyệt và gửi"),
        done=N_("Đã duyệt. Câu trả lời đã gửi người dân."),
        place=2,
        step=True,
    ),
    ends_parts=True,
    stamps=("resolved_at",),
)

SEND_BACK = Move(
    verb="send_back",
    label=N_("Trả lại để sửa câu trả lời"),
    sentence=N_("trả lại để sửa câu trả lời"),
    icon="arrow-back-up",
    sources=_PROPOSED,
    to=S.ACCEPTED,
    right=Right.APPROVE_ANSWER,
    action="send_back",
    needs=(Text("reason", N_("Cần sửa điều gì")),),
    form=MoveForm(
        title=N_("Trả lại để sửa"),
        icon="arrow-back-up",
        follows=N_("Cán bộ nhận lại phiếu cùng lý do. Hạn trả lời vẫn chạy; người dân chưa thấy gì."),
        button=N_("Trả lại để sửa"),
        done=N_("Đã trả lại để sửa câu trả lời."),
        place=3,
    ),
)

_ANSWER = (
    Text("text", N_("Kết quả xử lý, trả lời người dân"), rows=5, before="resolution"),
    Files("files", N_("Ảnh hoặc tài liệu minh chứng")),
)

RESOLVE = Move(
    verb="resolve",
    label=N_("Trả lời kết quả xử lý"),
    sentence=N_("trả lời kết quả xử lý cho người dân"),
    icon="circle-check",
    brings=True,
    sources=_ACCEPTED,
    to=S.RESOLVED,
    right=Right.ANSWER_TICKET,
    action="resolve",
    needs=_ANSWER,
    guards=(_without_approval,),
    form=MoveForm(
        title=N_("Trả lời kết quả"),
        icon="send",
        follows=N_(
            "Người dân đọc được câu trả lời ngay; hạn trả lời dừng lại. "
            "Sau %(CLOSE_AFTER)s không có ý kiến khác, phiếu kết thúc."
        ),
        button=N_("Gửi kết quả xử lý"),
        done=N_("Đã gửi kết quả xử lý."),
        place=4,
        step=True,
    ),
    ends_parts=True,
    stamps=("resolved_at",),
)

PROPOSE = Move(
    verb="propose",
    label=N_("Trình duyệt trả lời"),
    sentence=N_("trình lãnh đạo đơn vị duyệt câu trả lời"),
    icon="send",
    brings=True,
    sources=_ACCEPTED,
    to=S.AWAITING_APPROVAL,
    right=Right.ANSWER_TICKET,
    action="resolve",
    needs=_ANSWER,
    guards=(_with_approval,),
    form=MoveForm(
        title=N_("Trả lời kết quả"),
        icon="send",
        follows=N_(
            "Câu trả lời đến lãnh đạo đơn vị duyệt rồi mới gửi người dân; hạn trả lời vẫn chạy đến khi duyệt xong."
        ),
        button=N_("Gửi kết quả xử lý"),
        done=N_("Đã gửi kết quả xử lý."),
        place=4,
        step=True,
    ),
)

RESUME = Move(
    verb="resume",
    label=N_("Xử lý tiếp, không chờ nữa"),
    sentence=N_("xử lý tiếp, không chờ người dân nữa"),
    # A citizen without an answer holds up nothing: the agency goes on by itself, or time does it.
    sources=frozenset({S.WAITING}),
    to=S.ACCEPTED,
    right=Right.ANSWER_TICKET,
    action="resume",
    needs=(Text("reason", N_("Lý do (nếu có)"), required=False),),
    form=MoveForm(
        title=N_("Xử lý tiếp, không chờ nữa"),
        icon="player-play",
        follows=N_("Hạn trả lời chạy tiếp ngay với thời gian còn lại."),
        button=N_("Xử lý tiếp"),
        done=N_("Đã chuyển về đang xử lý. Hạn trả lời chạy tiếp."),
        place=40,
    ),
    resumes=True,
)

ASK = Move(
    verb="ask",
    label=N_("Hỏi thêm người dân"),
    sentence=N_("hỏi thêm người dân; hạn trả lời tạm dừng"),
    icon="message-question",
    sources=_ACCEPTED,
    to=S.WAITING,
    right=Right.ANSWER_TICKET,
    action="ask",
    needs=(Text("question", N_("Câu hỏi cho người dân"), rows=3),),
    guards=(_may_wait,),
    form=MoveForm(
        title=N_("Hỏi thêm người dân"),
        icon="message-question",
        follows=N_(
            "Hạn trả lời tạm dừng đến khi người dân bổ sung, tất cả không quá %(MAX_WAIT)s. "
            "Người dân đọc câu hỏi khi tra cứu, hoặc nghe qua 1022."
        ),
        button=N_("Gửi câu hỏi"),
        done=N_("Đã hỏi người dân. Hạn trả lời tạm dừng đến khi có bổ sung."),
        place=41,
    ),
    pauses=True,
)

EXTEND = Move(
    verb="extend",
    label=N_("Gia hạn"),
    sentence=N_("gia hạn %(working_days)s ngày làm việc, hẹn mới %(new_due)s"),
    icon="calendar",
    sources=_ACCEPTED,
    to=S.ACCEPTED,
    right=Right.ANSWER_TICKET,
    action="extend",
    needs=(
        Whole(
            "working_days",
            N_("Thêm mấy ngày làm việc (1 đến %(most)d)"),
            least=1,
            most=lambda: policy.LONGEST_EXTENSION,
            opens_with=3,
            wrong="extension_length",
        ),
        Text("reason", N_("Lý do gia hạn")),
    ),
    guards=(_may_be_extended,),
    form=MoveForm(
        title=N_("Gia hạn"),
        icon="calendar",
        follows=N_(
            "Ngày hẹn người dân lùi lại; họ thấy ngày mới khi tra cứu. Số lần còn gia hạn được: %(extensions_left)s."
        ),
        button=N_("Gia hạn"),
        done=N_("Đã gia hạn. Người dân thấy ngày hẹn mới khi tra cứu."),
        place=42,
    ),
)

MOVES = (APPROVE, SEND_BACK, RESOLVE, PROPOSE, RESUME, ASK, EXTEND)
