"""Labels of every word of `callcenter.vocab`, and of moves, reasons and relations."""

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from agent_ui.words.spans import spell
from agent_ui.words.unknown_words import unknown
from callcenter.vocab import (
    AUTOMATIC_DISPOSITIONS,
    AfterCallEnd,
    AgencyKind,
    AssignmentRole,
    Attempt,
    CallBackStanding,
    CallOut,
    Clock,
    ClockOutcome,
    CommandResult,
    CommandVerb,
    ContactFlag,
    Disposition,
    EmergencyEnd,
    EmergencyService,
    GrievanceKind,
    Hearing,
    HungUpBy,
    Level,
    NuisanceStep,
    Outcome,
    Phase,
    Reason,
    Role,
    Sound,
    Source,
    Stage,
    TextResult,
    Third,
    TicketKind,
    TicketState,
    TransferKind,
    Verdict,
    Witness,
)
from tickets.rules import policy
from tickets.rules.moves import ENTRIES
from tickets.rules.moves.row import Choice
from tickets.rules.states import STATES as TICKET_STATES

_LABELS: tuple[tuple[StrEnum, LazyString], ...] = (
    (Outcome.ANSWERED, _l("Đã nghe máy")),
    (Outcome.FORWARDED, _l("Đã chuyển nhánh")),
    (Outcome.CALLBACK, _l("Yêu cầu gọi lại")),
    (Outcome.VOICEMAIL, _l("Có lời nhắn")),
    (Outcome.BLOCKED, _l("Bị chặn")),
    (Outcome.UNSERVED, _l("Không được phục vụ")),
    (Outcome.FAILED, _l("Lỗi kỹ thuật")),
    (Outcome.TIMEOUT, _l("Hết thời gian chờ")),
    (Outcome.ABANDONED, _l("Gác máy khi chờ")),
    (Stage.PROMPT, _l("nghe lời chào")),
    (Stage.MENU, _l("ở menu")),
    (Stage.QUEUE, _l("trong hàng đợi")),
    (Reason.FULL, _l("hàng đợi đầy")),
    (Reason.EMPTY, _l("không có người trực")),
    (Reason.CLOSED, _l("ngoài giờ")),
    (TransferKind.BLIND, _l("Chuyển máy ngay")),
    (TransferKind.ATTENDED, _l("Chuyển máy có trao đổi trước")),
    (TransferKind.REDIRECT, _l("Chuyển hướng")),
    (HungUpBy.CALLER, _l("người gọi")),
    (HungUpBy.OPERATOR, _l("tổng đài viên")),
    (HungUpBy.SYSTEM, _l("hệ thống")),
    (Phase.ENTERED, _l("Nghe lời tự động")),
    (Phase.QUEUED, _l("Đang chờ")),
    (Phase.RINGING, _l("Đang đổ chuông")),
    (Phase.TALKING, _l("Đang đàm thoại")),
    (Phase.ENDED, _l("Đã kết thúc")),
    (Disposition.INFORMED, _l("Đã cung cấp thông tin")),
    (Disposition.REFERRED, _l("Hướng dẫn liên hệ nơi khác")),
    (Disposition.SILENT, _l("Cuộc gọi không có tiếng")),
    (Disposition.WRONG_NUMBER, _l("Gọi nhầm số")),
    (Disposition.PRANK, _l("Trêu đùa")),
    (Disposition.HARASSMENT, _l("Quấy rối")),
    (Disposition.FALSE_REPORT, _l("Tin báo giả")),
    (Disposition.COMPLAINT_GUIDED, _l("Khiếu nại: đã hướng dẫn")),
    (Disposition.DENUNCIATION_GUIDED, _l("Tố cáo: đã hướng dẫn")),
    (Disposition.EMERGENCY_PASSED, _l("Khẩn cấp: đã chuyển 113/114/115/111")),
    (Disposition.DROPPED, _l("Rớt cuộc gọi – cần gọi lại")),
    (Disposition.TEST, _l("Gọi thử")),
    (Disposition.SHORT_ABANDON, _l("Nhá máy")),
    (Disposition.WITHHELD_MISSED, _l("Số ẩn, không gọi lại được")),
    (Disposition.BLOCKED, _l("Số bị chặn")),
    (TicketKind.REPORT, _l("Phản ánh, kiến nghị")),
    (TicketKind.INQUIRY, _l("Hỏi đáp")),
    (TicketKind.CALLBACK, _l("Việc gọi lại")),
    (CallBackStanding.WAITING, _l("Chờ gọi lại")),
    (CallBackStanding.DONE, _l("Đã gọi lại")),
    (CallBackStanding.ENDED, _l("Đã kết thúc, không gọi nữa")),
    (CallBackStanding.NEEDLESS, _l("Không cần gọi lại")),
    *((state, _l(row.label)) for state, row in TICKET_STATES.items()),
    (ContactFlag.SAFE_CONTACT, _l("Liên hệ an toàn")),
    (ContactFlag.HARD_OF_HEARING, _l("Nghe kém")),
    (ContactFlag.SPEAKS_KHMER, _l("Nói tiếng Khmer")),
    (ContactFlag.SMS_FIRST, _l("Nhắn tin trước")),
    (GrievanceKind.COMPLAINT, _l("Khiếu nại")),
    (GrievanceKind.DENUNCIATION, _l("Tố cáo")),
    (Level.URGENT, _l("Khẩn")),
    (Level.NORMAL, _l("Bình thường")),
    (Level.COMPLEX, _l("Phức tạp")),
    (Source.HOTLINE, _l("Điện thoại")),
    (Source.APP, _l("Ứng dụng")),
    (Source.WEB, _l("Web")),
    (Source.OPEN311, _l("Open311")),
    (Source.COUNTER, _l("Trực tiếp tại quầy")),
    (Source.LETTER, _l("Thư")),
    (Source.EMAIL, _l("Thư điện tử")),
    (Source.ZALO, _l("Zalo")),
    (Role.OPERATOR, _l("Tổng đài viên")),
    (Role.SHIFT_LEADER, _l("Ca trưởng")),
    (Role.SUPERVISOR, _l("Giám sát viên")),
    (Role.OFFICER, _l("Cán bộ xử lý")),
    (Role.ADMIN, _l("Quản trị hệ thống")),
    (Clock.TRIAGE, _l("Hạn phân loại")),
    (Clock.ACCEPT, _l("Hạn tiếp nhận")),
    (Clock.ANSWER, _l("Hạn trả lời")),
    (ClockOutcome.KEPT, _l("đúng hạn")),
    (ClockOutcome.BROKEN, _l("quá hạn")),
    (ClockOutcome.WITHDRAWN, _l("không còn phải giữ hạn")),
    (AssignmentRole.LEAD, _l("Đơn vị chủ trì")),
    (AssignmentRole.CO, _l("Đơn vị phối hợp")),
    (AgencyKind.DEPARTMENT, _l("Sở, ngành")),
    (AgencyKind.COMPANY, _l("Doanh nghiệp")),
    (AgencyKind.COMMUNE, _l("UBND xã/phường")),
    (AgencyKind.OFFICE, _l("Văn phòng, trung tâm")),
    (CommandVerb.ANSWER, _l("Nhận máy")),
    (CommandVerb.HANG_UP, _l("Gác máy")),
    (CommandVerb.SIGN_IN, _l("Vào hàng đợi")),
    (CommandVerb.SIGN_OUT, _l("Rời hàng đợi")),
    (CommandVerb.PAUSE, _l("Tạm ngưng")),
    (CommandVerb.RESUME, _l("Sẵn sàng lại")),
    (CommandVerb.CALL, _l("Gọi người dân")),
    (CommandVerb.TRANSFER, _l("Chuyển máy ngay")),
    (CommandVerb.CONSULT, _l("Hỏi trước khi chuyển máy")),
    (CommandVerb.JOIN, _l("Nối người gọi vào")),
    (CommandVerb.BACK, _l("Quay lại người gọi")),
    (CommandVerb.LIST, _l("Ghi số vào danh sách của tổng đài")),
    (CommandVerb.UNLIST, _l("Xóa số khỏi danh sách của tổng đài")),
    (AfterCallEnd.TIME, _l("Hết giờ")),
    (AfterCallEnd.KEY, _l("Bấm sẵn sàng")),
    (AfterCallEnd.PAUSED, _l("Chuyển sang tạm ngưng")),
    (AfterCallEnd.LEFT, _l("Rời hàng đợi")),
    (AfterCallEnd.NEXT_CALL, _l("Có cuộc tiếp theo")),
    (AfterCallEnd.NEVER, _l("Tổng đài không tạm ngưng")),
    (EmergencyService.POLICE, _l("Công an")),
    (EmergencyService.FIRE, _l("Chữa cháy, cứu nạn")),
    (EmergencyService.AMBULANCE, _l("Cấp cứu")),
    (EmergencyService.CHILDREN, _l("Bảo vệ trẻ em")),
    (EmergencyEnd.ANSWERED, _l("Tổng đài đã nối người gọi với nơi tiếp nhận")),
    (EmergencyEnd.CONNECTED, _l("Đã nối được người gọi, tổng đài không thấy")),
    (EmergencyEnd.RELAYED, _l("Đã báo thay người gọi, nơi tiếp nhận đã nhận tin")),
    (EmergencyEnd.OTHER_LINE, _l("Đã báo bằng đường khác (ghi rõ)")),
    (EmergencyEnd.TOLD_TO_DIAL, _l("Đã hướng dẫn người gọi tự gọi")),
    (EmergencyEnd.KNOWN, _l("Nơi tiếp nhận đã biết, đang đến")),
    (EmergencyEnd.CALLER_GONE, _l("Mất liên lạc với người gọi (ghi rõ đã làm gì)")),
    (EmergencyEnd.NO_EMERGENCY, _l("Không phải việc khẩn cấp")),
    (Third.ANSWERED, _l("người được hỏi đã nhấc máy")),
    (Third.WITH_CALLER, _l("máy ngoài đang nói với người gọi")),
    (CallOut.REACHED, _l("Đã nói chuyện")),
    (CallOut.BUSY, _l("Máy bận")),
    (CallOut.NO_ANSWER, _l("Không nghe máy")),
    (CallOut.GIVEN_UP, _l("Thôi không gọi nữa")),
    (CallOut.FAILED, _l("Không gọi được")),
    (CallOut.NOT_PICKED_UP, _l("Máy của tổng đài viên không nhấc, chưa gọi được")),
    (CommandResult.DONE, _l("Đã thực hiện")),
    (CommandResult.REFUSED, _l("Tổng đài từ chối")),
    (CommandResult.EXPIRED, _l("Tổng đài không nhận kịp")),
    (CommandResult.UNKNOWN, _l("Chưa rõ kết quả")),
    (Attempt.NO_ANSWER, _l("Không nghe máy")),
    (Attempt.BUSY, _l("Máy bận")),
    (Attempt.OFF, _l("Thuê bao tắt máy, không liên lạc được")),
    (Attempt.NOT_THEM, _l("Người khác nghe máy")),
    (Attempt.REACHED, _l("Gặp được")),
    (NuisanceStep.FREE, _l("Không hạn chế")),
    (NuisanceStep.LOW, _l("Chờ sau người khác")),
    (NuisanceStep.BLOCKED, _l("Đang chặn")),
    (Sound.VOICEMAIL, _l("Lời nhắn")),
    (Sound.RECORDING, _l("Ghi âm")),
    (Hearing.PAGE, _l("trên trang")),
    (Hearing.TELEPHONE, _l("trên máy điện thoại")),
    (TextResult.SENT, _l("Đã gửi")),
    (TextResult.REFUSED, _l("Cổng tin nhắn từ chối")),
    (TextResult.UNKNOWN, _l("Chưa rõ đã gửi hay chưa")),
    (TextResult.SWITCHED_OFF, _l("Không gửi: chưa nối cổng tin nhắn")),
    (TextResult.SAFE_CONTACT, _l("Không gửi: liên hệ an toàn")),
    (TextResult.NO_MOBILE, _l("Không gửi: không phải số di động")),
    (Witness.QUEUE_LOG, _l("Nhật ký hàng đợi")),
    (Witness.CEL, _l("Nhật ký kênh (CEL)")),
    (Verdict.AGREES, _l("Ghi nhận đủ")),
    (Verdict.REPAIRED, _l("Bổ sung từ nhật ký")),
    (Verdict.DIFFERS, _l("Hai nguồn khác nhau")),
    (Verdict.UNEXPLAINED, _l("Chưa rõ")),
)
# By type too: a StrEnum equals its text, and several enums say `closed` or `operator`.
_BY_WORD = {(type(word), word.value): text for word, text in _LABELS}


