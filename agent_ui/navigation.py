"""Where each role can go: the top bar and the command palette read the same list."""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.vocab import Role
from tickets.actors import DESK, LEADS


@dataclass(frozen=True)
class Place:
    """A page of the console. `bar` puts it into the top bar too; the palette has all of them."""

    endpoint: str
    words: LazyString
    icon: str
    roles: frozenset[Role]
    bar: bool = True


def _place(endpoint: str, words: LazyString, icon: str, *roles: Role, bar: bool = True) -> Place:
    return Place(endpoint, words, icon, frozenset(roles), bar)


PLACES: tuple[Place, ...] = (
    _place("home.home", _l("Bàn trực"), "headset", Role.OPERATOR, Role.SHIFT_LEADER),
    _place("supervisor.board", _l("Giám sát"), "list-check", Role.SUPERVISOR, Role.ADMIN),
    _place("agency.inbox", _l("Phiếu đến"), "inbox", Role.OFFICER),
    _place("tickets.search", _l("Tìm phiếu"), "search", *DESK, Role.OFFICER),
    _place("supervisor.triage", _l("Phân loại"), "send", *LEADS),
    _place("supervisor.stuck", _l("Tồn đọng"), "alert-triangle", *LEADS),
    _place("admin.users", _l("Tài khoản"), "user", Role.ADMIN),
)


def places(role: Role) -> list[Place]:
    """What this role may open, in the order of the bar."""
    return [place for place in PLACES if role in place.roles]
