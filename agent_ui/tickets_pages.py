"""Tickets for everybody who may see them: search, the page with its whole history, its files, and its moves."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agent_ui import choices, forms, site
from agent_ui.auth import me, roles
from agent_ui.errors import problem_words
from callcenter.errors import Invalid
from callcenter.vocab import Role, TicketKind, TicketState
from tickets import agencies, desk, files, lifecycle, queries
from tickets.actors import DESK, LEADS
from tickets.files import StoredFile
from tickets.queries import TicketPage

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/tickets")
@roles(*DESK, Role.OFFICER)
def search() -> str:
    text, state = request.args.get("q", "")[:200], forms.asked_word(TicketState, "state")
    with site.reading() as session:
        found = queries.find_tickets(session, me(), text=text, state=state)
        return render_template("tickets/search.html", found=found, text=text, state=state)


@blueprint.get("/tickets/<code>")
@roles(*DESK, Role.OFFICER)
def page(code: str) -> str:
    return show(code)


@blueprint.post("/tickets/<code>/assign")
@roles(*LEADS)
def assign(code: str) -> ResponseReturnValue:
    try:
        agency_id = forms.number("agency_id")
        with site.transaction() as session:
            agencies.assign(session, me(), code, agency_id, reason=forms.text("reason"), now=site.now())
    except Invalid as error:
        return show(code, error.problems), 422
    return _done(code, _("Đã chuyển đơn vị xử lý."))


@blueprint.post("/tickets/<code>/accept")
@roles(Role.OFFICER)
def accept(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        agencies.accept(session, me(), code, now=site.now())
    return _done(code, _("Đã tiếp nhận."))


@blueprint.post("/tickets/<code>/give-back")
@roles(Role.OFFICER)
def give_back(code: str) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            agencies.give_back(session, me(), code, reason=forms.text("reason"), now=site.now())
    except Invalid as error:
        return show(code, {f"give_back_{name}": why for name, why in error.problems.items()}), 422
    return _done(code, _("Đã trả lại phiếu."))


@blueprint.post("/tickets/<code>/resolve")
@roles(Role.OFFICER)
def resolve(code: str) -> ResponseReturnValue:
    try:
        with site.reading() as session:
            queries.ticket(session, me(), code)
        with site.transaction() as session:
            agencies.resolve(session, me(), code, text=forms.text("text"), files=_store(), now=site.now())
    except Invalid as error:
        return show(code, error.problems), 422
    return _done(code, _("Đã gửi kết quả xử lý."))


@blueprint.post("/tickets/<code>/called-back")
@roles(*DESK)
def called_back(code: str) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            desk.close_callback(session, me(), code, note=forms.text("note"), now=site.now())
    except Invalid as error:
        return show(code, error.problems), 422
    return _done(code, _("Đã ghi: người dân đã được gọi lại."))


@blueprint.post("/tickets/<code>/unlink")
@roles(*DESK)
def unlink(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        desk.unlink(session, me(), code, now=site.now())
    return redirect(url_for("drafts.page", code=code), 303)


@blueprint.get("/files/<int:file_id>")
@roles(*DESK, Role.OFFICER)
def file(file_id: int) -> Response:
    """Pictures are shown, everything else is only ever downloaded; never as a page, never able to run."""
    with site.reading() as session:
        found = queries.attachment(session, me(), file_id)
        name, content_type, sha256 = found.name, found.content_type, found.sha256
    path = files.path_of(site.site().settings.data_dir, sha256)
    download = content_type not in files.IMAGES
    response = send_file(path, mimetype=content_type, as_attachment=download, download_name=name, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def show(code: str, problems: Mapping[str, str] | None = None) -> str:
    """The ticket's page; with problems, the form keeps what was typed."""
    actor = me()
    with site.reading() as session:
        found = queries.ticket(session, actor, code)
        return render_template(
            "tickets/page.html",
            page=found,
            can=_can(found),
            hidden=found.ticket.keep_identity and actor.role == Role.OFFICER,
            agencies=choices.agencies(session) if actor.role in LEADS else (),
            names=choices.agency_names(session),
            problems=problem_words(problems or {}),
            typed=request.form,
        )


def _can(page: TicketPage) -> frozenset[str]:
    """Which buttons the page shows; the verbs check again."""
    actor, ticket, mine = me(), page.ticket, page.mine
    allowed = lifecycle.allowed(ticket.state)
    can = set()
    if actor.role in LEADS and "route" in allowed and ticket.kind != TicketKind.CALLBACK:
        can.add("assign")
    if actor.role in DESK and ticket.kind == TicketKind.CALLBACK and "call_back_done" in allowed:
        can.add("called_back")
    if actor.role in DESK and "unlink" in allowed:
        can.add("unlink")
    if actor.role == Role.OFFICER and mine is not None:
        can |= _officer_can(mine.role == "lead", mine.accepted_at is not None, allowed)
    return frozenset(can)


def _officer_can(leads: bool, accepted: bool, allowed: frozenset[str]) -> set[str]:
    if not leads:
        return {"give_back"} if accepted else {"accept", "give_back"}
    return {verb for verb in ("accept", "give_back", "resolve") if verb in allowed}


def _store() -> list[StoredFile]:
    folder = site.site().settings.data_dir
    return [files.store(folder, upload.filename or "", upload.read()) for upload in forms.uploads("files")]


def _done(code: str, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("tickets.page", code=code), 303)
