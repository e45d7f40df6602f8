"""Closing card of the desk: what to tell the citizen about the ticket just filed, and the key that texts it."""

from collections.abc import Sequence

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agent_ui.web import site
from agent_ui.web.auth import may, me
from callcenter.models import Ticket
from tickets.people import closing
from tickets.rights import Right

blueprint = Blueprint("closing", __name__)


@blueprint.post("/tickets/<code>/text-code")
@may(Right.FILE_REPORT)
def send_code(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        closing.send_code(session, me(), code, now=site.now())
    return redirect(url_for("console.desk_of_mine", _anchor="closing"), 303)


def shown(session: Session, filed: Sequence[Ticket]) -> dict[str, object]:
    """What `desk/closing.html` shows."""
    texts_on = bool(site.site().settings.sms)
    return {"closing": closing.closing(session, me(), filed, texts_on=texts_on, now=site.now())}
