"""Texts of the guided tours: one tour for each home page, one element of the page in each step."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from agent_ui.words.spans import in_words


@dataclass(frozen=True)
class TourStep:
    """`anchor` is the `data-tour` of an element: the first one in sight; while there is none the step is left out.

    `what` says what it is, `do` what to do with it now.
    """

    anchor: str
    title: LazyString
    what: LazyString
    do: LazyString


@dataclass(frozen=True)
class Tour:
    """`name` is what an account remembers of it; `page` is the endpoint of a home page, where all anchors are."""

    name: str
    page: str
    steps: tuple[TourStep, ...]


_LIVE = TourStep(
    "live",
    _l("Trang tự cập nhật"),
    _l("Chấm xanh: mọi thay đổi hiện ngay, không cần tải lại trang. Mất nối thì chỗ này nói rõ từ mấy giờ."),
    _l("Khi mất nối, cứ làm tiếp: chữ đang gõ được giữ trên máy này và gửi lại sau."),
)
_PALETTE = TourStep(
    "palette",
    _l("Đi tới bất cứ đâu"),
    _l("Một ô tìm cho tất cả: mã phiếu, số điện thoại, từ trong nội dung, tên trang. Gõ không dấu cũng được."),
    _l("Bấm Ctrl K ở trang nào cũng được, kể cả khi đang gõ dở."),
)
_MENU = TourStep(
    "user-menu",
    _l("Lựa chọn của ông/bà"),
    _l("Màu nền sáng hoặc tối, ngôn ngữ, phím tắt và lối ra ở đây. Phím ? mở bảng phím tắt."),
    _l("Muốn xem lại hướng dẫn này, mở menu và chọn “Xem hướng dẫn”."),
)

_OPERATOR = (
    TourStep(
        "work",
        _l("Cuộc gọi và phiếu hiện ở đây"),
        _l("Khi máy của ông/bà đổ chuông, số người gọi, các lần gọi trước và phiếu ghi nhận mở sẵn tại đây."),
        _l("Chưa cần bấm gì. Có cuộc gọi, hướng dẫn này tự tránh sang bên để ông/bà nghe máy."),
    ),
    TourStep(
        "waiting",
        _l("Ai đang chờ"),
        _l("Người đang chờ trong hàng đợi, chờ lâu nhất ở trên cùng. Con số chỉ tính người đã vào hàng đợi."),
        _l("Số này lớn lên thì kết thúc sớm phần ghi phiếu để nghe cuộc tiếp theo."),
    ),
    TourStep(
        "my-drafts",
        _l("Phiếu ông/bà còn nợ"),
        _l(
            "Cuộc gọi đã xong mà phiếu chưa chuyển hay chưa kết thúc. Sau %(span)s, ca trưởng cũng thấy phiếu này.",
            span=in_words("UNOWNED_AFTER"),
        ),
        _l("Bấm vào số điện thoại để làm nốt, phiếu lâu nhất trước."),
    ),
    TourStep(
        "call-backs",
        _l("Việc gọi lại"),
        _l("Mỗi dòng là một người gọi nhỡ hoặc để lại lời nhắn. Việc đã có người nhận thì không ai gọi trùng."),
        _l("Lúc rảnh, bấm nút ở đầu danh sách để nhận người chờ lâu nhất."),
    ),
    _LIVE,
    _PALETTE,
    _MENU,
)

_SHIFT_LEADER = (
    TourStep(
        "urgent",
        _l("Việc khẩn trước hết"),
        _l("Phiếu khẩn mà chưa đơn vị nào tiếp nhận, kèm đồng hồ và số điện thoại của đơn vị."),
        _l("Gọi cho đơn vị, hoặc mở phiếu để chọn đơn vị khác."),
    ),
    TourStep(
        "drafts",
        _l("Phiếu bỏ dở"),
        _l(
            "Cuộc gọi đã gác máy quá %(span)s mà phiếu chưa xong. Không phiếu nào được để không ai lo.",
            span=in_words("UNOWNED_AFTER"),
        ),
        _l("Bấm “Nhận làm tiếp”, hoặc “Giao cho…” một người trong ca."),
    ),
    TourStep(
        "call-backs",
        _l("Người chờ gọi lại"),
        _l("Số chưa được gọi lại sau %(span)s mà chưa ai nhận, lâu nhất ở trên.", span=in_words("UNCLAIMED_AFTER")),
        _l("Nhận việc hoặc giao cho người đang sẵn sàng."),
    ),
    TourStep(
        "triage",
        _l("Chờ phân loại"),
        _l("Phiếu chưa có quy tắc nào chọn được đơn vị, kèm lý do."),
        _l("Bấm “Chọn đơn vị” trước khi hết hạn phân loại."),
    ),
    TourStep(
        "team",
        _l("Ca của ông/bà"),
        _l("Từng máy lẻ: sẵn sàng, đổ chuông, đàm thoại hay tạm ngưng, theo tổng đài cho biết."),
        _l("Có người chờ mà không ai sẵn sàng thì ngồi vào bàn trực: trang “Bàn trực” trên thanh đầu trang."),
    ),
    _PALETTE,
    _MENU,
)

_SUPERVISOR = (
    TourStep(
        "now",
        _l("Ngay lúc này"),
        _l("Bao nhiêu người đang chờ, chờ lâu nhất bao lâu, mấy tổng đài viên sẵn sàng. Các số tự chạy."),
        _l("Bấm vào một số để xem đúng những cuộc gọi đứng sau nó."),
    ),
    TourStep(
        "calls",
        _l("Số nào cũng giải thích được"),
        _l(
            "Dấu ? cạnh mỗi số nói cách tính. Dòng nhỏ so với cùng thứ của %(weeks)s tuần trước.",
            weeks=in_words("COMPARED_WEEKS"),
        ),
        _l("Đưa con trỏ vào dấu ?, hoặc dùng phím Tab đến đó."),
    ),
    TourStep(
        "hours",
        _l("Giờ nào quá tải"),
        _l("Cuộc gọi theo giờ: đã nghe máy, nhỡ, khác. Vạch ngang là mức thường lệ."),
        _l("Bấm vào một cột để xem cuộc gọi của giờ đó; bên dưới có dạng bảng."),
    ),
    TourStep(
        "late",
        _l("Đơn vị nào đang quá hạn"),
        _l("Đơn vị có nhiều phiếu quá hạn nhất ở trên, kèm phiếu trễ lâu nhất."),
        _l("Mở đơn vị đầu tiên và nhắc những phiếu trong đó."),
    ),
    TourStep(
        "stuck",
        _l("Tồn đọng"),
        _l("Những gì không tự đi tiếp: quá hạn, bỏ dở, chuyển tiếp bị chậm. Bình thường là số 0."),
        _l("Khác 0 thì mở ra: mỗi dòng có nút để xử lý."),
    ),
    TourStep(
        "days",
        _l("Ngày khác"),
        _l("Cùng trang này cho hôm qua hoặc bất kỳ ngày nào."),
        _l("Chọn ngày rồi bấm “Xem”."),
    ),
    _MENU,
)

_OFFICER = (
    TourStep(
        "groups",
        _l("Hôm nay phải làm gì"),
        _l("Phiếu chia theo việc cần làm, gấp nhất trước: quá hạn, hạn hôm nay, chờ tiếp nhận…"),
        _l("Bấm một mục để chỉ xem mục đó; “Tất cả” để trở lại."),
    ),
    TourStep(
        "clock",
        _l("Đồng hồ của phiếu"),
        _l("Thời gian còn lại và việc phải xong trước giờ đó. Ngoài giờ làm việc đồng hồ đứng, trừ phiếu khẩn."),
        _l("Bắt đầu từ phiếu trên cùng. Cần hỏi thêm người dân thì đồng hồ dừng trong lúc chờ."),
    ),
    TourStep(
        "accept",
        _l("Tiếp nhận ngay tại đây"),
        _l("Tiếp nhận nghĩa là đơn vị nhận lo việc này; người dân thấy phiếu đang xử lý."),
        _l("Đúng thẩm quyền thì bấm “Tiếp nhận”. Không đúng thì mở phiếu và trả lại, kèm lý do."),
    ),
    TourStep(
        "search",
        _l("Tìm trong phiếu đến"),
        _l("Tìm theo mã, nội dung hoặc nơi xảy ra, trong phiếu của đơn vị."),
        _l("Người dân gọi hỏi thì gõ mã phiếu họ đọc."),
    ),
    _LIVE,
    _PALETTE,
    _MENU,
)

_ADMIN = (
    TourStep(
        "lacks",
        _l("Còn thiếu gì"),
        _l("Chỗ phiếu hoặc cuộc gọi sẽ kẹt: lĩnh vực không có quy tắc, đơn vị không có cán bộ, thời hạn chờ xác nhận…"),
        _l("Bấm nút ở từng dòng, từ trên xuống, cho đến khi danh sách trống."),
    ),
    TourStep(
        "health",
        _l("Tình trạng hệ thống"),
        _l("Từng phần của hệ thống còn chạy không. Phần nào hỏng thì có dấu tam giác và cách sửa."),
        _l("Thấy dấu tam giác thì làm theo dòng chữ nhỏ bên dưới."),
    ),
    TourStep(
        "admin-pages",
        _l("Các trang quản trị"),
        _l("Tài khoản, đơn vị, quy tắc chuyển, lịch làm việc, thời hạn… Mỗi việc một trang."),
        _l("Tỉnh mới: bắt đầu từ “Tài khoản” và “Đơn vị xử lý”, rồi đến “Quy tắc chuyển”."),
    ),
    TourStep(
        "changes",
        _l("Ai đã đổi gì"),
        _l("Mọi thay đổi ở các trang quản trị đều được ghi lại: ai, lúc nào, trước và sau."),
        _l("Có chuyện lạ thì xem ở đây trước."),
    ),
    _PALETTE,
    _MENU,
)

_TOURS = (
    Tour("operator", "home.home", _OPERATOR),
    Tour("shift_leader", "shift.home", _SHIFT_LEADER),
    Tour("supervisor", "supervisor.board", _SUPERVISOR),
    Tour("officer", "agency.inbox", _OFFICER),
    Tour("admin", "admin.overview", _ADMIN),
)
TOURS: Mapping[str, Tour] = {tour.name: tour for tour in _TOURS}
