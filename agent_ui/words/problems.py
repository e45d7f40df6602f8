"""Texts of form errors, by the code of the problem."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from agent_ui.words.spans import in_words
from tickets.notices import messages
from tickets.rules import policy

PROBLEMS: Mapping[str, LazyString] = {
    "required": _l("Cần điền ô này."),
    "too_long": _l("Quá dài."),
    "unknown_choice": _l("Hãy chọn một mục trong danh sách."),
    "point_unreadable": _l("Không phải tọa độ. Ví dụ đúng: 10.356940,106.362500."),
    "phone_unreadable": _l("Không phải số điện thoại gọi lại được. Ví dụ đúng: 0905 123 456."),
    "empty_file": _l("Tệp trống."),
    "file_too_large": _l("Tệp lớn hơn %(size)s.", size=in_words("LARGEST_FILE")),
    "file_type": _l("Chỉ nhận ảnh JPEG, PNG, WebP; PDF, Word, Excel; âm thanh MP3, WAV; video MP4."),
    "file_broken": _l("Ảnh không mở được."),
    "image_too_large": _l("Ảnh có kích thước quá lớn."),
    "pictures_too_large": _l("Các ảnh gửi cùng lúc cộng lại quá lớn. Hãy gửi riêng ảnh này ở lần sau."),
    "file_not_opened": _l("Máy chủ không mở được tệp này, hoặc mở quá lâu. Hãy gửi tệp khác."),
    "pictures_wait": _l("Ảnh chưa được nhận. Hãy chọn lại ảnh và gửi lần nữa."),
    "files_wait": _l("Đang có nhiều tệp gửi đến cùng lúc, tệp này chưa được nhận. Hãy chọn lại tệp và gửi lần nữa."),
    "too_many_searches": _l(
        "Đã lưu %(most)s bộ lọc, là tối đa. Hãy bỏ bớt một bộ lọc cũ.", most=in_words("MOST_SEARCHES")
    ),
    "too_many_files": _l("Nhiều tệp quá: tối đa %(most)s tệp mỗi lần.", most=in_words("MOST_FILES")),
    "evidence_required": _l("Lĩnh vực này cần ảnh hoặc tài liệu minh chứng."),
    "extension_length": _l("Mỗi lần gia hạn từ 1 đến %(span)s.", span=in_words("LONGEST_EXTENSION")),
    "extended_enough": _l(
        "Phiếu đã gia hạn đủ %(most)s lần, không gia hạn thêm được.", most=in_words("MOST_EXTENSIONS")
    ),
    "past_due": _l("Phiếu đã quá hạn trả lời nên không gia hạn được nữa. Hãy trả lời người dân."),
    "waited_enough": _l(
        "Phiếu đã chờ người dân đủ %(span)s. Hãy trả lời theo những gì đã biết.", span=in_words("MAX_WAIT")
    ),
    "approver_only": _l("Ở đơn vị này, chỉ lãnh đạo đơn vị được từ chối phiếu."),
    "answered_long_ago": _l(
        "Đã quá %(span)s kể từ khi trả lời. Hãy gọi 1022 để gửi phản ánh mới.", span=in_words("OBJECT_WITHIN")
    ),
    "code_wrong": _l("Mã phiếu không đúng. Mã có chín chữ số, ví dụ 618-033-990."),
    "code_unknown": _l("Không có phiếu mang mã này."),
    "picture_type": _l("Chỉ nhận ảnh JPEG, PNG hoặc WebP."),
    "too_many_pictures": _l("Tối đa %(most)s ảnh. Hãy bỏ bớt ảnh rồi chọn lại.", most=in_words("MOST_PICTURES")),
    "picture_gone": _l("Ảnh này gửi lên quá lâu nên không còn giữ. Hãy chọn lại ảnh."),
    "place_required": _l("Hãy cho biết ở đâu: chọn xã/phường, chấm trên sơ đồ hoặc ghi địa chỉ."),
    "place_required_desk": _l("Hãy ghi xã/phường hoặc địa chỉ."),
    "safe_no_call_back": _l(
        "Người này xin liên hệ an toàn: không gọi lại. Hãy lập phiếu hoặc chọn cách kết thúc khác."
    ),
    "place_unknown": _l("Không thấy xã/phường nào có tên này. Hãy thử tên khác hoặc chọn trong danh sách."),
    "place_which": _l("Tên này có ở nhiều nơi hoặc đã tách. Hãy chọn nơi đúng."),
    "consent_required": _l("Cần ông/bà đồng ý thì tổng đài mới được nhận và chuyển phản ánh."),
    "proof_gone": _l("Cần nhập lại mã phiếu và bốn số cuối."),
    "message_unheard": _l("Số này có lời nhắn chưa ai nghe. Hãy nghe lời nhắn trước khi kết thúc."),
    "handover_withdrawn": _l("Người giao đã rút lại biên bản này."),
    "handover_confirmed": _l("Ca này đã có người nhận, không rút lại được."),
    "nuisance_withheld": _l("Không phải số điện thoại nào cả: số ẩn thì không chặn được."),
    "nuisance_protected": _l("Số này thuộc tổng đài, một đơn vị xử lý hoặc cứu nạn: không hạn chế được."),
    "nuisance_lower_first": _l("Trước khi chặn, hãy cho số này chờ sau người khác."),
    "nothing_chosen": _l("Chưa chọn số nào."),
    "text_too_long": _l(
        "Tin nhắn dài quá: tối đa %(most)s tin ghép (%(marked)s chữ có dấu hoặc %(plain)s chữ không dấu).",
        most=in_words("MOST_TEXT_PARTS"),
        marked=LazyString(lambda: str(policy.MOST_TEXT_PARTS * messages.MARKED_PART)),
        plain=LazyString(lambda: str(policy.MOST_TEXT_PARTS * messages.PLAIN_PART)),
    ),
    "phone_not_here": _l("Tổng đài này không nhận lệnh từ trang: hãy dùng máy điện thoại."),
    "phone_too_late": _l("Cuộc gọi này không còn ở máy của ông/bà."),
    "call_not_of_ticket": _l("Số này không có trong phiếu. Hãy sửa số liên hệ rồi gọi."),
    "call_not_safe": _l("Số này cần giữ an toàn: không gọi, không nhắn tin. Chờ người dân gọi lại."),
    "call_not_allowed": _l("Số này không được gọi từ trang: số nước ngoài hoặc số tính cước cao."),
    "own_phone_engaged": _l("Máy của ông/bà đang có cuộc gọi. Hãy nghe hoặc kết thúc cuộc đó trước."),
    "call_going_on": _l("Máy của ông/bà đang gọi một số khác."),
    "transfer_to_whom": _l("Hãy chọn người nhận trong danh sách."),
    "colleague_engaged": _l("Máy đó đang bận: chuyển ngay thì người gọi bị rớt. Hãy hỏi trước, hoặc chọn người khác."),
    "emergency_note": _l("Hãy ghi đã làm gì, rồi bấm kết thúc lần nữa."),
    "emergency_end": _l("Hãy chọn việc khẩn cấp kết thúc thế nào."),
    "emergency_number": _l("Chỉ gồm chữ số, từ 3 đến 15, đúng như tổng đài phải quay."),
    "phone_none": _l("Chưa thấy máy của ông/bà ở tổng đài nào."),
    "extension_of_somebody": _l("Máy này vừa có người khác dùng. Hãy xem lại danh sách."),
    "phone_not_in_queue": _l("Máy của ông/bà không ở hàng đợi nào có thể rời."),
    "phone_not_paused": _l("Máy của ông/bà đang không tạm ngưng."),
    "pause_reason": _l("Hãy chọn một lý do trong danh sách."),
    "phone_away": _l("Tổng đài đang mất kết nối, chưa gửi lệnh được."),
    "answer_left": _l(
        "Chữ ở ô này chưa được gửi; nút vừa bấm sẽ làm mất. Hãy bấm nút của ô này, hoặc xóa chữ rồi bấm lại."
    ),
    "invalid": _l("Chưa đúng."),
}
