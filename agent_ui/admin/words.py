"""Texts of administration: subjects and fields of the change log, their values, and form errors."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from agent_ui.words import labels
from agent_ui.words.languages import LANGUAGES
from agent_ui.words.problems import PROBLEMS
from agent_ui.words.spans import in_words
from callcenter import phones
from callcenter.vocab import AgencyKind, Clock, Level, Role, Source

SUBJECTS: Mapping[str, LazyString] = {
    "user": _l("Tài khoản"),
    "agency": _l("Đơn vị xử lý"),
    "routing_rule": _l("Quy tắc chuyển xử lý"),
    "category": _l("Lĩnh vực"),
    "pause_reason": _l("Lý do tạm ngưng"),
    "emergency_line": _l("Số khẩn cấp"),
    "week": _l("Giờ làm việc trong tuần"),
    "calendar_day": _l("Ngày nghỉ, ngày làm bù"),
    "sla_target": _l("Thời hạn"),
    "test_number": _l("Số gọi thử"),
    "queue": _l("Hàng đợi"),
    "api_token": _l("Khóa kết nối"),
    "keywords": _l("Từ khóa của lĩnh vực"),
    "article": _l("Bài trả lời"),
}

FIELDS: Mapping[str, LazyString] = {
    "name": _l("Tên"),
    "role": _l("Vai trò"),
    "agency": _l("Đơn vị"),
    "extension": _l("Máy thường dùng"),
    "language": _l("Ngôn ngữ"),
    "approves": _l("Lãnh đạo đơn vị, duyệt trả lời"),
    "active": _l("Đang dùng"),
    "password_set": _l("Đặt lại mật khẩu"),
    "kind": _l("Loại"),
    "ward": _l("Xã/phường"),
    "phone": _l("Điện thoại"),
    "needs_approval": _l("Trả lời phải được duyệt"),
    "category": _l("Lĩnh vực"),
    "level": _l("Mức độ"),
    "lead": _l("Đơn vị chủ trì"),
    "co": _l("Đơn vị phối hợp"),
    "note": _l("Ghi chú"),
    "place": _l("Thứ tự"),
    "position": _l("Thứ tự"),
    "evidence_required": _l("Cần minh chứng"),
    "working": _l("Làm việc"),
    "minutes": _l("Số phút"),
    "working_time": _l("Tính theo giờ làm việc"),
    "confirmed": _l("Tỉnh đã xác nhận"),
    "dialled": _l("Tổng đài quay"),
    "tried": _l("Đã gọi thử, có người nghe"),
    "title": _l("Tên gọi"),
    "after_call_s": _l("Xử lý sau cuộc gọi (giây)"),
    "scope": _l("Phạm vi"),
    "source": _l("Nguồn"),
    "phrases": _l("Từ khóa"),
    "body": _l("Câu trả lời"),
    "published": _l("Đã duyệt"),
}

WEEKDAYS: tuple[LazyString, ...] = (
    _l("Thứ hai"),
    _l("Thứ ba"),
    _l("Thứ tư"),
    _l("Thứ năm"),
    _l("Thứ sáu"),
    _l("Thứ bảy"),
    _l("Chủ nhật"),
)

SCOPES: Mapping[str, LazyString] = {
    "api": _l("Gửi và tra cứu phản ánh (/api/v1)"),
    "open311": _l("Open311 (/open311/v2)"),
}
UNITS: Mapping[str, LazyString] = {"minutes": _l("phút"), "hours": _l("giờ"), "days": _l("ngày")}

_WORDS = {"role": Role, "kind": AgencyKind, "level": Level, "source": Source}

_PROBLEMS: Mapping[str, LazyString] = {
    "username_form": _l("Từ 2 đến 40 ký tự: chữ thường không dấu, chữ số, dấu chấm, gạch ngang."),
    "username_taken": _l("Tên đăng nhập này đã có người dùng."),
    "extension_form": _l("Số máy lẻ chỉ gồm chữ số, ví dụ 101."),
    "agency_of_officer": _l("Cán bộ xử lý phải thuộc một đơn vị."),
    "agency_only_of_officer": _l("Chỉ cán bộ xử lý mới thuộc đơn vị. Hãy bỏ trống ô này."),
    "approves_only_officer": _l("Chỉ cán bộ xử lý mới duyệt trả lời của đơn vị."),
    "last_admin": _l("Đây là quản trị hệ thống cuối cùng còn hoạt động. Hãy thêm người khác trước."),
    "password_short": _l("Mật khẩu cần ít nhất 12 ký tự. Một câu ngắn dễ nhớ là tốt nhất."),
    "password_wrong": _l("Mật khẩu hiện tại không đúng."),
    "password_same": _l("Mật khẩu mới phải khác mật khẩu hiện tại."),
    "password_differs": _l("Hai lần nhập mật khẩu mới không giống nhau."),
    "code_form": _l("Từ 2 đến 40 ký tự: chữ thường không dấu, chữ số, gạch ngang."),
    "code_taken": _l("Mã này đã có."),
    "last_reason": _l("Phải còn ít nhất một lý do đang dùng."),
    "ward_of_commune": _l("UBND xã/phường phải gắn với một xã/phường."),
    "ward_only_of_commune": _l("Chỉ UBND xã/phường mới gắn với xã/phường. Hãy bỏ trống ô này."),
    "co_is_lead": _l("Đơn vị phối hợp phải khác đơn vị chủ trì."),
    "after_call_seconds": _l(
        "Hãy nhập số giây, không quá %(span)s; 0 là không dùng.", span=in_words("LONGEST_AFTER_CALL")
    ),
    "whole_number": _l("Hãy nhập một số nguyên."),
    "deadline_range": _l("Thời hạn từ 1 phút đến %(span)s.", span=in_words("LONGEST_DEADLINE")),
    "week_empty": _l("Cả tuần không có giờ làm việc nào: không tính được hạn."),
    "time_unreadable": _l("Hãy nhập đủ giờ bắt đầu và giờ kết thúc, ví dụ 07:30 và 11:30."),
    "time_order": _l("Giờ kết thúc phải sau giờ bắt đầu, buổi chiều sau buổi sáng."),
    "day_unreadable": _l("Hãy chọn một ngày."),
    "day_taken": _l("Ngày này đã có trong lịch. Hãy sửa dòng của ngày đó."),
    "number_taken": _l("Số này đã có trong danh sách."),
    "phrases_many": _l("Tối đa 200 dòng, mỗi dòng không quá 60 ký tự."),
    "token_unreadable": _l("Khóa không đúng. Hãy tải lại trang để có khóa mới."),
    "password_waits": _l("Máy chủ đang kiểm tra mật khẩu của nhiều người. Hãy thử lại sau ít giây."),
}


def span_words(amount: int, unit: str) -> str:
    """`3 ngày`."""
    match unit:
        case "minutes":
            return str(ngettext("%(num)d phút", "%(num)d phút", amount))
        case "hours":
            return str(ngettext("%(num)d giờ", "%(num)d giờ", amount))
        case _:
            return str(ngettext("%(num)d ngày", "%(num)d ngày", amount))


def problem_words(problems: Mapping[str, str]) -> dict[str, str]:
    """Field -> sentence. A key may name the present holder: `ward_held:UBND phường Mỹ Tho`."""
    return {field: _problem(key) for field, key in problems.items()}


def _problem(key: str) -> str:
    kind, _colon, name = key.partition(":")
    if kind == "ward_held":
        return str(_("Xã/phường này đã có đơn vị: %(name)s.", name=name))
    return str(_PROBLEMS.get(kind) or PROBLEMS.get(kind) or PROBLEMS["invalid"])


def field_word(name: str) -> str:
    if name.isdigit() and int(name) < 7:
        return str(WEEKDAYS[int(name)])
    return str(FIELDS.get(name, name))


def value_word(name: str, value: Any) -> str:
    """A value of a change as people read it."""
    if value is None or value == "":
        return str(_("trống"))
    if isinstance(value, bool):
        return str(_("có") if value else _("không"))
    if name in ("lead", "co") and value == "commune":
        return str(_("UBND xã/phường của phiếu"))
    if name == "scope":
        return str(SCOPES.get(value, value))
    if name == "language":
        return LANGUAGES.get(value, str(value))
    if name == "password_set":
        return str(_("đã đặt"))
    kind = _WORDS.get(name)
    if kind is not None and value in set(kind):
        return str(labels.label(kind(value)))
    return str(value)


def key_word(subject: str, key: str) -> str:
    """Which one was changed, as people know it."""
    if subject == "sla_target":
        level, _slash, clock = key.partition("/")
        return f"{labels.stored(level, Level)} · {labels.stored(clock, Clock)}"
    if subject == "calendar_day":
        return "/".join(reversed(key.split("-")))
    if subject == "test_number":
        return phones.display(key)
    if subject == "week":
        return ""
    return f"#{key}" if key.isdigit() else key