def label(word: StrEnum) -> LazyString:
    """The label of a vocabulary value; a word that is stored and not known here is shown as it is, marked."""
    found = _BY_WORD.get((type(word), word.value))
    return unknown(word.value) if found is None else found


def stored(word: str, *kinds: type[StrEnum]) -> LazyString:
    """The label of a word that lies as plain text in the history, by the first of these kinds that has it."""
    found = (_BY_WORD.get((kind, word)) for kind in kinds)
    return next((text for text in found if text is not None), unknown(word))


# An abandoned call says where the caller gave up (`Call.stage`).
ABANDONED_AT: Mapping[Stage, LazyString] = {
    Stage.PROMPT: _l("Gác máy khi nghe lời chào"),
    Stage.MENU: _l("Gác máy ở menu"),
    Stage.QUEUE: _l("Gác máy khi chờ"),
}

CLOCK_STATES: Mapping[str, LazyString] = {
    "ok": _l("Trong hạn"),
    "soon": _l("Sắp hết hạn"),
    "late": _l("Quá hạn"),
}

# Verbs of the history (`TicketEvent.move`), as what happened.
MOVES: Mapping[str, LazyString] = {verb: _l(entry.label) for verb, entry in ENTRIES.items()}

# Why a ticket is where it is (`Ticket.routing_reason`).
ROUTING_REASONS: Mapping[str, LazyString] = {
    "rule": _l("theo quy tắc chuyển xử lý"),
    "by_hand": _l("do người phân loại chọn"),
    "no_rule": _l("không có quy tắc phù hợp"),
    "no_ward": _l("chưa rõ xã/phường"),
    "no_commune_agency": _l("xã/phường chưa có đơn vị nhận"),
    "given_back": _l("đơn vị phù hợp đã trả lại"),
    "agency_gone": _l("đơn vị đã trả lời không còn nhận phiếu"),
}

