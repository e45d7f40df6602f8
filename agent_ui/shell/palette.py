"""Command palette: from a few letters to a ticket, number, page or action that the person may use."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from agent_ui.shell import navigation
from agent_ui.web import site
from agent_ui.web.auth import may, me, role
from callcenter import phones
from callcenter.text import fold
from tickets import rights
from tickets.actors import Actor
from tickets.finding.search import SearchQuery, search
from tickets.life.lines import Line
from tickets.rights import Right
from tickets.rules import codes

blueprint = Blueprint("palette", __name__)

_TICKETS = 6
_LONGEST = 200


@dataclass(frozen=True)
class PaletteAction:
    """Something to do that a button of the page's own shell does: `press` is that button's id."""

    press: str
    words: LazyString
    icon: str


DEEDS = (
    PaletteAction("theme-light", _l("Giao diện sáng"), "sun"),
    PaletteAction("theme-dark", _l("Giao diện tối"), "moon"),
    PaletteAction("theme-auto", _l("Giao diện theo máy"), "device-desktop"),
    PaletteAction("language-vi", _l("Tiếng Việt"), "language"),
    PaletteAction("language-en", _l("English"), "language"),
    PaletteAction("menu-tour", _l("Xem hướng dẫn"), "route"),
    PaletteAction("menu-keys", _l("Phím tắt"), "keyboard"),
    PaletteAction("sign-out", _l("Đăng xuất"), "logout"),
)


@blueprint.get("/palette")
@may(Right.USE_CONSOLE)
def results() -> str:
    text = request.args.get("q", "")[:_LONGEST].replace("\x00", "").strip()
    with site.reading() as session:
        wanted = SearchQuery(text=text, mine=not text)
        found = search(session, me(), wanted).tickets[:_TICKETS]
        return render_template(
            "palette/results.html",
            text=text,
            tickets=found,
            number=_number(text, me(), found),
            places=[place for place in navigation.places(role()) if matches(str(place.words), text)],
            deeds=[deed for deed in DEEDS if matches(str(deed.words), text)],
        )


def matches(words: str, text: str) -> bool:
    """Every word typed begins a word of the name, accents or not."""
    names = fold(words).split()
    return all(any(name.startswith(word) for name in names) for word in fold(text).split())


def _number(text: str, actor: Actor, found: Sequence[Line]) -> str | None:
    """A number to open; not where the digits are the code of a ticket, which is what was meant."""
    if not rights.may(actor, Right.NOTE_CALLER) or any(ticket.code == codes.parse(text) for ticket in found):
        return None
    return phones.normalise(text)
