"""Notes: events of a ticket's history that do not move it, and their sentences."""

from callcenter.text import N_
from tickets.rules.moves.row import Entry

NOTES = (
    Entry("open", N_("Mở phiếu"), N_("mở phiếu"), "phone-incoming", brings=True),
    Entry("missed_again", N_("Thêm một cuộc gọi nhỡ"), N_("ghi thêm một cuộc gọi nhỡ của số này")),
    Entry(
        "not_missed",
        N_("Không phải cuộc gọi nhỡ"),
        N_("ghi: theo nhật ký tổng đài, đây không phải cuộc gọi nhỡ"),
    ),
    Entry("emergency", N_("Khẩn cấp"), N_("bấm khẩn cấp %(service)s; phiếu thành khẩn"), "alert-triangle"),
    Entry("emergency_taken", N_("Nhận lo việc khẩn cấp"), N_("nhận lo việc khẩn cấp %(service)s")),
    Entry("emergency_answered", N_("Nơi tiếp nhận khẩn cấp nhấc máy"), N_("%(service)s đã nhấc máy"), "phone"),
    Entry("emergency_called", N_("Gọi nơi tiếp nhận khẩn cấp"), N_("gọi nơi tiếp nhận khẩn cấp: %(call_result)s")),
    Entry(
        "emergency_over",
        N_("Xong việc khẩn cấp"),
        N_("xong việc khẩn cấp %(service)s: %(emergency_end)s"),
        "circle-check",
    ),
    Entry("asked_again", N_("Người dân nhắc lại"), N_("ghi: người dân nhắc lại"), "bell"),
    Entry("not_asked_again", N_("Gỡ lần nhắc lại"), N_("gỡ một lần nhắc lại")),
    Entry("claim", N_("Đã nhận việc gọi lại"), N_("nhận việc gọi lại")),
    Entry("unclaim", N_("Để lại việc gọi lại"), N_("để lại việc gọi lại cho người khác")),
    Entry("texted", N_("Nhắn tin cho người dân"), N_("nhắn tin cho người dân: %(result)s"), "message"),
    Entry("hearing_opened", N_("Cho đơn vị nghe ghi âm"), N_("cho đơn vị xử lý nghe ghi âm cuộc gọi")),
    Entry("hearing_closed", N_("Thôi cho đơn vị nghe ghi âm"), N_("thôi cho đơn vị xử lý nghe ghi âm cuộc gọi")),
    Entry("called_out", N_("Gọi người dân"), N_("gọi người dân: %(call_result)s")),
    Entry("take_over", N_("Nhận phiếu bỏ dở"), N_("nhận phiếu bỏ dở")),
    Entry("hand_to", N_("Giao lại cho người khác"), N_("giao lại cho %(to)s")),
    Entry("handed_over", N_("Giao ca"), N_("nhận từ ca của %(before)s")),
    Entry("breached", N_("Quá hạn"), N_("ghi nhận quá %(clock)s"), "alert-triangle"),
)