RELATIONS: Mapping[str, LazyString] = {
    "opened": _l("mở phiếu"),
    "missed": _l("cuộc gọi nhỡ"),
    "asked_again": _l("nhắc lại"),
    "more": _l("thêm phản ánh trong cuộc gọi"),
    "dropped": _l("rớt khi đang nói"),
    "continued": _l("ghi tiếp ở phiếu trước"),
    "called_back": _l("gọi lại"),
    "call_back": _l("gọi lại"),
}

# What an operator may choose, in the order of the list.
DISPOSITIONS = tuple(word for word in Disposition if word not in AUTOMATIC_DISPOSITIONS)
STATES = tuple(TicketState)


def later() -> dict[str, str]:
    """When a number is called again, by the word of the form (`policy.CALL_LATER`)."""
    morning = str(gettext("%(time)s sáng mai", time=spell(policy.CALL_IN_THE_MORNING)))
    return {
        word: str(gettext("sau %(span)s", span=spell(after))) if after is not None else morning
        for word, after in policy.CALL_LATER.items()
    }


# Actors without an account (`TicketEvent.actor`).
ACTORS: Mapping[str, LazyString] = {
    "routing": _l("quy tắc chuyển xử lý"),
    "listener": _l("tổng đài"),
    "reconciler": _l("nhật ký tổng đài"),
    "web": _l("trang web 1022"),
    "citizen": _l("người dân"),
    "time": _l("hệ thống"),
}


def choices(need: Choice) -> list[tuple[str, str]]:
    """The words of a field to choose from, with their labels."""
    times = later()
    return [(word, str(label(word)) if isinstance(word, StrEnum) else times[word]) for word in need.words()]


def disposition_label(word: str) -> LazyString:
    return label(Disposition(word))
