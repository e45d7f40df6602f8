"""The supervisor's page: today's calls by outcome, waiting now, tickets by state, what is stuck; figures open rows."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import choices, forms, site
from agent_ui.auth import me, roles
from callcenter.errors import NotFound
from callcenter.vocab import Outcome, Role, TicketState
from tickets import mending, overview, queries
from tickets.actors import LEADS

blueprint = Blueprint("supervisor", __name__, url_prefix="/supervisor")

_BOARD = (Role.SUPERVISOR, Role.ADMIN)
ALL = "all"


@blueprint.get("/")
@roles(*_BOARD)
def board() -> str:
    with site.reading() as session:
        return render_template("supervisor/page.html", **_figures(session))


@blueprint.get("/figures")
@roles(*_BOARD)
def figures() -> str:
    with site.reading() as session:
        return render_template("supervisor/figures.html", **_figures(session))


@blueprint.get("/calls/<outcome>")
@roles(*LEADS)
def calls(outcome: str) -> str:
    """The calls behind a figure: one outcome, `live`, or `all`, of one day."""
    today = overview.local_day(site.now())
    day = forms.asked_day("day", today)
    chosen = None if outcome == ALL else overview.LIVE if outcome == overview.LIVE else _outcome(outcome)
    with site.reading() as session:
        rows = overview.day_calls(session, day, chosen)
        return render_template(
            "supervisor/calls.html",
            rows=rows,
            codes=overview.codes_of(session, rows),
            outcome=outcome,
            chosen=chosen if isinstance(chosen, Outcome) else None,
            day=day,
            before=day - timedelta(days=1),
            after=day + timedelta(days=1) if day < today else None,
        )


@blueprint.get("/tickets/<state>")
@roles(*LEADS)
def in_state(state: str) -> str:
    try:
        chosen = TicketState(state)
    except ValueError:
        raise NotFound(f"no state {state}") from None
    with site.reading() as session:
        rows = overview.tickets_in_state(session, chosen)
        return render_template("supervisor/tickets.html", rows=rows, state=chosen)


@blueprint.get("/triage")
@roles(*LEADS)
def triage() -> str:
    with site.reading() as session:
        rows, agencies = queries.triage(session), choices.agencies(session)
        return render_template("supervisor/triage.html", rows=rows, agencies=agencies)


@blueprint.get("/stuck")
@roles(*LEADS)
def stuck() -> str:
    with site.reading() as session:
        return render_template("supervisor/stuck.html", stuck=overview.stuck(session, site.now()))


@blueprint.post("/promises/<int:outbox_id>/retry")
@roles(*LEADS)
def retry(outbox_id: int) -> ResponseReturnValue:
    with site.transaction() as session:
        mending.retry(session, me(), outbox_id, now=site.now())
    flash(_("Đã gửi lại."), "success")
    return redirect(url_for("supervisor.stuck"), 303)


@blueprint.post("/set-aside/<int:set_aside_id>/settle")
@roles(*LEADS)
def settle(set_aside_id: int) -> ResponseReturnValue:
    with site.transaction() as session:
        mending.settle(session, me(), set_aside_id, now=site.now())
    flash(_("Đã ghi là xong."), "success")
    return redirect(url_for("supervisor.stuck"), 303)


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        raise NotFound(f"no outcome {text}") from None


def _figures(session: Session) -> dict[str, object]:
    day = overview.local_day(site.now())
    outcomes = overview.day_outcomes(session, day)
    return {
        "day": day,
        "outcomes": {outcome: outcomes.get(outcome, 0) for outcome in Outcome},
        "total": sum(outcomes.values()),
        "live": outcomes.get(None, 0),
        "waiting": queries.waiting_calls(session),
        "states": overview.tickets_by_state(session),
        "stuck": overview.stuck(session, site.now()),
        "pbxs": queries.pbx_states(session),
    }
