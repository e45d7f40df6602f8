"""Page of one's own extension: chosen, taken over, or given back."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid
from tickets.rights import Right
from tickets.telephone import taking

blueprint = Blueprint("my_extension", __name__, url_prefix="/phone/extension")


@blueprint.get("")
@may(Right.WORK_TELEPHONE)
def choose() -> str:
    with site.reading() as session:
        return _page(session)


@blueprint.post("/take")
@may(Right.WORK_TELEPHONE)
def take() -> ResponseReturnValue:
    """Take a free one, or openly that of the holder who was shown; then on to where one was going."""
    extension, over = forms.text("extension"), forms.digits(forms.text("over"))
    try:
        with site.transaction() as session:
            taking.take(session, me(), extension, over=over, now=site.now())
    except Invalid as error:
        with site.reading() as session:
            return _page(session, problem_words(error.problems)["extension"]), 409
    flash(_("Ông/bà đang dùng máy %(extension)s.", extension=extension), "success")
    return redirect(forms.own_address(url_for("home.home")), 303)


@blueprint.post("/back")
@may(Right.WORK_TELEPHONE)
def give_back() -> ResponseReturnValue:
    with site.transaction() as session:
        taking.give_back(session, me(), now=site.now())
    flash(_("Đã trả máy. Cuộc gọi không đổ chuông ở đó cho ông/bà nữa."), "success")
    return redirect(url_for("my_extension.choose"), 303)


def _page(session: Session, problem: str = "") -> str:
    choices = taking.choices(session, me())
    return frame.page(
        session,
        "phone/choose.html",
        free=[choice for choice in choices if choice.holder is None],
        held=[choice for choice in choices if choice.holder is not None],
        lost=taking.taken_over(session, me(), site.now()),
        problem=problem,
        next_page=forms.own_address(""),
    )
