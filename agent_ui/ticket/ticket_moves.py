"""Moves of a ticket on its page: one view for all of them, driven by their rows."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.ticket.tickets_pages import blueprint, show
from agent_ui.web import forms, limits, signed, site
from agent_ui.web.auth import may, me
from agent_ui.words.spans import filled
from callcenter.errors import Busy, Invalid, MoveRefused, NotFound
from callcenter.vocab import TicketState
from tickets import rights
from tickets.agency import approvals, casework
from tickets.calls import calling
from tickets.desk import filing, queries
from tickets.life import choices, offers, posts, uploads
from tickets.life.files import StoredFile
from tickets.people import citizens
from tickets.rights import Right
from tickets.rules import codes, moves, policy
from tickets.rules.moves.row import Files, Need, Whole

# Each declares the actions that it carries out (`offers.carries`).
CARRIERS = (approvals, calling, casework, citizens, filing)
__all__ = ["CARRIERS", "blueprint"]

_KEPT = "kept-file"
_KEPT_FOR_S = 12 * 3600


@blueprint.get("/tickets/<code>/assign-form")
@may(Right.ROUTE_TICKET)
def assign_form(code: str) -> str:
    """The form alone, for a row of a list: with each row's hundred agencies in it the list would be slow to open."""
    with site.reading() as session:
        ticket = queries.either(session, me(), code)
        return render_template("tickets/assign.html", ticket=ticket, agencies=choices.agencies(session))


def make_move(code: str, action: str) -> ResponseReturnValue:
    """Make the move and go on; refused, the page says why and keeps what was typed.

    The nonce of the form makes a second post harmless: it goes where the first one went.
    """
    try:
        with site.reading() as session:
            if posts.is_done(session, forms.text("nonce")):
                return _onward(code)
            # Nothing of theirs is kept for a ticket that they may not see.
            queries.either(session, me(), code)
    except NotFound:
        return _too_late(code, action)
    try:
        values = _values(action)
    except Invalid as error:
        return _refused(code, action, error)
    except Busy as error:
        page = show(code, {f"{action}_files": "files_wait"}, form=action)
        return page, 503, {"Retry-After": str(error.retry_s)}
    return _make(code, action, values)


def _make(code: str, action: str, values: dict[str, Any]) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            first = posts.is_first(session, forms.text("nonce"), site.now())
            words = _carry(session, code, action, values) if first else ""
    except Invalid as error:
        return _refused(code, action, error)
    except (MoveRefused, NotFound):
        return _too_late(code, action)
    if words:
        flash(words, "success")
    return _onward(code)


def _onward(code: str) -> ResponseReturnValue:
    """To the ticket, or to what it has become; an agency that gave it back sees its inbox."""
    try:
        with site.reading() as session:
            state = queries.either(session, me(), code).state
    except NotFound:
        return redirect(url_for("agency.inbox" if rights.may(me(), Right.WORK_INBOX) else "home.home"), 303)
    return redirect(url_for("drafts.page" if state == TicketState.DRAFT else "tickets.page", code=code), 303)


def _too_late(code: str, action: str) -> ResponseReturnValue:
    """The ticket stands otherwise by now. An agency that lost it sees no more of it; the text comes back to copy."""
    try:
        return show(code, form=action, refused=True), 409
    except NotFound:
        if not rights.may(me(), Right.WORK_INBOX):
            raise
        with site.reading() as session:
            return frame.page(session, "tickets/gone.html", typed=request.form), 404


def _refused(code: str, action: str, error: Invalid) -> ResponseReturnValue:
    return show(code, {f"{action}_{name}": why for name, why in error.problems.items()}, form=action), 422


def _carry(session: Session, code: str, action: str, values: dict[str, Any]) -> str:
    """Make the move; returns the words of the one of its action that it was."""
    ticket = queries.either(session, me(), code)
    state, offered = ticket.state, offers.offered(session, me(), ticket, site.now())
    offers.carry(session, me(), code, action, values, site.now())
    move = next((move for move in offered if move.action == action), moves.ACTIONS[action][0])
    return filled(move.form_at(state).done, code=codes.group(code))


def _values(action: str) -> dict[str, Any]:
    """The fields that the move asks for, by name. Raises Invalid for files that cannot be kept."""
    needs: dict[str, Need] = {need.name: need for move in moves.ACTIONS[action] for need in move.needs}
    return {name: _value(need) for name, need in needs.items()}


def _value(need: Need) -> Any:
    if isinstance(need, Files):
        return _files()
    if isinstance(need, Whole):
        return forms.digits(request.form.get(need.name, ""))
    return forms.text(need.name)


def _files() -> list[StoredFile]:
    """What was chosen now, and what came with the same form before it was refused."""
    folder, sending = site.site().settings.data_dir, uploads.Sending(limits.address())
    kept = [StoredFile(*signed.unseal(_KEPT, token, max_age_s=_KEPT_FOR_S)) for token in request.form.getlist("kept")]
    everything = {file.sha256: file for file in kept}
    try:
        for upload in forms.uploads("files"):
            file = uploads.keep(folder, upload.filename or "", upload.read(), sending)
            everything[file.sha256] = file
        if len(everything) > policy.MOST_FILES:
            raise Invalid({"files": "too_many_files"})
    finally:
        g.kept_files = [
            {"token": signed.seal(_KEPT, [file.name, file.content_type, file.size, file.sha256]), "name": file.name}
            for file in list(everything.values())[: policy.MOST_FILES]
        ]
    return list(everything.values())


def _view_of(action: str) -> Callable[[str], ResponseReturnValue]:
    """The one view at an action's address, opened by the action's right."""

    def view(code: str) -> ResponseReturnValue:
        return make_move(code, action)

    return may(moves.right_of(action))(view)


for _action in moves.ACTIONS:
    _path = f"/tickets/<code>/{moves.path_of(_action)}"
    blueprint.add_url_rule(_path, endpoint=_action, view_func=_view_of(_action), methods=["POST"])
