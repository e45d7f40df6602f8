"""Texts of the rights, their scopes and their holders; and the table of them as `docs/rights.md` has it.

Vietnamese source strings, translated where they are shown. `python -m agent_ui.words.right_words` writes the page of
the documents.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from agent_ui.words import labels
from callcenter.text import N_
from callcenter.vocab import Role
from tickets.actors import ActorKind
from tickets.rights import COLUMNS, OF_HEADS, TABLE, Holder, Right, Scope


@dataclass(frozen=True)
class RightGroup:
    """Rights that belong together, in the order of the page."""

    name: str
    rights: Mapping[Right, str]


GROUPS: Sequence[RightGroup] = (
    RightGroup(N_("Mọi người"), {Right.USE_CONSOLE: N_("Dùng trang nội bộ, đổi mật khẩu của mình")}),
    RightGroup(
        N_("Phiếu và người dân"),
        {
            Right.SEE_TICKET: N_("Xem và tìm phiếu"),
            Right.SEE_IDENTITY: N_("Xem danh tính người dân xin giữ kín"),
            Right.SEE_CALLS: N_("Xem cuộc gọi đang chờ và cuộc gọi của phiếu"),
            Right.NOTE_CALLER: N_("Xem và ghi chú về một số điện thoại"),
            Right.FILE_REPORT: N_("Ghi phiếu, chuyển xử lý, kết thúc cuộc gọi"),
            Right.HAND_ON_WORK: N_("Nhận thay phiếu dở dang, giao phiếu cho người khác"),
            Right.CALL_BACK: N_("Nhận và gọi lại số nhỡ"),
            Right.END_CALL_BACKS: N_("Kết thúc nhiều việc gọi lại, không gọi nữa"),
            Right.SPEAK_FOR_CITIZEN: N_("Ghi lời người dân: bổ sung, chưa xong, đánh giá, rút phản ánh"),
            Right.SEND_REPORT: N_("Gửi phản ánh từ ngoài vào, xem phản ánh mình đã gửi"),
            Right.READ_KNOWLEDGE: N_("Đọc và dùng bài trả lời"),
            Right.READ_UNPUBLISHED: N_("Đọc bài trả lời chưa duyệt"),
            Right.EDIT_KNOWLEDGE: N_("Viết và duyệt bài trả lời, từ khóa"),
        },
    ),
    RightGroup(
        N_("Điện thoại, ghi âm, khẩn cấp"),
        {
            Right.WORK_TELEPHONE: N_("Dùng máy từ trang: nghe, gọi, chuyển máy, hàng đợi"),
            Right.LISTEN_MESSAGE: N_("Nghe lời nhắn"),
            Right.LISTEN_RECORDING: N_("Nghe ghi âm cuộc gọi"),
            Right.OPEN_RECORDING: N_("Cho đơn vị xử lý nghe ghi âm của phiếu"),
            Right.SEE_LISTENINGS: N_("Xem ai đã nghe ghi âm"),
            Right.PASS_EMERGENCY: N_("Chuyển việc khẩn cấp"),
            Right.FOLLOW_EMERGENCY: N_("Theo dõi và kết thúc việc khẩn cấp"),
            Right.LEAD_EMERGENCY: N_("Nhận lo việc khẩn cấp, xem sổ việc khẩn cấp"),
        },
    ),
    RightGroup(
        N_("Xử lý phiếu"),
        {
            Right.ROUTE_TICKET: N_("Chọn và đổi đơn vị xử lý"),
            Right.REJECT_TICKET: N_("Từ chối phiếu, có lý do"),
            Right.WORK_INBOX: N_("Có phiếu đến của đơn vị"),
            Right.ACCEPT_TICKET: N_("Tiếp nhận phiếu hoặc trả lại"),
            Right.ANSWER_TICKET: N_("Trả lời, hỏi thêm người dân, gia hạn"),
            Right.APPROVE_ANSWER: N_("Duyệt câu trả lời hoặc trả lại để sửa"),
        },
    ),
    RightGroup(
        N_("Điều hành"),
        {
            Right.SEE_FLOOR: N_("Xem ca trực: ai đang làm gì"),
            Right.OVERSEE_WORK: N_("Xem phân loại, quá hạn, tồn đọng; gỡ việc bị kẹt"),
            Right.HAND_OVER: N_("Giao ca và xác nhận ca được giao"),
            Right.DECIDE_NUISANCE: N_("Hạ ưu tiên hoặc chặn số quấy rối"),
            Right.SEE_GRIEVANCES: N_("Xem khiếu nại, tố cáo đã hướng dẫn"),
            Right.SEE_FIGURES: N_("Xem số liệu của tổng đài"),
            Right.SEE_PEOPLE_FIGURES: N_("Xem số liệu theo người"),
            Right.SEE_OWN_FIGURES: N_("Xem số liệu của mình"),
            Right.CHECK_CAPTURE: N_("Kiểm tra việc ghi nhận cuộc gọi"),
        },
    ),
    RightGroup(
        N_("Quản trị"),
        {
            Right.SEE_SYSTEM: N_("Xem tình trạng hệ thống và bảng quyền này"),
            Right.SEE_CHANGES: N_("Xem nhật ký thay đổi"),
            Right.ADMINISTER_ACCOUNTS: N_("Quản lý tài khoản"),
            Right.ADMINISTER_AGENCIES: N_("Quản lý đơn vị, lĩnh vực, quy tắc chuyển"),
            Right.ADMINISTER_CALENDAR: N_("Quản lý lịch làm việc, thời hạn"),
            Right.ADMINISTER_TELEPHONY: N_("Quản lý đầu số, hàng đợi, lý do tạm ngưng, số khẩn cấp"),
            Right.ADMINISTER_TOKENS: N_("Quản lý khóa kết nối"),
        },
    ),
    RightGroup(
        N_("Phần việc của vai trò"),
        {
            Right.STAFF_DESK: N_("Có bàn trực, được giao phiếu dở dang"),
            Right.STAFF_QUEUE: N_("Trực hàng đợi: phải có máy"),
            Right.LEAD_SHIFT: N_("Lo phần chung của ca"),
            Right.RECEIVE_SHIFT: N_("Được giao ca"),
            Right.HEAR_ALARM: N_("Được báo động khi có việc khẩn cấp"),
        },
    ),
)

SCOPES: Mapping[Scope, str] = {
    Scope.OWN: N_("Của mình"),
    Scope.OWN_TEAM: N_("Của nhóm"),
    Scope.OWN_AGENCY: N_("Của đơn vị"),
    Scope.AGENCIES_BELOW: N_("Đơn vị cấp dưới"),
    Scope.ALL: N_("Tất cả"),
}
HEADS_ONLY = N_("Của đơn vị, chỉ lãnh đạo")
_KINDS: Mapping[ActorKind, LazyString] = {
    ActorKind.TOKEN: _l("Chương trình có khóa"),
    ActorKind.LINK: _l("Người dân có mã phiếu"),
}


def holder_words(holder: Holder) -> str:
    """A role as everywhere else, the rest by words of its own; translated."""
    return str(labels.label(holder) if isinstance(holder, Role) else _KINDS[holder])


def scope_words(right: Right, holder: Holder) -> str:
    """How far the right of this holder reaches; '' without the right."""
    scope = TABLE[right].get(holder)
    if scope is None:
        return ""
    return HEADS_ONLY if right in OF_HEADS and scope is Scope.OWN_AGENCY else SCOPES[scope]


_HEAD = """# Bảng quyền

Ai được làm gì, đến đâu. Ô trống: không có quyền. Quy tắc tự động của tổng đài không có quyền nào ở đây.
Trang **Bảng quyền** của **Quản trị** cho thấy cùng bảng.

*In English:* rights by role, and how far each reaches: *Của mình* one's own, *Của đơn vị* the agency's,
*chỉ lãnh đạo* its head alone, *Tất cả* all. Written from `tickets/rights.py` by
`.venv/bin/python -P -m agent_ui.words.right_words`; a test compares the two."""


def as_document() -> str:
    """`docs/rights.md`: the table with the names that the code uses."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    for group in GROUPS:
        yield from ("", f"## {group.name}", "")
        yield f"| Quyền | | {' | '.join(holder_words(holder) for holder in COLUMNS)} |"
        yield "|---" * (len(COLUMNS) + 2) + "|"
        for right, words in group.rights.items():
            cells = " | ".join(scope_words(right, holder) for holder in COLUMNS)
            yield f"| {words} | `{right}` | {cells} |"


if __name__ == "__main__":
    sys.stdout.write(as_document())
