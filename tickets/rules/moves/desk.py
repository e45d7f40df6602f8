"""Moves of the desk: drafts and how they end, and numbers that are called back."""

from callcenter.text import N_
from callcenter.vocab import Attempt, Clock
from callcenter.vocab import TicketState as S
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.moves.row import CALL_BACKS, Choice, Move, MoveForm, Text

_DRAFT = frozenset({S.DRAFT})
_FILED = frozenset({S.FILED})

FILE = Move(
    verb="file",
    label=N_("Tiếp nhận phản ánh"),
    sentence=N_("tiếp nhận phản ánh qua %(source)s"),
    icon="phone",
    brings=True,
    sources=_DRAFT,
    to=S.FILED,
    starts=(Clock.TRIAGE,),
    stamps=("filed_at",),
)

# The operator knew the answer: no agency has it, and the citizen rates it like any other.
ANSWER_AT_ONCE = Move(
    verb="answer_at_once",
    label=N_("Trả lời ngay (cấp độ 1)"),
    sentence=N_("trả lời ngay trong cuộc gọi (cấp độ 1)"),
    sources=_DRAFT,
    to=S.RESOLVED,
    stamps=("filed_at", "resolved_at"),
)

# 113, 114, 115 or 111 has it: an urgent ticket that no agency has to answer.
EMERGENCY_PASSED = Move(
    verb="emergency_passed",
    label=N_("Đã chuyển nơi tiếp nhận khẩn cấp"),
    sentence=N_("kết thúc: đã chuyển nơi tiếp nhận khẩn cấp"),
    sources=_DRAFT,
    to=S.CLOSED,
    stamps=("filed_at", "resolved_at", "closed_at"),
)

DISCARD = Move(
    verb="discard",
    label=N_("Kết thúc không lập phiếu"),
    sentence=N_("kết thúc, không lập phiếu: %(disposition)s"),
    sources=_DRAFT,
    to=S.DISCARDED,
)

RESTORE = Move(
    verb="restore",
    label=N_("Mở lại phiếu đang ghi nhận"),
    sentence=N_("mở lại phiếu theo nhật ký tổng đài"),
    sources=frozenset({S.DISCARDED}),
    to=S.DRAFT,
)

# The caller dropped in mid-talk is on the line again: what was typed goes on.
REDIALLED = Move(
    verb="redialled",
    label=N_("Gọi lại sau khi rớt, ghi tiếp"),
    sentence=N_("người dân gọi lại sau khi rớt: ghi tiếp phiếu này"),
    sources=_DRAFT | _FILED,
    to=S.DRAFT,
    clears=("filed_at",),
)

LINK = Move(
    verb="link",
    label=N_("Gắn vào phiếu đã có"),
    sentence=N_("gắn vào phiếu đã có"),
    icon="link",
    sources=_DRAFT,
    to=S.LINKED,
)

UNLINK = Move(
    verb="unlink",
    label=N_("Gỡ khỏi phiếu gốc"),
    sentence=N_("gỡ khỏi phiếu gốc"),
    sources=frozenset({S.LINKED}),
    to=S.DRAFT,
    right=Right.FILE_REPORT,
    action="unlink",
    form=MoveForm(
        title=N_("Gỡ khỏi phiếu gốc"),
        icon="arrow-back-up",
        follows=N_("Phiếu trở lại thành phiếu đang ghi nhận; phiếu gốc bớt một lần nhắc lại."),
        button=N_("Gỡ khỏi phiếu gốc"),
        done=N_("Đã gỡ khỏi phiếu gốc: phiếu đang ghi nhận."),
        place=95,
    ),
)

EXPECT_CALL_BACK = Move(
    verb="expect_call_back",
    label=N_("Ghi việc gọi lại"),
    sentence=N_("ghi việc gọi lại cho số này"),
    sources=_DRAFT,
    to=S.FILED,
    stamps=("filed_at",),
)

# The PBX's own log shows that the call was no missed one, and no try was made yet.
EXPECT_NO_CALL_BACK = Move(
    verb="expect_no_call_back",
    label=N_("Không phải gọi lại nữa"),
    sentence=N_("theo nhật ký tổng đài, cuộc gọi đã được nghe máy: phiếu trở lại đang ghi nhận"),
    sources=_FILED,
    to=S.DRAFT,
    clears=("filed_at",),
)

