"""Navigation: the console's pages by right, for the top bar, the command palette and the front door."""

from dataclasses import dataclass

from flask_babel import LazyString, lazy_ngettext
from flask_babel import lazy_gettext as _l

from callcenter.vocab import Role
from tickets.rights import Right, roles_with


@dataclass(frozen=True)
class NavigationPage:
    """A page of the console, and the right that it is listed for. `bar` puts it into the top bar too, `menu` into a
    menu; the palette has all of them. Of several places with one address a role gets the first.
    """

    endpoint: str
    words: LazyString
    icon: str
    right: Right
    bar: bool = True
    menu: bool = True


PLACES: tuple[NavigationPage, ...] = (
    NavigationPage("home.home", _l("Bàn trực"), "headset", Right.STAFF_QUEUE),
    NavigationPage("supervisor.board", _l("Hôm nay"), "list-check", Right.SEE_FIGURES),
    NavigationPage("shift.home", _l("Ca trực"), "clock", Right.LEAD_SHIFT),
    NavigationPage("shift.home", _l("Ca trực"), "clock", Right.SEE_FLOOR, bar=False),
    NavigationPage("console.desk_of_mine", _l("Bàn trực"), "headset", Right.LEAD_SHIFT),
    NavigationPage("agency.inbox", _l("Phiếu đến"), "inbox", Right.WORK_INBOX),
    NavigationPage("search.page", _l("Tìm phiếu"), "search", Right.SEE_TICKET),
    NavigationPage("articles.listed", _l("Bài trả lời"), "list-details", Right.STAFF_QUEUE),
    NavigationPage("articles.listed", _l("Bài trả lời"), "list-details", Right.READ_KNOWLEDGE, bar=False),
    NavigationPage("call_backs.page", _l("Việc gọi lại"), "phone", Right.CALL_BACK, bar=False),
    NavigationPage("supervisor.triage", _l("Phân loại"), "send", Right.OVERSEE_WORK),
    NavigationPage("supervisor.stuck", _l("Tồn đọng"), "alert-triangle", Right.OVERSEE_WORK),
    NavigationPage("capture.page", _l("Ghi nhận cuộc gọi"), "list-details", Right.CHECK_CAPTURE, bar=False),
    NavigationPage("people_figures.everybody", _l("Số liệu theo người"), "users", Right.SEE_PEOPLE_FIGURES, bar=False),
    NavigationPage("people_figures.mine", _l("Số liệu của tôi"), "user", Right.STAFF_QUEUE, bar=False),
    NavigationPage("shift_change.page", _l("Giao ca"), "clock", Right.HAND_OVER, bar=False),
    NavigationPage("nuisance.page", _l("Số quấy rối"), "phone-off", Right.DECIDE_NUISANCE, bar=False),
    NavigationPage(
        "emergencies.page", _l("Việc khẩn cấp"), "alert-triangle", Right.LEAD_EMERGENCY, bar=False, menu=False
    ),
    NavigationPage("sounds.listenings", _l("Ai đã nghe ghi âm"), "headset", Right.SEE_LISTENINGS, bar=False),
    NavigationPage("grievances.page", _l("Khiếu nại, tố cáo"), "shield-lock", Right.SEE_GRIEVANCES, bar=False),
    NavigationPage("admin.keyword_list", _l("Từ khóa của lĩnh vực"), "search", Right.EDIT_KNOWLEDGE, bar=False),
    NavigationPage("admin.overview", _l("Quản trị"), "shield-lock", Right.SEE_SYSTEM),
    NavigationPage("admin.users", _l("Tài khoản"), "user", Right.ADMINISTER_ACCOUNTS, bar=False),
    NavigationPage(
        "admin.agency_list",
        lazy_ngettext("Đơn vị xử lý", "Đơn vị xử lý", 2),
        "building",
        Right.ADMINISTER_AGENCIES,
        bar=False,
    ),
    NavigationPage(
        "admin.rule_list",
        lazy_ngettext("Quy tắc chuyển xử lý", "Quy tắc chuyển xử lý", 2),
        "send",
        Right.ADMINISTER_AGENCIES,
        bar=False,
    ),
    NavigationPage(
        "admin.category_list", lazy_ngettext("Lĩnh vực", "Lĩnh vực", 2), "inbox", Right.ADMINISTER_AGENCIES, bar=False
    ),
    NavigationPage("admin.calendar", _l("Lịch làm việc"), "history", Right.ADMINISTER_CALENDAR, bar=False),
    NavigationPage(
        "admin.deadlines", lazy_ngettext("Thời hạn", "Thời hạn", 2), "clock", Right.ADMINISTER_CALENDAR, bar=False
    ),
    NavigationPage("admin.numbers", _l("Đầu số, số gọi thử"), "phone", Right.ADMINISTER_TELEPHONY, bar=False),
    NavigationPage("admin.emergency_lines", _l("Số khẩn cấp"), "alert-triangle", Right.ADMINISTER_TELEPHONY, bar=False),
    NavigationPage(
        "admin.queues", lazy_ngettext("Hàng đợi", "Hàng đợi", 2), "headset", Right.ADMINISTER_TELEPHONY, bar=False
    ),
    NavigationPage("admin.reasons", _l("Lý do tạm ngưng"), "player-pause", Right.ADMINISTER_TELEPHONY, bar=False),
    NavigationPage(
        "admin.token_list",
        lazy_ngettext("Khóa kết nối", "Khóa kết nối", 2),
        "shield-lock",
        Right.ADMINISTER_TOKENS,
        bar=False,
    ),
    NavigationPage("admin.rights", _l("Bảng quyền"), "shield-lock", Right.SEE_SYSTEM, bar=False),
    NavigationPage("admin.changes", _l("Nhật ký thay đổi"), "file", Right.SEE_CHANGES, bar=False),
    NavigationPage("my_extension.choose", _l("Chọn hoặc đổi máy"), "headset", Right.WORK_TELEPHONE, bar=False),
    NavigationPage("account.own_password", _l("Đổi mật khẩu"), "shield-lock", Right.USE_CONSOLE, bar=False),
)


