"""Page of one telephone number: its caller card, its calls and tickets, and the desk's note on it."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter import phones
from callcenter.errors import Invalid, NotFound, Stale
from tickets.desk import queries
from tickets.figures import overview
from tickets.life import lines
from tickets.people import contacts
from tickets.rights import Right

blueprint = Blueprint("numbers", __name__)

_ROWS = 100


@blueprint.get("/numbers/<number>")
@may(Right.NOTE_CALLER)
def page(number: str) -> str:
    return _page(_known(number), {}, {})


@blueprint.post("/numbers/<number>/contact")
@may(Right.NOTE_CALLER)
def save(number: str) -> ResponseReturnValue:
    """The note on a number; what is refused, or was written over meanwhile, comes back with what was typed."""
    known, note, names = _known(number), forms.text("note"), forms.text("names")
    flags = request.form.getlist("flags")
    typed = {"note": note, "names": names, "flags": flags}
    try:
        with site.transaction() as session:
            seen = request.form.get("seen", "")
            people = names.splitlines()
            contacts.save(session, me(), known, names=people, note=note, flags=flags, seen=seen, now=site.now())
    except Invalid as error:
        return _page(known, typed, problem_words(error.problems)), 422
    except Stale:
        flash(_("Người khác vừa sửa ghi chú này. Chữ của ông/bà vẫn còn bên dưới; xem bản mới rồi lưu lại."), "warning")
        return _page(known, typed, {}), 409
    flash(_("Đã lưu ghi chú của số %(number)s.", number=phones.display(known)), "success")
    return redirect(forms.own_address(url_for("numbers.page", number=known)), 303)


def _known(number: str) -> str:
    known = phones.normalise(number)
    if known is None:
        raise NotFound(f"no number {number}")
    return known


def _page(number: str, typed: Mapping[str, object], problems: Mapping[str, str]) -> str:
    with site.reading() as session:
        history = queries.caller_history(session, number, limit=_ROWS)
        return frame.page(
            session,
            "numbers/page.html",
            number=number,
            card=contacts.card(session, number),
            typed=typed,
            problems=problems,
            calls=history.calls,
            codes=overview.codes_of(session, history.calls),
            found=lines.of_all(history.tickets),
        )
