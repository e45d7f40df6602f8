"""Texts of the day's figures: name, formula, and what each leaves out."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from agent_ui.words.spans import in_words
from callcenter.vocab import AFTER_CALL, UNANSWERED


@dataclass(frozen=True)
class Words:
    """`kind` says how the value is written: count, share, seconds. `rows` is the set of calls behind it."""

    title: LazyString
    how: LazyString
    kind: str
    rows: str
    better: int = 0


# In the order of the page. `better`: 1 where more is better, -1 where less is.
CALLS: Mapping[str, Words] = {
    "all": Words(
        _l("Cuộc gọi vào"),
        _l("Mọi cuộc gọi bắt đầu trong ngày, kể cả đang diễn ra. Không tính cuộc gọi thử."),
        "count",
        "all",
    ),
    "answered": Words(
        _l("Đã nghe máy"),
        _l("Cuộc gọi đã vào hàng đợi, đã kết thúc và có tổng đài viên nói chuyện với người gọi (A)."),
        "count",
        "served",
    ),
    "missed": Words(
        _l("Cuộc gọi nhỡ"),
        _l(
            "Không ai nghe máy: gác máy khi chờ, hết thời gian chờ, có lời nhắn, yêu cầu gọi lại, không được phục vụ, "
            "lỗi kỹ thuật. Không tính nhá máy, số bị chặn và cuộc gọi đã chuyển nhánh."
        ),
        "count",
        "missed",
        -1,
    ),
    "sl4": Words(
        _l("Mức độ phục vụ"),
        _l(
            "Nghe máy trong %(t)s giây / (đã nghe máy + gác máy khi chờ từ %(s)s giây): A_T / (A + Ab − Ab_s), "
            "T = %(t)s giây, tính từ lúc vào hàng đợi. Không tính người gác máy trước %(s)s giây."
        ),
        "share",
        "sl4",
        1,
    ),
    "asa": Words(
        _l("Tốc độ trả lời trung bình"),
        _l("Tổng thời gian chờ của các cuộc gọi đã nghe máy / số cuộc đó (ASA). Không tính lời chào và người gác máy."),
        "seconds",
        "served",
        -1,
    ),
    "abandon_net": Words(
        _l("Tỷ lệ gác máy khi chờ"),
        _l(
            "Gác máy khi chờ từ %(s)s giây / cuộc gọi vào hàng đợi, trừ người gác máy trước %(s)s giây: "
            "(Ab − Ab_s) / (E − Ab_s)."
        ),
        "share",
        "gave_up",
        -1,
    ),
    "aht": Words(
        _l("Đàm thoại trung bình"),
        _l("Tổng thời gian đàm thoại, kể cả giữ máy / số cuộc đã nghe máy. Chưa gồm xử lý sau cuộc gọi."),
        "seconds",
        "served",
    ),
}
UNREACHED = _l(
    "Số điện thoại khác nhau có cuộc gọi nhỡ trong ngày, từ đó chưa có cuộc nào được nghe máy và việc gọi lại "
    "chưa xong. Số ẩn không gọi lại được nên không đếm ở đây."
)
USUAL = _l(
    "Số nhỏ bên dưới: cùng thứ trong %(weeks)s tuần trước, đến cùng giờ. Số lượng là trung bình mỗi ngày; tỷ lệ tính "
    "gộp mọi cuộc gọi của các ngày đó. Ngày không có cuộc gọi nào thì bỏ qua.",
    weeks=in_words("COMPARED_WEEKS"),
)
TICKETS: Mapping[str, LazyString] = {
    "received": _l("Phản ánh có giờ tiếp nhận trong ngày, mọi nguồn. Không tính việc gọi lại."),
    "answered": _l("Phản ánh được trả lời kết quả xử lý trong ngày, tiếp nhận từ bất kỳ ngày nào."),
    "late": _l("Trong số trả lời hôm đó: trả lời sau hạn (đã tính gia hạn và thời gian chờ người dân)."),
    "rated": _l("Đánh giá 4–5 sao / đánh giá nhận được trong ngày. Ít đánh giá thì tỷ lệ không nói được nhiều."),
}
SETS: Mapping[str, LazyString] = {
    "all": _l("Tất cả"),
    "live": _l("Đang diễn ra"),
    "served": _l("Đã nghe máy"),
    "in_time": _l("Nghe máy kịp"),
    "waited": _l("Nghe máy chậm"),
    "missed": _l("Cuộc gọi nhỡ"),
    "gave_up": _l("Gác máy khi chờ"),
    "entered": _l("Vào hàng đợi"),
    "sl4": _l("Mẫu của mức độ phục vụ"),
    "other": _l("Khác"),
}
# Those that the page of calls offers as a row of buttons.
OFFERED = ("all", "live", "served", "in_time", "waited", "missed", "gave_up", "other")
TICKET_TITLES: Mapping[str, LazyString] = {
    "received": _l("Đã ghi nhận"),
    "answered": _l("Đã trả lời"),
    "late": _l("Trả lời trễ hạn"),
    "rated": _l("Được đánh giá"),
}
PERSON_DAY = _l(
    "Cuộc gọi bắt đầu trong ngày và đã kết thúc, tính cho người đang dùng máy lúc nghe. Không tính cuộc gọi thử. "
    "Chuyển máy thì mỗi người nghe đều có cuộc đó, nên cộng lại nhiều hơn số cuộc của tổng đài."
)
PEOPLE: Mapping[str, Words] = {
    "handled": Words(_l("Cuộc đã nghe"), _l("Số cuộc người này có nói chuyện với người gọi (H)."), "count", ""),
    "talk": Words(
        _l("Đàm thoại"),
        _l("Tổng thời gian nói, không kể giữ máy. Chưa rõ khi có lúc không ai nghe được tổng đài."),
        "seconds",
        "",
    ),
    "hold": Words(
        _l("Giữ máy"),
        _l(
            "Tổng thời gian giữ máy. Lúc mất kết nối tổng đài thì không ai biết có giữ máy hay không: để trống, "
            "không đoán."
        ),
        "seconds",
        "",
    ),
    "after_call": Words(
        _l("Xử lý sau cuộc gọi"),
        _l("Tổng thời gian từ lúc gác máy đến lúc sẵn sàng lại, theo tổng đài (ACW)."),
        "seconds",
        "",
    ),
    "aht": Words(
        _l("Xử lý trung bình"),
        _l(
            "(đàm thoại + giữ máy + xử lý sau cuộc gọi) / số cuộc đã nghe (AHT). Không kể đổ chuông; bỏ qua cuộc "
            "chưa rõ độ dài."
        ),
        "seconds",
        "",
    ),
    "occupancy": Words(
        _l("Mức bận"),
        _l(
            "xử lý / (xử lý + sẵn sàng chờ cuộc), xử lý = đàm thoại + giữ máy + xử lý sau cuộc gọi (occupancy). "
            "Sẵn sàng chờ: trong hàng đợi, không tạm ngưng, không nói."
        ),
        "share",
        "",
    ),
    "utilisation": Words(
        _l("Mức sử dụng"),
        _l("xử lý / thời gian trong hàng đợi, kể cả tạm ngưng (utilisation). Khác với mức bận."),
        "share",
        "",
    ),
    "signed_in": Words(
        _l("Trong hàng đợi"),
        _l("Thời gian máy đang dùng ở trong ít nhất một hàng đợi, kể cả tạm ngưng; không kể lúc mất kết nối."),
        "seconds",
        "",
    ),
}
DOING: Mapping[str, LazyString] = {
    "holding": _l("Đang giữ máy"),
    "talking": _l("Đang đàm thoại"),
    "ringing": _l("Đang đổ chuông"),
    "free": _l("Sẵn sàng"),
    "paused": _l("Tạm ngưng"),
    "dead": _l("Máy không kết nối"),
    "out": _l("Đã ra ca"),
}


def doing_words(doing: str) -> str:
    return str(DOING[doing]).lower()


def pause_words(code: str, names: Mapping[str, str]) -> str:
    """A pause's reason for people, from the list of reasons; what is not in it stays as the PBX says it."""
    ours = {UNANSWERED: _l("chuông không ai nghe"), AFTER_CALL: _l("xử lý sau cuộc gọi")}
    return str(ours.get(code) or names.get(code, code))
