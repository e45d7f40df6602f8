"""Keywords of the fields and first articles of the demo province. Supervisors go on from here."""

from typing import NamedTuple


class FirstArticle(NamedTuple):
    category: str
    title: str
    body: str


KEYWORDS: dict[str, str] = {
    "tthc": (
        "hồ sơ; sổ đỏ; khai sinh; khai tử; kết hôn; tình trạng hôn nhân; một cửa; dịch vụ công; căn cước; hộ "
        "khẩu; giấy phép kinh doanh; chứng thực; hẹn trả; phí lệ phí; tạm trú; thường trú; lý lịch tư pháp; đổi "
        "bằng lái; căn cước công dân"
    ),
    "can-bo": (
        "thái độ; hách dịch; quát; nhũng nhiễu; vòi vĩnh; không tiếp dân; cán bộ nói; không có ai trực; làm khó "
        "dân; tiếp dân; quầy tiếp nhận; lớn tiếng; cán bộ"
    ),
    "dat-dai": (
        "lấn đất; ranh đất; xây dựng; xây nhà; không phép; sai phép; quy hoạch; san lấp; đo đạc; hành lang bờ kè; "
        "giải tỏa; bồi thường; lấn chiếm đất; tranh chấp đất; nứt nhà; công trình"
    ),
    "giao-thong": (
        "ổ gà; hư đường; đường hư; đường xấu; lộ hư; cầu sập; cầu yếu; đèn tín hiệu; đèn xanh đèn đỏ; đèn đỏ; "
        "biển báo; kẹt xe; quá tải; xe tải; xe ben; lòng đường; lề đường; vỉa hè; tai nạn; nắp hố ga; lấn chiếm "
        "lòng đường; vạch kẻ; sụt lún; sạt lở đường; đậu xe; bến phà; cầu sắt; mặt cầu; lan can cầu; đường huyện; "
        "đường liên xã; gờ giảm tốc; áo phao; chở quá số người; cảnh sát giao thông"
    ),
    "chieu-sang-dien": (
        "đèn đường; cúp điện; mất điện; trụ điện; cột điện; dây điện; điện giật; chập điện; bình biến áp; trạm "
        "biến áp; tiền điện; đồng hồ điện; chiếu sáng; tối thui; bóng đèn; điện yếu; rò điện"
    ),
    "cap-thoat-nuoc": (
        "nước máy; cúp nước; mất nước; nước yếu; nước đục; ống nước; bể ống; vỡ ống; tiền nước; đồng hồ nước; "
        "ngập; ngập nước; cống nghẹt; nghẹt cống; thoát nước; hố ga; nước tràn; triều cường; cống; nước ngọt; "
        "nước sinh hoạt; thiếu nước"
    ),
    "moi-truong": (
        "rác; đổ rác; thu gom rác; xe rác; đốt rác; mùi hôi; hôi thối; nước thải; ô nhiễm; bụi; xả thải; trại "
        "heo; trại vịt; chăn nuôi; xà bần; hóa chất; xác heo; bãi rác; đốt đồng; khói mù; hôi quá; hôi không chịu "
        "nổi; rác công nghiệp"
    ),
    "cay-xanh": (
        "cây đổ; cây ngã; cây xanh; nhánh cây; cành cây; chặt cây; mé nhánh; tỉa cây; cây khô; công viên; quảng "
        "cáo rao vặt; mỹ quan; nhánh khô; cây dầu; cây sao; cây nghiêng; mé giùm"
    ),
    "an-ninh": (
        "karaoke; loa kẹo kéo; nhậu; đánh nhau; trộm; cướp; ma túy; cờ bạc; đá gà; nẹt pô; đua xe; mất trật tự; "
        "quậy phá; lừa đảo; đòi nợ; gây rối; vay nặng lãi; tự xưng công an; chuyển tiền; ồn ào; hát hò; mở nhạc"
    ),
    "y-te": (
        "ngộ độc; thực phẩm; ôi thiu; vệ sinh an toàn; trạm y tế; bệnh viện; khám bệnh; bác sĩ; sốt xuất huyết; "
        "muỗi; phun thuốc; tiêm ngừa; chích ngừa; dịch bệnh; phòng khám; ói mửa; hết thuốc; tiêm vắc xin; quán "
        "ăn; nhà thuốc"
    ),
    "giao-duc": (
        "trường học; học phí; giáo viên; cô giáo; thầy giáo; dạy thêm; mẫu giáo; tuyển sinh; học sinh; nhập học; "
        "bạo lực học đường; thu tiền đầu năm; tiểu học; phụ huynh; đúng tuyến; khoản ngoài quy định; lớp học"
    ),
    "bao-tro": (
        "trợ cấp; bảo hiểm y tế; bảo hiểm xã hội; thẻ bảo hiểm; hộ nghèo; cận nghèo; người cao tuổi; khuyết tật; "
        "chính sách; người có công; thất nghiệp; lương hưu; nhà tình thương"
    ),
    "vien-thong": (
        "Internet; wifi; sóng điện thoại; trạm phát sóng; dây cáp; cáp viễn thông; truyền hình cáp; SIM rác; tin "
        "nhắn rác; mất sóng; mạng rớt; mất mạng; mạng yếu; đường truyền; Internet yếu"
    ),
    "gia-ca": (
        "tăng giá; cây xăng; bán thiếu; hàng giả; hàng nhái; cân thiếu; phân bón giả; hết hạn sử dụng; đầu cơ; "
        "niêm yết; giá cả; giá bán; ban quản lý chợ; nói giá"
    ),
    "nong-nghiep": (
        "lúa; ruộng; xâm nhập mặn; nước mặn; hạn mặn; cống đập; lục bình; thủy lợi; sầu riêng; heo chết; vịt "
        "chết; gà chết; dịch tả; sạt lở; bơm nước; phân bón; sâu bệnh; độ mặn; chuột phá; đê bao; nạo vét kênh; "
        "thiếu nước tưới; lúa chết; trạm bơm"
    ),
    "du-lich": (
        "du lịch; khách sạn; nhà nghỉ; tham quan; khu du lịch; chặt chém; tour; hướng dẫn viên; homestay; vé tham "
        "quan; làng hoa; đò đưa khách; giữ xe; khách tham quan"
    ),
    "lanh-dao": ("chủ tịch; lãnh đạo; bí thư; gửi lãnh đạo; đề nghị chủ tịch; kiến nghị tỉnh"),
    "khac": ("nhặt được; xin số điện thoại; góp ý; từ thiện; hỏi lịch"),
}

