"""The agency's inbox: what it has in hand, with the clock that runs next, the first due on top."""

from collections import Counter

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from agent_ui import forms, site
from agent_ui.auth import me, roles
from callcenter.models import Agency
from callcenter.vocab import Role, TicketState
from tickets import queries

blueprint = Blueprint("agency", __name__)


@blueprint.get("/agency")
@roles(Role.OFFICER)
def inbox() -> str:
    with site.reading() as session:
        return render_template("agency/page.html", **_rows(session))


@blueprint.get("/agency/rows")
@roles(Role.OFFICER)
def rows() -> str:
    with site.reading() as session:
        return render_template("agency/rows.html", **_rows(session))


def _rows(session: Session) -> dict[str, object]:
    state = forms.asked_word(TicketState, "state")
    everything = queries.agency_inbox(session, me(), site.now())
    return {
        "agency": session.get(Agency, me().agency_id),
        "state": state,
        "rows": [row for row in everything if state in (None, row.ticket.state)],
        "by_state": Counter(row.ticket.state for row in everything),
        "late": sum(row.clock_state == "late" for row in everything),
        "total": len(everything),
    }
