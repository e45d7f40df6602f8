"""Ticket page for all roles: its whole history, its printed form, its files."""

from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response, g, request, send_file
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.web import site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from agent_ui.words import journey, story
from callcenter.errors import Invalid, NotFound
from callcenter.models import CallBack, Ticket
from callcenter.vocab import AssignmentRole
from tickets import rights
from tickets.agency import approvals
from tickets.calls import talkers
from tickets.desk import queries
from tickets.desk.queries import TicketPage
from tickets.finding import related
from tickets.life import attachments, choices, clocks, files, offers, running, uploads
from tickets.rights import Right
from tickets.rules import policy

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/tickets/<code>")
@may(Right.SEE_TICKET)
def page(code: str) -> str:
    return show(code)


@blueprint.get("/tickets/<code>/print")
@may(Right.SEE_TICKET)
def printed(code: str) -> str:
    """One sheet for the file: what was reported, what happened, what was answered, room to sign."""
    with site.reading() as session:
        return frame.page(session, "tickets/print.html", **_read(session, code))


@blueprint.get("/files/<int:file_id>")
@may(Right.SEE_TICKET)
def file(file_id: int) -> Response:
    """Pictures are shown, everything else is only ever downloaded; never as a page, never able to run."""
    with site.reading() as session:
        found = queries.attachment(session, me(), file_id)
        name, content_type, sha256 = found.name, found.content_type, found.sha256
    return _send(files.path_of(site.site().settings.data_dir, sha256), content_type, name)


@blueprint.get("/files/<int:file_id>/thumb")
@may(Right.SEE_TICKET)
def thumb(file_id: int) -> Response:
    """A picture made small; for anything else there is none."""
    with site.reading() as session:
        found = queries.attachment(session, me(), file_id)
        content_type, sha256 = found.content_type, found.sha256
    if content_type not in files.IMAGES:
        raise NotFound(f"file {file_id} is no picture")
    # Making it may wait for its turn: not with a connection to the database in hand.
    site.end_view()
    try:
        path = uploads.thumbnail(site.site().settings.data_dir, sha256)
    except Invalid:
        raise NotFound(f"file {file_id} cannot be made small") from None
    response = _send(path, files.THUMB_TYPE, f"{file_id}.webp")
    # The same for ever, for this person alone; signing in as another person asks again.
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Vary"] = "Cookie"
    return response


def show(code: str, problems: Mapping[str, str] | None = None, *, form: str = "", refused: bool = False) -> str:
    """The ticket's page. With `problems`, `form` is open and keeps what was typed; `refused` says that the ticket
    stands otherwise by now, and shows what was typed to be copied."""
    with site.reading() as session:
        shown = _read(session, code)
        return frame.page(
            session,
            "tickets/call_back.html" if isinstance(shown["ticket"], CallBack) else "tickets/page.html",
            **shown,
            problems=problem_words(problems or {}),
            form=form,
            refused=refused,
            typed=request.form,
            kept=files_kept(),
        )


def files_kept() -> list[dict[str, str]]:
    """Files of the refused form, which need not be chosen again: the token, and the name to show."""
    kept: list[dict[str, str]] = g.get("kept_files", [])
    return kept


def _read(session: Session, code: str) -> dict[str, object]:
    actor = me()
    found = queries.ticket(session, actor, code)
    ticket = found.ticket
    names = choices.agency_names(session)
    offered = offers.offered(session, actor, ticket, site.now(), part=found.mine)
    can = frozenset(move.action for move in offered)
    return {
        "page": found,
        "ticket": ticket,
        "offered": offered,
        "can": can,
        "hidden": ticket.keep_identity and not rights.may(actor, Right.SEE_IDENTITY),
        "history": story.tell(ticket, found.events, found.attachments, names),
        "related": related.related(session, actor, ticket),
        "sounds": site.sounds(session, actor, [call for call, _ in found.calls]),
        "at_phone": talkers.names(session, [call for call, _ in found.calls]),
        "agencies": choices.agencies(session) if "assign" in can else (),
        **(_of_agencies(session, found, ticket) if isinstance(ticket, Ticket) else {}),
    }


def _of_agencies(session: Session, found: TicketPage, ticket: Ticket) -> dict[str, object]:
    """Clocks and journey, and what an agency's answer asks for: all that no call-back has."""
    lead = next((a for a in found.assignments if a.ended_at is None and a.role == AssignmentRole.LEAD), None)
    return {
        "steps": journey.journey(ticket),
        "clock_now": running.running(session, ticket, lead.assigned_at if lead else None, site.now()),
        "waits_until": clocks.waits_until(session, ticket),
        "proposal": approvals.proposal_of(session, ticket),
        "evidence_owed": found.mine is not None and attachments.is_evidence_owed(ticket, found.mine, found.attachments),
        "extensions_left": policy.MOST_EXTENSIONS - ticket.extended,
    }


def _send(path: Path, content_type: str, name: str) -> Response:
    download = content_type not in files.IMAGES
    response = send_file(path, mimetype=content_type, as_attachment=download, download_name=name, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