ARTICLES = (
    FirstArticle(
        "tthc",
        "Đăng ký khai sinh ở đâu, cần gì",
        "Làm tại UBND xã, phường nơi cha hoặc mẹ cư trú, hoặc nộp trực tuyến trên Cổng dịch vụ công.\n"
        "Mang theo: giấy chứng sinh, căn cước của cha mẹ, giấy chứng nhận kết hôn nếu có.\n"
        "Đúng hạn 60 ngày thì không mất lệ phí; trả kết quả trong ngày.",
    ),
    FirstArticle(
        "tthc",
        "Xã, phường đã sáp nhập: giấy tờ cũ còn dùng được",
        "Giấy tờ cấp trước ngày 01/7/2025 vẫn dùng đến khi hết hạn, không bắt buộc đổi.\n"
        "Muốn đổi theo tên đơn vị mới thì đến Trung tâm Phục vụ hành chính công xã, phường; không thu phí "
        "khi đổi vì sáp nhập.",
    ),
    FirstArticle(
        "tthc",
        "Cấp đổi giấy chứng nhận quyền sử dụng đất",
        "Nộp tại Chi nhánh Văn phòng đăng ký đất đai hoặc Trung tâm Phục vụ hành chính công nơi có đất.\n"
        "Mang theo: đơn đăng ký biến động, bản gốc giấy chứng nhận, căn cước. Xem ngày hẹn trên phiếu "
        "biên nhận; trễ hẹn thì bộ phận một cửa phải có thư xin lỗi và ngày hẹn mới.",
    ),
    FirstArticle(
        "bao-tro",
        "Trợ cấp người cao tuổi chi trả khi nào",
        "Chi trả hằng tháng qua tài khoản hoặc tại điểm chi trả của xã, phường, thường trước ngày 10.\n"
        "Chưa nhận được thì liên hệ công chức văn hóa – xã hội của UBND xã, phường, mang theo căn cước.",
    ),
    FirstArticle(
        "bao-tro",
        "Thẻ bảo hiểm y tế bị sai thông tin",
        "Mang thẻ, căn cước hoặc giấy khai sinh đến Bảo hiểm xã hội nơi gần nhất để đổi thẻ, không mất "
        "phí.\n"
        "Trong khi chờ vẫn khám được bằng căn cước hoặc VNeID.",
    ),
    FirstArticle(
        "chieu-sang-dien",
        "Mất điện, sự cố điện",
        "Báo Trung tâm Chăm sóc khách hàng Điện lực: 1900 1006 hoặc 1900 9000, trực 24/7.\n"
        "Thấy dây điện đứt, trụ ngã: đứng xa ít nhất 10 m, không chạm vào, báo người xung quanh tránh xa.",
    ),
    FirstArticle(
        "cap-thoat-nuoc",
        "Nước máy yếu, đục hoặc bị cúp",
        "Hỏi người dân ngưng từ lúc nào và hộ kế bên có bị không. Báo đơn vị cấp nước kèm mã khách hàng "
        "trên hóa đơn.\n"
        "Nước đục sau khi sửa ống: xả vòi 10–15 phút rồi dùng.",
    ),
    FirstArticle(
        "an-ninh",
        "Karaoke, loa kéo gây ồn ban đêm",
        "Sau 22 giờ là vi phạm, công an xã, phường xử lý ngay khi có người báo.\n"
        "Ghi địa chỉ rõ; đang xảy ra thì báo thêm công an xã, phường trực hoặc 113.",
    ),
    FirstArticle(
        "y-te",
        "Nghi ngộ độc thực phẩm",
        "Có người khó thở, co giật, lơ mơ: gọi 115 ngay.\n"
        "Giữ lại thức ăn còn thừa, hóa đơn; ghi tên quán, giờ ăn, số người bị. Chuyển Sở Y tế và UBND xã, "
        "phường, mức độ Khẩn.",
    ),
    FirstArticle(
        "dat-dai",
        "Hàng xóm xây lấn ranh đất",
        "Đề nghị UBND xã, phường hòa giải trước; hòa giải không thành thì gửi đơn đến tòa án.\n"
        "Đang xây không phép thì lập phiếu để UBND xã, phường kiểm tra hiện trạng.",
    ),
)
