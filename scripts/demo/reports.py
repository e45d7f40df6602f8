"""Sixty reports of citizens of the demo province, with names and phone numbers, for simulated callers."""

import random
from dataclasses import dataclass

from callcenter.vocab import Level


@dataclass(frozen=True)
class DemoReport:
    """`place` is as the caller says it, by the old name or the new one; `ward` the unit of today that is meant."""

    category: str
    place: str
    ward: str
    text: str
    caller: str
    level: Level = Level.NORMAL


_URGENT, _COMPLEX = Level.URGENT, Level.COMPLEX
REPORTS = (
    # Thủ tục hành chính
    DemoReport("tthc", "phường 4, Mỹ Tho", "Phường Đạo Thạnh", "Tôi nộp hồ sơ cấp đổi sổ đỏ ở một cửa hơn một tháng "
               "rồi mà chưa thấy hẹn lại, hỏi thì nói chờ.", "Nguyễn Văn Tám"),
    DemoReport("tthc", "xã Mỹ Hạnh Trung, Cai Lậy", "Phường Mỹ Phước Tây", "Cho tôi hỏi đăng ký khai sinh cho cháu bây "
               "giờ làm ở đâu, hồi trước làm ở xã mà nay xã nhập rồi.", "Lê Thị Út"),
    DemoReport("tthc", "phường Cao Lãnh", "Phường Cao Lãnh", "Trang dịch vụ công báo lỗi hoài, tôi nộp phí rồi mà hồ "
               "sơ vẫn ghi chờ thanh toán.", "Trần Hoàng Phúc"),
    DemoReport("tthc", "thị trấn Tân Hiệp, Châu Thành, Tiền Giang", "Xã Châu Thành", "Tôi xin xác nhận tình trạng hôn "
               "nhân, bộ phận một cửa hẹn ba lần rồi chưa trả.", "Phạm Thị Hoa"),
    DemoReport("tthc", "xã An Hữu", "Xã An Hữu", "Đổi giấy phép kinh doanh hộ cá thể theo địa chỉ mới thì cần giấy tờ "
               "gì, có mất phí không?", "Huỳnh Thanh Sang"),
    # Thái độ, đạo đức cán bộ
    DemoReport("can-bo", "xã Tân Hồng", "Xã Tân Hồng", "Cán bộ tiếp dân nói chuyện lớn tiếng với má tôi, bà lớn tuổi "
               "nghe không rõ mà bị la.", "Đỗ Thị Kim Loan"),
    DemoReport("can-bo", "phường 5, Gò Công", "Phường Gò Công", "Tới giờ làm việc buổi chiều mà quầy tiếp nhận không "
               "có ai, tôi chờ tới ba giờ.", "Võ Văn Dũng"),
    # Đất đai, xây dựng
    DemoReport("dat-dai", "xã Long Bình Điền, Chợ Gạo", "Xã Chợ Gạo", "Nhà kế bên xây lấn qua ranh đất nhà tôi chừng "
               "nửa mét, tôi báo ấp rồi mà chưa ai xuống.", "Nguyễn Thị Chín", _COMPLEX),
    DemoReport("dat-dai", "phường 2, Sa Đéc", "Phường Sa Đéc", "Có người xây nhà không phép ngay hành lang bờ kè, xe "
               "chở vật tư ra vô cả ngày.", "Lâm Quốc Bảo"),
    DemoReport("dat-dai", "xã Mỹ Phong, Mỹ Tho", "Phường Mỹ Phong", "Khu tôi bị quy hoạch treo nhiều năm, muốn sửa nhà "
               "mà không biết xin phép ở đâu.", "Trương Thị Bảy", _COMPLEX),
    DemoReport("dat-dai", "xã Tân Thành, Lai Vung", "Xã Lai Vung", "Người ta lấy đất ruộng mặt tiền đổ cát san lấp ban "
               "đêm, nhờ kiểm tra giùm có phép không.", "Phan Văn Út"),
    # Giao thông, đường sá
    DemoReport("giao-thong", "phường 10 Mỹ Tho", "Phường Trung An", "Quốc lộ 60 ngay ngã ba vô Trung An có ổ gà lớn, "
               "tối qua hai xe máy té.", "Đặng Văn Hùng", _URGENT),
    DemoReport("giao-thong", "xã Thân Cửu Nghĩa", "Xã Châu Thành", "Đường huyện hư hết, xe tải chạy bụi mù, học sinh "
               "đi học cực lắm.", "Nguyễn Thị Lệ"),
    DemoReport("giao-thong", "thị trấn Lấp Vò", "Xã Lấp Vò", "Cầu sắt qua kinh bị sụp một tấm ván, xe đạp lọt bánh, "
               "nhờ sửa gấp.", "Bùi Văn Tư", _URGENT),
    DemoReport("giao-thong", "phường 1 Cao Lãnh", "Phường Cao Lãnh", "Đèn tín hiệu ngã tư Nguyễn Huệ chớp vàng suốt "
               "ba bữa nay, giờ tan học kẹt cứng.", "Ngô Minh Triết"),
    DemoReport("giao-thong", "xã Bình Nhì, Gò Công Tây", "Xã Đồng Sơn", "Biển báo hạn chế tải trọng ở đầu cầu bị gãy, "
               "xe ben cứ chạy qua.", "Lê Văn Nhơn"),
    DemoReport("giao-thong", "xã Tân Thuận Tây, thành phố Cao Lãnh", "Phường Cao Lãnh", "Bến phà chở quá số người, áo "
               "phao để một đống không ai mặc.", "Hồ Thị Ngọc"),
    # Chiếu sáng, điện
    DemoReport("chieu-sang-dien", "phường 6, Mỹ Tho", "Phường Thới Sơn", "Đèn đường dọc bờ kè tắt cả tuần, tối "
               "om, con nít đi học thêm về sợ.", "Phạm Minh Tâm"),
    DemoReport("chieu-sang-dien", "xã Phú Kiết, Chợ Gạo", "Xã Lương Hòa Lạc", "Dây điện sà xuống ngang đầu người sau "
               "đám mưa hồi hôm, nhờ điện lực xuống liền.", "Nguyễn Văn Lành", _URGENT),
    DemoReport("chieu-sang-dien", "thị trấn Tràm Chim", "Xã Tràm Chim", "Xóm tôi cúp điện từ sáng mà không thấy báo "
               "trước, tủ cá giống chết hết.", "Trần Văn Sáu"),
    DemoReport("chieu-sang-dien", "xã Gia Thuận", "Xã Gia Thuận", "Trụ điện ở ấp nghiêng sắp đổ, phía dưới là nhà trẻ.",
               "Võ Thị Mười", _URGENT),
    # Cấp thoát nước, ngập
    DemoReport("cap-thoat-nuoc", "p3 mỹ tho", "Phường Mỹ Tho", "Nước máy mấy bữa nay vàng khè, có mùi, không dám nấu "
               "ăn.", "Huỳnh Thị Thu Trang"),
    DemoReport("cap-thoat-nuoc", "phường 8, Mỹ Tho", "Phường Mỹ Tho", "Mưa một chút là hẻm tôi ngập tới đầu gối, cống "
               "nghẹt không ai móc.", "Lý Văn Hai"),
    DemoReport("cap-thoat-nuoc", "xã Phú Đông, huyện Tân Phú Đông", "Xã Tân Phú Đông", "Ở cù lao thiếu nước ngọt năm "
               "ngày rồi, phải mua nước ghe một trăm ngàn một khối.", "Nguyễn Thị Sương", _URGENT),
    DemoReport("cap-thoat-nuoc", "phường An Hòa, Sa Đéc", "Phường Sa Đéc", "Ống nước bể ngay lề đường, nước chảy từ "
               "hôm qua tới giờ.", "Dương Thị Yến"),
    DemoReport("cap-thoat-nuoc", "xã Tân Hội, thị xã Cai Lậy", "Xã Tân Phú", "Đồng hồ nước nhà tôi chạy ào ào dù khóa "
               "hết vòi, tháng này tính gấp ba.", "Phan Thị Nhàn"),
    # Môi trường, rác thải
    DemoReport("moi-truong", "chợ Vĩnh Kim", "Xã Vĩnh Kim", "Rác chợ ùn cả đống ba ngày chưa lấy, nước rỉ chảy ra "
               "lộ hôi lắm.", "Lê Thị Hạnh"),
    DemoReport("moi-truong", "xã Bình Đức, Châu Thành, Tiền Giang", "Xã Kim Sơn", "Nhà máy xay cá ban đêm xả khói hôi, "
               "cả xóm đóng cửa ngủ không được.", "Trần Thị Bích"),
    DemoReport("moi-truong", "thị trấn Mỹ An, Tháp Mười", "Xã Tháp Mười", "Có xe lạ chở rác công nghiệp đổ xuống kinh "
               "lúc hai giờ sáng, tôi có quay phim.", "Nguyễn Hoàng Giang", _COMPLEX),
    DemoReport("moi-truong", "xã Tân Mỹ Chánh", "Phường Mỹ Phong", "Trại heo kế nhà xả thẳng xuống rạch, cá chết nổi "
               "trắng.", "Võ Văn Lộc"),
    DemoReport("moi-truong", "xã Gáo Giồng phần về Phong Mỹ", "Xã Phong Mỹ", "Người ta đốt đồng khói mù ngay khu du "
               "lịch, xe qua không thấy đường.", "Hồ Văn Đực"),
    # Cây xanh, mỹ quan
    DemoReport("cay-xanh", "phường 7, thành phố Mỹ Tho", "Phường Mỹ Tho", "Cây dầu trước trường học có nhánh khô to "
               "lắm, gió là rớt, nhờ mé giùm.", "Đoàn Thị Mai"),
    DemoReport("cay-xanh", "phường Hòa Thuận, Cao Lãnh", "Phường Cao Lãnh", "Cây đổ chắn ngang đường từ sáng, dân tự "
               "cưa được một bên.", "Trịnh Văn Khoa", _URGENT),
    DemoReport("cay-xanh", "phường Mỹ Trà", "Phường Mỹ Trà", "Băng rôn quảng cáo treo chằng chịt trên cây và cột đèn, "
               "nhìn mất mỹ quan.", "Phạm Ngọc Diễm"),
    # An ninh trật tự, tiếng ồn
    DemoReport("an-ninh", "phường 5, thị xã Cai Lậy", "Phường Cai Lậy", "Quán nhậu hát karaoke kẹo kéo tới hơn mười "
               "một giờ đêm, nhà có người bệnh.", "Nguyễn Thị Hai"),
    DemoReport("an-ninh", "phường An Thạnh, Hồng Ngự", "Phường Hồng Ngự", "Nhóm thanh niên tụ tập đua xe trên đường "
               "tránh, đêm nào cũng nẹt pô.", "Lê Quốc Cường", _URGENT),
    DemoReport("an-ninh", "xã Điềm Hy", "Xã Bình Trưng", "Xóm tôi mất trộm hai con bò trong một tuần, đề nghị tăng "
               "tuần tra.", "Trần Văn Ngọt"),
    DemoReport("an-ninh", "xã Mỹ Lợi A", "Xã Mỹ Lợi", "Có người gọi tự xưng công an kêu chuyển tiền làm căn cước, tôi "
               "chưa chuyển, báo để bà con biết.", "Huỳnh Thị Lan"),
    # Y tế, an toàn thực phẩm
    DemoReport("y-te", "phường Thới Sơn", "Phường Thới Sơn", "Ăn bánh mì ở tiệm đầu hẻm xong cả nhà bốn người ói "
               "mửa, đang truyền nước.", "Ngô Thị Thủy", _URGENT),
    DemoReport("y-te", "xã Hậu Mỹ Trinh", "Xã Hậu Mỹ", "Trạm y tế hết thuốc huyết áp bảo hiểm hai tuần nay, người già "
               "phải ra tận trung tâm mua.", "Phan Văn Kiệt"),
    DemoReport("y-te", "xã An Phong, Thanh Bình", "Xã An Long", "Ấp tôi có năm đứa nhỏ bị sốt xuất huyết, xin phun "
               "thuốc diệt muỗi.", "Lê Thị Nương", _URGENT),
    # Giáo dục
    DemoReport("giao-duc", "xã Đạo Thạnh", "Phường Đạo Thạnh", "Trường thu nhiều khoản ngoài quy định đầu năm, phụ "
               "huynh hỏi thì nói tự nguyện.", "Trần Thị Thanh Trúc"),
    DemoReport("giao-duc", "xã Thạnh Lộc, huyện Cai Lậy", "Xã Thạnh Phú", "Nhập xã rồi con tôi đi học trường nào cho "
               "đúng tuyến, xin hướng dẫn.", "Nguyễn Văn Phước"),
    DemoReport("giao-duc", "xã Tân Long", "Xã Tân Long", "Cổng trường tiểu học giờ tan học không ai giữ trật tự, xe "
               "cộ chen nhau nguy hiểm.", "Đinh Thị Hương"),
    # Bảo hiểm xã hội, bảo trợ
    DemoReport("bao-tro", "xã Hòa Tịnh, Chợ Gạo", "Xã Mỹ Tịnh An", "Ba tôi tám mươi mốt tuổi chưa nhận được tiền trợ "
               "cấp người cao tuổi tháng này.", "Võ Thị Ngọc Hân"),
    DemoReport("bao-tro", "xã Láng Biển", "Xã Mỹ Quí", "Nhà tôi thuộc hộ nghèo mà thẻ bảo hiểm y tế hết hạn chưa đổi, "
               "đi khám phải trả tiền.", "Nguyễn Thị Đẹp"),
    DemoReport("bao-tro", "thị trấn Cái Tàu Hạ", "Xã Phú Hựu", "Tôi nghỉ việc ba tháng rồi, hồ sơ trợ cấp thất nghiệp "
               "nộp ở đâu bây giờ?", "Lê Minh Hoàng"),
    # Viễn thông, Internet
    DemoReport("vien-thong", "xã Tân Hộ Cơ", "Xã Tân Hộ Cơ", "Sóng điện thoại chập chờn cả ấp biên giới, gọi cấp cứu "
               "mà không được.", "Danh Văn Thiện"),
    DemoReport("vien-thong", "xã Phú Thạnh, Tân Phú Đông", "Xã Tân Phú Đông", "Dây cáp mạng đứt nằm lòng thòng giữa lộ "
               "mấy ngày, xe máy vướng té.", "Trần Văn Út Em", _URGENT),
    # Giá cả thị trường
    DemoReport("gia-ca", "chợ Gò Công", "Phường Gò Công", "Cây xăng đầu cầu bơm thiếu, tôi đổ năm chục ngàn mà kim "
               "không nhích.", "Phạm Văn Đông"),
    DemoReport("gia-ca", "xã Cái Bè", "Xã Cái Bè", "Quán ven chợ nổi chém khách, ba tô hủ tiếu tính bốn trăm ngàn.",
               "Nguyễn Ngọc Ánh"),
    # Nông nghiệp, thủy lợi, xâm nhập mặn
    DemoReport("nong-nghiep", "xã Ngũ Hiệp", "Xã Ngũ Hiệp", "Nước mặn lên quá sớm, cống chưa đóng, vườn sầu riêng của "
               "tôi rụng trái non.", "Huỳnh Văn Ba", _URGENT),
    DemoReport("nong-nghiep", "xã Phú Thuận B, Hồng Ngự", "Xã Long Phú Thuận", "Bờ sông Tiền sạt lở mất sân nhà tôi "
               "đêm qua, còn hai thước nữa tới vách.", "Bùi Thị Sáu", _URGENT),
    DemoReport("nong-nghiep", "xã Thông Bình", "Xã Tân Thành", "Trạm bơm hư giữa vụ, hơn ba chục héc ta lúa khô đầu.",
               "Nguyễn Văn Giàu"),
    DemoReport("nong-nghiep", "xã Tam Bình, huyện Cai Lậy", "Xã Ngũ Hiệp", "Thương lái đặt cọc sầu riêng rồi bỏ, nhờ "
               "hướng dẫn làm đơn ở đâu.", "Trương Văn Bình"),
    # Du lịch
    DemoReport("du-lich", "cồn Thới Sơn, Mỹ Tho", "Phường Thới Sơn", "Đò đưa khách qua cồn không có áo phao đủ cho "
               "trẻ em.", "Lê Thị Phương Thảo"),
    DemoReport("du-lich", "phường Tân Quy Đông, Sa Đéc", "Phường Sa Đéc", "Làng hoa mùa Tết thu tiền giữ xe ba chục "
               "ngàn một chiếc, không có vé.", "Hoàng Gia Huy"),
    # Phản ánh gửi lãnh đạo
    DemoReport("lanh-dao", "xã Hưng Thạnh, Tân Phước", "Xã Hưng Thạnh", "Tôi gửi đơn ba lần về con lộ liên ấp mà "
               "chưa có trả lời bằng văn bản, xin chuyển tới chủ tịch tỉnh.", "Phan Thành Công", _COMPLEX),
    # Khác
    DemoReport("khac", "phường Long Thuận", "Phường Long Thuận", "Tôi nhặt được bóp có giấy tờ người ta ở bến xe, "
               "không biết đem trả ở đâu.", "Nguyễn Thị Thắm"),
    DemoReport("khac", "xã Trường Xuân", "Xã Trường Xuân", "Đoàn từ thiện muốn xin chỗ phát quà cho bà con thì liên hệ "
               "ai?", "Thái Thị Diệu"),
)  # fmt: skip

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
_WOMEN = ("Thị Ngọc", "Thị Thu", "Thị Kim", "Thị Mỹ", "Thị Hồng", "Thị Bích", "Thị Cẩm", "Ngọc", "Thị")
_MEN = ("Văn", "Minh", "Thanh", "Hoàng", "Quốc", "Tấn", "Công", "Hữu", "Trung")
_WOMENS_NAMES = ("Hoa", "Mai", "Lan", "Tuyền", "Hạnh", "Diễm", "Phượng", "Yến", "Thảo", "Trang", "Nhung", "Loan")
_MENS_NAMES = ("Hùng", "Dũng", "Phúc", "Tâm", "Đạt", "Lộc", "Thiện", "Khang", "Nghĩa", "Sơn", "Vinh", "Tài")
# Mobile prefixes of today and one of before 2018 that became each, where one did.
_MOBILE = {"090": None, "091": None, "098": None, "086": None, "070": "0120", "079": "0121", "083": "0123",
           "034": "0164", "038": "0168", "039": "0169", "058": "0188"}  # fmt: skip


def person_name(chance: random.Random) -> str:
    """A made-up name in the order of the country: family, middle, own."""
    middle, own = chance.choice(((_WOMEN, _WOMENS_NAMES), (_MEN, _MENS_NAMES)))
    return f"{chance.choice(_FAMILY)} {chance.choice(middle)} {chance.choice(own)}"


def mobile_number(chance: random.Random) -> str:
    """A valid mobile number as a network sends it: ten digits, `0905123456`."""
    return chance.choice(tuple(_MOBILE)) + f"{chance.randrange(10_000_000):07d}"


def written_forms(national: str) -> tuple[str, ...]:
    """The ways people and networks write one national number (`0905123456`); all of them mean the same."""
    rest = national[1:]
    forms = [
        national,
        f"+84{rest}",
        f"84{rest}",
        f"0084{rest}",
        f"{national[:4]} {national[4:7]} {national[7:]}",
        f"{national[:4]}.{national[4:7]}.{national[7:]}",
        f"(+84) {rest[:3]} {rest[3:6]} {rest[6:]}",
    ]
    legacy = _MOBILE.get(national[:3])
    return tuple([*forms, legacy + national[3:]] if legacy else forms)