CALL_BACK_NEEDLESS = Move(
    verb="call_back_needless",
    label=N_("Bỏ việc gọi lại"),
    sentence=N_("bỏ việc gọi lại: theo nhật ký tổng đài, không cần gọi lại nữa"),
    sources=_FILED,
    to=S.DISCARDED,
)

# The number must not be called any more: a person of the desk ends it.
SHIELDED = Move(
    verb="shielded",
    label=N_("Liên hệ an toàn: không gọi lại"),
    sentence=N_("bỏ việc gọi lại: người này xin liên hệ an toàn"),
    sources=_FILED,
    to=S.DRAFT,
    clears=("filed_at", "owner_id"),
)

CALL_BACK_DONE = Move(
    verb="call_back_done",
    label=N_("Đã gọi lại"),
    sentence=N_("đã gọi lại"),
    sources=_FILED,
    to=S.CLOSED,
    right=Right.CALL_BACK,
    # Any operator that reached the person, if only because they called by themselves meanwhile.
    own=False,
    kinds=CALL_BACKS,
    action="called_back",
    needs=(Text("note", N_("Đã gọi lại: người dân nói gì"), rows=3),),
    form=MoveForm(
        title=N_("Gọi lại cho số này"),
        icon="phone",
        follows=N_("Bấm xong thì việc gọi lại kết thúc, không có phiếu nào được lập."),
        button=N_("Đã gọi lại xong"),
        done=N_("Đã ghi: người dân đã được gọi lại."),
        place=20,
        step=True,
    ),
    stamps=("closed_at",),
)

# The person was reached and reports something: what was a number to call goes on as the draft of their report.
CALL_BACK_REPORT = Move(
    verb="call_back_report",
    label=N_("Đã gọi lại, lập phiếu"),
    sentence=N_("đã gọi lại; người dân có phản ánh: lập phiếu"),
    icon="file",
    sources=_FILED,
    to=S.DRAFT,
    right=Right.CALL_BACK,
    kinds=CALL_BACKS,
    action="to_report",
    needs=(Text("note", N_("Người dân phản ánh gì"), required=False, rows=2),),
    form=MoveForm(
        title=N_("Người dân có phản ánh"),
        icon="file",
        follows=N_("Việc gọi lại thành phiếu đang ghi nhận, giữ số, tên, lời nhắn và các cuộc gọi; ghi tiếp ở đó."),
        button=N_("Lập phiếu từ cuộc gọi lại"),
        done=N_("Đã gọi lại: phiếu đang ghi nhận."),
        place=19,
        key="N",
    ),
    clears=("filed_at",),
)

CALL_ATTEMPT = Move(
    verb="call_attempt",
    label=N_("Gọi lại chưa gặp"),
    sentence=N_("gọi lại chưa gặp: %(result)s; gọi lần sau từ %(call_at)s"),
    icon="phone-off",
    sources=_FILED,
    right=Right.CALL_BACK,
    kinds=CALL_BACKS,
    action="not_reached",
    needs=(
        Choice("result", N_("Kết quả"), words=lambda: [word for word in Attempt if word != Attempt.REACHED]),
        Choice("later", N_("Gọi lần sau"), required=False, words=lambda: policy.CALL_LATER),
        Text("note", N_("Ghi chú (nếu có)"), required=False, rows=1, most=500),
    ),
    form=MoveForm(
        title=N_("Gọi mà chưa gặp"),
        icon="phone-off",
        follows=N_("Lần gọi được ghi lại; số này trở lại danh sách khi đến giờ gọi tiếp."),
        button=N_("Ghi lần gọi"),
        done=N_("Đã ghi lần gọi. Số này sẽ trở lại danh sách khi đến giờ."),
        place=21,
    ),
    clears=("owner_id",),
)

# Many at once after an outage, or never an answer however often it is tried: a leader gives the reason.
CALL_BACK_ENDED = Move(
    verb="call_back_ended",
    label=N_("Kết thúc việc gọi lại"),
    sentence=N_("kết thúc việc gọi lại, không gọi nữa"),
    sources=_FILED,
    to=S.CLOSED,
    stamps=("closed_at",),
)

MOVES = (
    FILE, ANSWER_AT_ONCE, EMERGENCY_PASSED, DISCARD, RESTORE, REDIALLED, LINK, UNLINK, EXPECT_CALL_BACK,
    EXPECT_NO_CALL_BACK, CALL_BACK_NEEDLESS, SHIELDED, CALL_BACK_DONE, CALL_BACK_REPORT, CALL_ATTEMPT,
    CALL_BACK_ENDED,
)  # fmt: skip
