"""Demo province as data: fields, agencies, routing, and accounts. Names are made up."""

from typing import NamedTuple

from callcenter.vocab import AgencyKind, Level, Role


class Field(NamedTuple):
    """A category (lĩnh vực); `evidence`: an answer needs a photo or a document."""

    code: str
    name: str
    evidence: bool = False


class Body(NamedTuple):
    """An agency; `approval`: its head sees an answer before the citizen does."""

    code: str
    name: str
    kind: AgencyKind
    approval: bool = False


class Way(NamedTuple):
    """A routing rule. `lead` and `co` are agency codes, or COMMUNE for the committee of the ticket's ward."""

    category: str
    lead: str
    co: str | None = None
    wards: tuple[str, ...] = ()
    level: Level | None = None
    note: str | None = None


class Person(NamedTuple):
    """A person with an account. `agency` is an agency's code, or the name of a ward for its committee.

    `approves`: heads the agency, and sees its answers before the citizen does.
    """

    username: str
    name: str
    role: Role
    extension: str | None = None
    agency: str | None = None
    approves: bool = False


COMMUNE = "commune"

CATEGORIES = (
    Field("tthc", "Thủ tục hành chính, một cửa"),
    Field("can-bo", "Thái độ, đạo đức cán bộ"),
    Field("dat-dai", "Đất đai, xây dựng"),
    Field("giao-thong", "Giao thông, đường sá", evidence=True),
    Field("chieu-sang-dien", "Chiếu sáng, điện", evidence=True),
    Field("cap-thoat-nuoc", "Cấp thoát nước, ngập", evidence=True),
    Field("moi-truong", "Môi trường, rác thải", evidence=True),
    Field("cay-xanh", "Cây xanh, mỹ quan", evidence=True),
    Field("an-ninh", "An ninh trật tự, tiếng ồn"),
    Field("y-te", "Y tế, an toàn thực phẩm"),
    Field("giao-duc", "Giáo dục"),
    Field("bao-tro", "Bảo hiểm xã hội, bảo trợ"),
    Field("vien-thong", "Viễn thông, Internet"),
    Field("gia-ca", "Giá cả thị trường"),
    Field("nong-nghiep", "Nông nghiệp, thủy lợi, xâm nhập mặn"),
    Field("du-lich", "Du lịch"),
    Field("lanh-dao", "Phản ánh gửi lãnh đạo"),
    Field("khac", "Khác"),
)

_DEPARTMENT, _COMPANY, _OFFICE = AgencyKind.DEPARTMENT, AgencyKind.COMPANY, AgencyKind.OFFICE
AGENCIES = (
    Body("van-phong-ubnd", "Văn phòng UBND tỉnh", _OFFICE, approval=True),
    Body("trung-tam-ioc", "Trung tâm Điều hành thông minh (IOC), đơn vị vận hành 1022", _OFFICE),
    Body("hanh-chinh-cong", "Trung tâm Phục vụ hành chính công tỉnh", _OFFICE),
    Body("so-noi-vu", "Sở Nội vụ", _DEPARTMENT, approval=True),
    Body("so-xay-dung", "Sở Xây dựng", _DEPARTMENT),
    Body("so-nn-mt", "Sở Nông nghiệp và Môi trường", _DEPARTMENT),
    Body("so-y-te", "Sở Y tế", _DEPARTMENT),
    Body("so-gd-dt", "Sở Giáo dục và Đào tạo", _DEPARTMENT),
    Body("so-cong-thuong", "Sở Công Thương", _DEPARTMENT),
    Body("so-kh-cn", "Sở Khoa học và Công nghệ", _DEPARTMENT),
    Body("so-vh-tt-dl", "Sở Văn hóa, Thể thao và Du lịch", _DEPARTMENT),
    Body("so-tai-chinh", "Sở Tài chính", _DEPARTMENT),
    Body("so-tu-phap", "Sở Tư pháp", _DEPARTMENT),
    Body("thanh-tra", "Thanh tra tỉnh", _DEPARTMENT),
    Body("cong-an", "Công an tỉnh", _DEPARTMENT, approval=True),
    Body("bhxh", "Bảo hiểm xã hội tỉnh", _DEPARTMENT),
    Body("thuy-loi", "Chi cục Thủy lợi và Phòng, chống thiên tai", _DEPARTMENT),
    Body("nuoc-nong-thon", "Trung tâm Nước sạch và Vệ sinh môi trường nông thôn", _DEPARTMENT),
    Body("dien-luc", "Công ty Điện lực tỉnh", _COMPANY),
    Body("cap-nuoc-dong", "Công ty Cấp nước Tiền Giang", _COMPANY),
    Body("cap-nuoc-tay", "Công ty Cấp nước và Môi trường đô thị Đồng Tháp", _COMPANY),
    Body("cong-trinh-do-thi", "Công ty Công trình đô thị Mỹ Tho", _COMPANY),
    Body("vien-thong", "Viễn thông tỉnh", _COMPANY),
    Body("xe-buyt", "Công ty Vận tải hành khách công cộng", _COMPANY),
)

# The towns where a company, not the committee, keeps the streets and the pipes.
_MY_THO = ("Phường Mỹ Tho", "Phường Đạo Thạnh", "Phường Mỹ Phong", "Phường Thới Sơn", "Phường Trung An")
_GO_CONG = ("Phường Gò Công", "Phường Long Thuận", "Phường Sơn Qui", "Phường Bình Xuân")
_CAI_LAY = ("Phường Mỹ Phước Tây", "Phường Thanh Hòa", "Phường Cai Lậy", "Phường Nhị Quý")
_WESTERN_TOWNS = (
    "Phường Cao Lãnh", "Phường Mỹ Ngãi", "Phường Mỹ Trà", "Phường Sa Đéc", "Phường An Bình", "Phường Hồng Ngự",
    "Phường Thường Lạc",
)  # fmt: skip