# More than this does not fit into one line of 1366 pixels beside the mark, the freshness and the name.
_BAR = 6


@dataclass(frozen=True)
class Menu:
    """Places behind one word of the bar."""

    words: LazyString
    icon: str
    places: list[NavigationPage]

    @property
    def endpoints(self) -> set[str]:
        return {place.endpoint for place in self.places}


@dataclass(frozen=True)
class Shelf:
    """The top bar of a role: what stands in it, what its menus hold, and what is under the person's own name."""

    bar: list[NavigationPage]
    menus: list[Menu]
    own: list[NavigationPage]


# The front door: the page of the first right that one has.
_STARTS: tuple[tuple[Right, str], ...] = (
    (Right.STAFF_QUEUE, "home.home"),
    (Right.LEAD_SHIFT, "shift.home"),
    (Right.WORK_INBOX, "agency.inbox"),
    (Right.SEE_SYSTEM, "admin.overview"),
    (Right.SEE_FIGURES, "supervisor.board"),
)


def start_of(role: Role) -> str:
    """The endpoint that people of this role begin at; `home.home` is the desk itself."""
    starts = (endpoint for right, endpoint in _STARTS if role in roles_with(right))
    return next(starts, "search.page")


def desk_of(role: Role) -> str | None:
    """The endpoint of their desk, where they have one."""
    if role not in roles_with(Right.STAFF_DESK):
        return None
    return "home.home" if start_of(role) == "home.home" else "console.desk_of_mine"


def shelf_of(role: Role) -> Shelf:
    """Administration has a menu of its own; what is not for the bar, or one too many, is under "Thêm"."""
    own = [place for place in places(role) if place.endpoint.startswith(("account", "my_extension"))]
    mine = [place for place in places(role) if place not in own and place.menu]
    administration = [place for place in mine if place.endpoint.startswith("admin")]
    others = [place for place in mine if place not in administration]
    bar = [place for place in others if place.bar][:_BAR]
    more = [place for place in others if place not in bar]
    menus = [Menu(_l("Thêm"), "dots", more), Menu(_l("Quản trị"), "settings", administration)]
    return Shelf(bar, [menu for menu in menus if menu.places], own)


def places(role: Role) -> list[NavigationPage]:
    """What this role may open, in the order of the bar."""
    found: dict[str, NavigationPage] = {}
    for place in PLACES:
        if role in roles_with(place.right):
            found.setdefault(place.endpoint, place)
    return list(found.values())
