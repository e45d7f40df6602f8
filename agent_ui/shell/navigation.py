"""Where each role can go: the top bar and the command palette read the same list."""

from dataclasses import dataclass

from flask_babel import LazyString, lazy_ngettext
from flask_babel import lazy_gettext as _l

from callcenter.vocab import Role
from tickets.actors import DESK, LEADS


@dataclass(frozen=True)
class Place:
    """A page of the console. `bar` puts it into the top bar too, `menu` into a menu; the palette has all of them."""

    endpoint: str
    words: LazyString
    icon: str
    roles: frozenset[Role]
    bar: bool = True
    menu: bool = True


def _place(endpoint: str, words: LazyString, icon: str, *roles: Role, bar: bool = True, menu: bool = True) -> Place:
    return Place(endpoint, words, icon, frozenset(roles), bar, menu)


PLACES: tuple[Place, ...] = (
    _place("home.home", _l("Bàn trực"), "headset", Role.OPERATOR),
    _place("supervisor.board", _l("Hôm nay"), "list-check", Role.SUPERVISOR, Role.ADMIN),
    _place("shift.home", _l("Ca trực"), "clock", Role.SHIFT_LEADER),
    _place("shift.home", _l("Ca trực"), "clock", Role.SUPERVISOR, Role.ADMIN, bar=False),
    _place("console.desk_of_mine", _l("Bàn trực"), "headset", Role.SHIFT_LEADER),
    _place("agency.inbox", _l("Phiếu đến"), "inbox", Role.OFFICER),
    _place("search.page", _l("Tìm phiếu"), "search", *DESK, Role.OFFICER),
    _place("articles.listed", _l("Bài trả lời"), "list-details", Role.OPERATOR),
    _place("articles.listed", _l("Bài trả lời"), "list-details", *LEADS, bar=False),
    _place("call_backs.page", _l("Việc gọi lại"), "phone", *DESK, bar=False),
    _place("supervisor.triage", _l("Phân loại"), "send", *LEADS),
    _place("supervisor.stuck", _l("Tồn đọng"), "alert-triangle", *LEADS),
    _place("capture.page", _l("Ghi nhận cuộc gọi"), "list-details", Role.SUPERVISOR, Role.ADMIN, bar=False),
    _place("people_figures.everybody", _l("Số liệu theo người"), "users", *LEADS, bar=False),
    _place("people_figures.mine", _l("Số liệu của tôi"), "user", Role.OPERATOR, bar=False),
    _place("shift_change.page", _l("Giao ca"), "clock", *LEADS, bar=False),
    _place("nuisance.page", _l("Số quấy rối"), "phone-off", *LEADS, bar=False),
    _place("emergencies.page", _l("Việc khẩn cấp"), "alert-triangle", *LEADS, bar=False, menu=False),
    _place("sounds.listenings", _l("Ai đã nghe ghi âm"), "headset", *LEADS, bar=False),
    _place("grievances.page", _l("Khiếu nại, tố cáo"), "shield-lock", *LEADS, bar=False),
    _place("admin.keyword_list", _l("Từ khóa của lĩnh vực"), "search", Role.SUPERVISOR, Role.ADMIN, bar=False),
    _place("admin.overview", _l("Quản trị"), "shield-lock", Role.ADMIN),
    _place("admin.users", _l("Tài khoản"), "user", Role.ADMIN, bar=False),
    _place("admin.agency_list", lazy_ngettext("Đơn vị xử lý", "Đơn vị xử lý", 2), "building", Role.ADMIN, bar=False),
    _place(
        "admin.rule_list",
        lazy_ngettext("Quy tắc chuyển xử lý", "Quy tắc chuyển xử lý", 2),
        "send",
        Role.ADMIN,
        bar=False,
    ),
    _place("admin.category_list", lazy_ngettext("Lĩnh vực", "Lĩnh vực", 2), "inbox", Role.ADMIN, bar=False),
    _place("admin.calendar", _l("Lịch làm việc"), "history", Role.ADMIN, bar=False),
    _place("admin.deadlines", lazy_ngettext("Thời hạn", "Thời hạn", 2), "clock", Role.ADMIN, bar=False),
    _place("admin.numbers", _l("Đầu số, số gọi thử"), "phone", Role.ADMIN, bar=False),
    _place("admin.emergency_lines", _l("Số khẩn cấp"), "alert-triangle", Role.ADMIN, bar=False),
    _place("admin.queues", lazy_ngettext("Hàng đợi", "Hàng đợi", 2), "headset", Role.ADMIN, bar=False),
    _place("admin.reasons", _l("Lý do tạm ngưng"), "player-pause", Role.ADMIN, bar=False),
    _place("admin.token_list", lazy_ngettext("Khóa kết nối", "Khóa kết nối", 2), "shield-lock", Role.ADMIN, bar=False),
    _place("admin.changes", _l("Nhật ký thay đổi"), "file", Role.ADMIN, Role.SUPERVISOR, bar=False),
    _place("my_extension.choose", _l("Chọn hoặc đổi máy"), "headset", Role.OPERATOR, Role.SHIFT_LEADER, bar=False),
    _place("account.own_password", _l("Đổi mật khẩu"), "shield-lock", *Role, bar=False),
)


# More than this does not fit into one line of 1366 pixels beside the mark, the freshness and the name.
_BAR = 6


@dataclass(frozen=True)
class Menu:
    """Places behind one word of the bar."""

    words: LazyString
    icon: str
    places: list[Place]

    @property
    def endpoints(self) -> set[str]:
        return {place.endpoint for place in self.places}


@dataclass(frozen=True)
class Shelf:
    """The top bar of a role: what stands in it, what its menus hold, and what is under the person's own name."""

    bar: list[Place]
    menus: list[Menu]
    own: list[Place]


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


def places(role: Role) -> list[Place]:
    """What this role may open, in the order of the bar."""
    return [place for place in PLACES if role in place.roles]
