"""A ticket for everybody who may see it: the page with its whole history, its printed form, its files."""

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
from callcenter.vocab import AssignmentRole, TicketKind
from tickets import rights
from tickets.agency import approvals, casework
from tickets.calls import talkers
from tickets.desk import queries
from tickets.desk.queries import TicketPage
from tickets.finding import related
from tickets.life import choices, clocks, files, running, uploads
from tickets.people import citizens
from tickets.rights import Right
from tickets.rules import moves, policy

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
    # The same for ever, for this person alone; signing in as somebody else asks again.
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Vary"] = "Cookie"
    return response


def show(code: str, problems: Mapping[str, str] | None = None, *, form: str = "", refused: bool = False) -> str:
    """The ticket's page. With `problems`, `form` is open and keeps what was typed; `refused` says that the ticket
    stands otherwise by now, and shows what was typed to be copied."""
    with site.reading() as session:
        return frame.page(
            session,
            "tickets/page.html",
            **_read(session, code),
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
    lead = next((a for a in found.assignments if a.ended_at is None and a.role == AssignmentRole.LEAD), None)
    names = choices.agency_names(session)
    can = _can(session, found)
    return {
        "page": found,
        "ticket": ticket,
        "can": can,
        "hidden": ticket.keep_identity and not rights.may(actor, Right.SEE_IDENTITY),
        "steps": journey.journey(ticket),
        "clock_now": running.running(session, ticket, lead.assigned_at if lead else None, site.now()),
        "waits_until": clocks.waits_until(session, ticket),
        "history": story.tell(ticket, found.events, found.attachments, names),
        "related": related.related(session, actor, ticket),
        "sounds": site.sounds(session, actor, [call for call, _ in found.calls]),
        "at_phone": talkers.names(session, [call for call, _ in found.calls]),
        "agencies": choices.agencies(session) if "assign" in can else (),
        "proposal": approvals.proposal_of(session, ticket),
        "evidence_owed": _owes_evidence(found),
        "extensions_left": policy.MOST_EXTENSIONS - ticket.extended,
    }


def _can(session: Session, page: TicketPage) -> frozenset[str]:
    """Which forms the page shows; the verbs check again."""
    actor, ticket, mine = me(), page.ticket, page.mine
    allowed = moves.allowed(ticket.state)
    can = _desk_can(page, allowed) if rights.may(actor, Right.SPEAK_FOR_CITIZEN) else set()
    if rights.may(actor, Right.WORK_INBOX) and mine is not None:
        can |= _officer_can(page, allowed)
    stands_in = rights.has_all(actor, Right.APPROVE_ANSWER)
    if approvals.may_approve(session, actor, ticket) and (mine is not None or stands_in):
        can |= {"approve", "send_back"}
    return frozenset(can)


def _desk_can(page: TicketPage, allowed: frozenset[str]) -> set[str]:
    actor, ticket = me(), page.ticket
    can = set(citizens.open_to(ticket, site.now()))
    call_back = ticket.kind == TicketKind.CALLBACK
    if rights.has_all(actor, Right.ROUTE_TICKET) and not call_back:
        can |= {word for word, move in (("assign", "route"), ("reject", "reject")) if move in allowed}
    if call_back and "call_back_done" in allowed:
        can |= {"called_back", "not_reached"}
    if "unlink" in allowed:
        can.add("unlink")
    return can


def _officer_can(page: TicketPage, allowed: frozenset[str]) -> set[str]:
    actor, ticket, mine = me(), page.ticket, page.mine
    assert mine is not None
    if mine.role != AssignmentRole.LEAD:
        return {"give_back"} if mine.accepted_at else {"accept", "give_back"}
    can: set[str] = {verb for verb in ("accept", "give_back", "resolve", "ask", "resume") if verb in allowed}
    late = ticket.answer_due is None or ticket.answer_due <= site.now()
    if "extend" in allowed and ticket.extended < policy.MOST_EXTENSIONS and not late:
        can.add("extend")
    if "ask" in can and not clocks.may_wait(ticket):
        can.remove("ask")
    if "reject" in allowed and (actor.approves or not mine.agency.needs_approval):
        can.add("reject")
    return can


def _owes_evidence(page: TicketPage) -> bool:
    """Whether the answer needs a file that is not there yet, by the rule of `agencies.resolve`."""
    category, mine = page.ticket.category, page.mine
    if category is None or not category.evidence_required or mine is None:
        return False
    evidence = (one for one in page.attachments if one.purpose == casework.EVIDENCE)
    return not any(one.created_at >= mine.assigned_at for one in evidence)


def _send(path: Path, content_type: str, name: str) -> Response:
    download = content_type not in files.IMAGES
    response = send_file(path, mimetype=content_type, as_attachment=download, download_name=name, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