# The first that fits decides, so what is special stands before what is general.
# `khac` has no rule on purpose: what fits nowhere is for the shift leader to read.
RULES = (
    Way("nong-nghiep", "thuy-loi", co=COMMUNE, level=Level.URGENT, note="Sạt lở, vỡ đê, mặn xâm nhập đột ngột"),
    Way("an-ninh", "cong-an", co=COMMUNE, level=Level.URGENT),
    Way("cap-thoat-nuoc", "cap-nuoc-dong", co=COMMUNE, wards=_MY_THO + _GO_CONG + _CAI_LAY),
    Way("cap-thoat-nuoc", "cap-nuoc-tay", co=COMMUNE, wards=_WESTERN_TOWNS),
    Way("cap-thoat-nuoc", "nuoc-nong-thon", co=COMMUNE),
    Way("chieu-sang-dien", "cong-trinh-do-thi", co="dien-luc", wards=_MY_THO, note="Đèn đường do công ty quản lý"),
    Way("chieu-sang-dien", "dien-luc", co=COMMUNE),
    Way("moi-truong", "cong-trinh-do-thi", co=COMMUNE, wards=_MY_THO),
    Way("moi-truong", COMMUNE, co="so-nn-mt"),
    Way("cay-xanh", "cong-trinh-do-thi", co=COMMUNE, wards=_MY_THO),
    Way("cay-xanh", COMMUNE),
    Way("giao-thong", "so-xay-dung", co=COMMUNE),
    Way("dat-dai", COMMUNE, co="so-nn-mt"),
    Way("tthc", "hanh-chinh-cong", co=COMMUNE),
    Way("can-bo", "so-noi-vu"),
    Way("an-ninh", COMMUNE, note="Tiếng ồn, trật tự: công an xã/phường thuộc địa bàn"),
    Way("y-te", "so-y-te", co=COMMUNE),
    Way("giao-duc", "so-gd-dt", co=COMMUNE),
    Way("bao-tro", COMMUNE, co="bhxh"),
    Way("vien-thong", "vien-thong", co="so-kh-cn"),
    Way("gia-ca", "so-cong-thuong"),
    Way("nong-nghiep", "so-nn-mt", co=COMMUNE),
    Way("du-lich", "so-vh-tt-dl", co=COMMUNE),
    Way("lanh-dao", "van-phong-ubnd"),
)

_OPERATOR, _OFFICER = Role.OPERATOR, Role.OFFICER
PEOPLE = (
    Person("lan", "Nguyễn Thị Ngọc Lan", _OPERATOR, "101"),
    Person("quan", "Trần Minh Quân", _OPERATOR, "102"),
    Person("nhung", "Lê Thị Hồng Nhung", _OPERATOR, "103"),
    Person("hau", "Phạm Văn Hậu", _OPERATOR, "104"),
    Person("thoa", "Võ Thị Kim Thoa", _OPERATOR, "105"),
    Person("phat", "Huỳnh Tấn Phát", _OPERATOR, "106"),
    Person("ha", "Đặng Thị Thu Hà", Role.SHIFT_LEADER),
    Person("khanh", "Bùi Quốc Khánh", Role.SUPERVISOR),
    Person("long", "Ngô Thành Long", Role.ADMIN),
    Person("cb-my-tho", "Phan Thị Mỹ Duyên", _OFFICER, agency="Phường Mỹ Tho"),
    Person("cb-cao-lanh", "Dương Văn Lợi", _OFFICER, agency="Phường Cao Lãnh"),
    Person("cb-tan-phu", "Hồ Thị Bé Năm", _OFFICER, agency="Xã Tân Phú"),
    Person("cb-xay-dung", "Lý Hoàng Nam", _OFFICER, agency="so-xay-dung"),
    Person("cb-dien-luc", "Trương Công Thành", _OFFICER, agency="dien-luc"),
    Person("cb-cap-nuoc", "Mai Thị Tuyết Anh", _OFFICER, agency="cap-nuoc-dong"),
    Person("cb-do-thi", "Đoàn Trung Hiếu", _OFFICER, agency="cong-trinh-do-thi"),
    Person("cb-hanh-chinh", "Châu Thị Cẩm Tú", _OFFICER, agency="hanh-chinh-cong"),
    Person("cb-van-phong", "Lâm Quốc Việt", _OFFICER, agency="van-phong-ubnd"),
    Person("ld-van-phong", "Trịnh Ngọc Bích", _OFFICER, agency="van-phong-ubnd", approves=True),
)

# Short words without accents, easy to say over a desk; three of them and a number make a password.
PASSWORD_WORDS = tuple(
    # A list of 100 quoted words would be harder to read than a line of words.
    """sen lua dua xoai mit cam buoi chuoi nhan oi man ghe xuong song kinh rach bien bai dong gao tau cau ben nang mua
    gio may sao trang troi sang trua chieu dem xuan ha thu vang xanh tim hong nau bac lam tram duoc tre truc mai dao
    cuc hue quynh ly rong phung nghe tho meo voi tom cua chim vit ga trau non dat da cat muoi duong mat tra banh keo
    bun pho che com xoi nem canh goi me khe tac quyt nho bap khoai dau""".split()  # noqa: SIM905
)
